//! The log, read in order: every event, or those of some types, over all aggregates.

mod live;
mod partition;
mod wanted;

use crate::{
    journal::{Journal, JournalError, StoredEvent},
    model::{Cursor, EventSet, Recorded},
    repository::ReadError,
};
use futures_util::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use live::Live;
use partition::PartitionReader;
use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
pub(crate) use wanted::Wanted;

/// How many log entries are looked at in one trip, unless said otherwise.
pub(crate) const BATCH: usize = 1_000;

/// Everything that the journal holds, made by [`Store::log`](crate::Store::log): events as they are stored, of every
/// type.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
/// # #[derive(Command, Clone)]
/// # #[command(counter: Counter)]
/// # #[command(any)]
/// # #[emit(Added { amount })]
/// # struct Add { amount: u64 }
/// use annals::Position;
/// use futures_util::TryStreamExt;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let store = Store::memory();
/// for id in ["a", "b", "a"] {
///     store.repository::<Counter>().execute(id, Add { amount: 1 }).await?;
/// }
///
/// let mut log = store.log().after(Position::from(1)).stream();
/// while let Some(event) = log.try_next().await? {
///     println!("{} {} {}", event.position(), event.stream(), event.event_type());
/// }
/// # assert_eq!(store.log().after(Position::from(1)).stream().try_collect::<Vec<_>>().await?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone)]
#[must_use = "nothing is read until its stream is"]
pub struct Log {
    journal: Arc<dyn Journal>,
    after: Cursor,
    batch: usize,
    wanted: Wanted,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("after", &self.after).field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl Log {
    pub(crate) fn new(journal: Arc<dyn Journal>) -> Self {
        Self { journal, after: Cursor::start(), batch: BATCH, wanted: Wanted::Everything }
    }

    /// Begins after this place. A [`Position`](crate::Position) is one, for a journal of one partition; with several,
    /// a [`Cursor`] holds one position for each, and a partition without one is read from its beginning.
    pub fn after(mut self, place: impl Into<Cursor>) -> Self {
        self.after = place.into();
        self
    }

    /// Only events that are stored under these type names. The payloads of others are not fetched.
    pub fn of_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wanted = Wanted::Types(types.into_iter().map(Into::into).collect());
        self
    }

    /// How many log entries are looked at in one trip; 1,000 unless said otherwise, and at least one.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// let log = Store::memory().log().batch(100);
    /// # drop(log);
    /// ```
    pub fn batch(mut self, entries: usize) -> Self {
        self.batch = entries.max(1);
        self
    }

    /// The events, up to the end of the log as it is when it is reached. While a batch is being used, the next one is
    /// under way.
    ///
    /// Events of one partition come in the order of their positions, and so do those of one stream. Of several
    /// partitions, the event that was recorded first comes first, as far as their clocks agree to the millisecond.
    ///
    /// After an error the stream has ended.
    #[must_use]
    pub fn stream(self) -> BoxStream<'static, Result<StoredEvent, JournalError>> {
        if let Some(error) = self.misplaced() {
            return futures_util::stream::once(async { Err(error) }).boxed();
        }
        let readers = (0..self.journal.partitions())
            .map(|partition| {
                let after = self.after.seen(partition);
                PartitionReader::new(Arc::clone(&self.journal), partition, after, self.batch, self.wanted.clone())
            })
            .collect();
        Merged { readers, failed: false }.boxed()
    }

    /// The events that are there, and then those that come, for as long as it is read: each as soon as it is recorded.
    ///
    /// Events of one partition come in the order of their positions. While the journal cannot be reached, the reader waits
    /// and tries again, at first after some milliseconds, then every few seconds. Where it comes back with another history
    /// than was read, as after a failover that lost events, that is [`JournalError::HistoryRewound`]: the reader stops, and
    /// does not sleep until the new history has grown past the old one.
    ///
    /// After an error the stream has ended.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// # #[derive(Aggregate, Default)]
    /// # #[aggregate(event = CounterEvent)]
    /// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
    /// # #[derive(Command, Clone)]
    /// # #[command(counter: Counter)]
    /// # #[command(any)]
    /// # #[emit(Added { amount })]
    /// # struct Add { amount: u64 }
    /// use annals::Cursor;
    /// use futures_util::TryStreamExt;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let store = Store::memory();
    /// let mut live = store.log().after(store.head().await?).live();
    ///
    /// store.repository::<Counter>().execute("visits", Add { amount: 2 }).await?;
    /// let event = live.try_next().await?.unwrap();
    /// assert_eq!(event.event_type(), "CounterAdded");
    ///
    /// // To go on here another time, and to be told where the history is another one by then:
    /// let seen = Cursor::from(&event);
    /// # let all: Vec<_> = store.log().stream().try_collect().await?;
    /// # assert_eq!(seen, Cursor::from(&all[0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn live(self) -> BoxStream<'static, Result<StoredEvent, JournalError>> {
        if let Some(error) = self.misplaced() {
            return futures_util::stream::once(async { Err(error) }).boxed();
        }
        Live::new(self.journal, &self.after, self.batch, self.wanted).stream().boxed()
    }

    /// Why reading cannot begin where it is to, if so.
    fn misplaced(&self) -> Option<JournalError> {
        let partitions = self.journal.partitions();
        let unknown = self.after.positions().find(|position| position.partition() >= partitions)?;
        let reason =
            format!("the journal has {partitions} partitions, and reading was to begin after position {unknown}");
        Some(JournalError::Invalid { reason })
    }
}

/// Several partitions as one stream: always the event that was recorded first.
struct Merged {
    readers: Vec<PartitionReader>,
    failed: bool,
}

impl Stream for Merged {
    type Item = Result<StoredEvent, JournalError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.failed {
            return Poll::Ready(None);
        }
        let mut pending = false;
        for reader in &mut self.readers {
            match reader.poll_fill(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    self.failed = true;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Pending => pending = true,
            }
        }
        if pending {
            return Poll::Pending;
        }
        // Every partition has its next event in hand, or none left.
        let first = self
            .readers
            .iter_mut()
            .filter(|reader| reader.next_millis().is_some())
            .min_by_key(|reader| reader.next_millis());
        Poll::Ready(first.and_then(PartitionReader::pop).map(Ok))
    }
}

/// The events of one enum over all aggregates, or of several joined by [`Or`](crate::Or); made by
/// [`Store::events`](crate::Store::events).
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Debug)]
/// # enum CounterEvent { Added { amount: u64 }, Reset }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter {
/// #     #[on(Added { amount } => += *amount)]
/// #     #[on(Reset => 0)]
/// #     total: u64,
/// # }
/// # #[derive(Command, Clone)]
/// # #[command(counter: Counter)]
/// # #[command(any)]
/// # #[emit(Added { amount })]
/// # #[emit(Reset)]
/// # struct AddAndReset { amount: u64 }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let store = Store::memory();
/// store.repository::<Counter>().execute("a", AddAndReset { amount: 3 }).await?;
/// store.repository::<Counter>().execute("b", AddAndReset { amount: 4 }).await?;
///
/// let added = store.events::<CounterEvent>().of_types(["CounterAdded"]).to_vec().await?;
/// assert_eq!(added.len(), 2);
/// assert_eq!(store.events::<CounterEvent>().to_vec().await?.len(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[must_use = "nothing is read until its stream is"]
pub struct Events<S> {
    log: Log,
    types: Result<(), JournalError>,
    set: PhantomData<fn() -> S>,
}

impl<S> Clone for Events<S> {
    fn clone(&self) -> Self {
        Self { log: self.log.clone(), types: self.types.clone(), set: PhantomData }
    }
}

impl<S> fmt::Debug for Events<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("log", &self.log).finish_non_exhaustive()
    }
}

impl<S: EventSet> Events<S> {
    pub(crate) fn new(journal: Arc<dyn Journal>) -> Self {
        Self { log: Log { wanted: Wanted::set::<S>(), ..Log::new(journal) }, types: Ok(()), set: PhantomData }
    }

    /// Begins after this place, as [`Log::after`].
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// # #[derive(Aggregate, Default, Debug, PartialEq)]
    /// # #[aggregate(event = CounterEvent)]
    /// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
    /// # #[derive(Command, Clone)]
    /// # #[command(counter: Counter)]
    /// # #[command(any)]
    /// # #[emit(Added { amount })]
    /// # struct Add { amount: u64 }
    /// use annals::Position;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Store::memory();
    /// store.repository::<Counter>().execute("a", Add { amount: 3 }).await?;
    /// let newer = store.events::<CounterEvent>().after(Position::from(1)).batch(100).to_vec().await?;
    /// assert!(newer.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn after(mut self, place: impl Into<Cursor>) -> Self {
        self.log = self.log.after(place);
        self
    }

    /// Only events of these types, as they are stored: `OrderCreated`, not `Created`.
    ///
    /// A name that the enum does not have would never be found, so reading then fails with
    /// [`JournalError::Invalid`].
    pub fn of_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let types: Vec<String> = types.into_iter().map(Into::into).collect();
        let known = S::event_types();
        if let Some(unknown) = types.iter().find(|name| !known.contains(&name.as_str())) {
            let reason = format!("no event is stored as `{unknown}`; expected one of {}", known.join(", "));
            self.types = Err(JournalError::Invalid { reason });
        }
        self.log = self.log.of_types(types);
        self
    }

    /// How many log entries are looked at in one trip, as [`Log::batch`].
    pub fn batch(mut self, entries: usize) -> Self {
        self.log = self.log.batch(entries);
        self
    }

    /// The events with their metadata, in the order of [`Log::stream`]. After an error the stream has ended.
    ///
    /// An event of the same aggregates whose type the enum does not have, since a newer program wrote it, is such an
    /// error: it is not skipped. Who wants it to be says so with [`of_types`](Self::of_types), and an enum that has a
    /// variant with `#[event(unknown)]` takes it as that. Events of types that the enum lists as `retired` are skipped.
    #[must_use]
    pub fn stream(self) -> BoxStream<'static, Result<Recorded<S>, ReadError>> {
        self.decoded(Log::stream)
    }

    /// The events that are there, and then those that come, as [`Log::live`]; decoded as [`stream`](Self::stream) does it.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// # #[derive(Aggregate, Default)]
    /// # #[aggregate(event = CounterEvent)]
    /// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
    /// # #[derive(Command, Clone)]
    /// # #[command(counter: Counter)]
    /// # #[command(any)]
    /// # #[emit(Added { amount })]
    /// # struct Add { amount: u64 }
    /// use futures_util::TryStreamExt;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let store = Store::memory();
    /// let mut live = store.events::<CounterEvent>().live();
    /// store.repository::<Counter>().execute("visits", Add { amount: 2 }).await?;
    /// assert_eq!(live.try_next().await?.unwrap().event, CounterEvent::Added { amount: 2 });
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn live(self) -> BoxStream<'static, Result<Recorded<S>, ReadError>> {
        self.decoded(Log::live)
    }

    fn decoded(
        self,
        read: impl FnOnce(Log) -> BoxStream<'static, Result<StoredEvent, JournalError>>,
    ) -> BoxStream<'static, Result<Recorded<S>, ReadError>> {
        if let Err(error) = self.types {
            return futures_util::stream::once(async { Err(error.into()) }).boxed();
        }
        let wanted = self.log.wanted.clone();
        let decoded = read(self.log).filter_map(move |stored| {
            let recorded = stored.map_err(ReadError::from).and_then(|stored| Ok(wanted.recorded(&stored)?));
            std::future::ready(recorded.transpose())
        });
        // A stream that has failed gives nothing more, so that nobody reads on behind a hole.
        let mut failed = false;
        let until_error = decoded.take_while(move |event| {
            let go_on = !failed;
            failed |= event.is_err();
            std::future::ready(go_on)
        });
        until_error.boxed()
    }

    /// All of them at once.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or an event does not decode.
    pub async fn to_vec(self) -> Result<Vec<Recorded<S>>, ReadError> {
        self.stream().try_collect().await
    }
}
