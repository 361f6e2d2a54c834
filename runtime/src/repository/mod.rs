//! Aggregates: loaded from their events, asked with commands, looked back on.

mod branch;
mod cache;
mod claims;
mod difference;
mod error;
mod execute;
mod folded;
mod history;
mod loading;
mod once;
mod snapshots;
mod undo;

pub use branch::Branch;
pub(crate) use claims::Claims;
pub use difference::{Difference, FieldChange};
pub use error::{ExecuteError, ReadError, SnapshotError, TimeTravelError};
pub use execute::{Execute, Outcome};
pub use history::{History, HistoryPage, States, StatesPage, Step};
pub(crate) use snapshots::Attempts;
pub use undo::{Obstacle, ObstacleReason, UndoError, UndoTo};

use crate::{
    journal::{Append, Journal, JournalError, StoredEvent, Verdict},
    model::{Aggregate, Command, IntoIdentifier, StreamName, Version},
    trace::span,
};
use cache::Cache;
use jiff::Timestamp;
use loading::Current;
use std::{fmt, num::NonZeroUsize, ops::ControlFlow, sync::Arc, time::Duration};

/// How many events are read in one trip.
const PAGE: usize = 1_000;

/// The aggregates of one kind, made by [`Store::repository`](crate::Store::repository). Cheap to clone.
///
/// ```
/// use annals::prelude::*;
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum CounterEvent {
///     Added { amount: u64 },
/// }
///
/// #[derive(Aggregate, Default)]
/// #[aggregate(event = CounterEvent)]
/// struct Counter {
///     #[on(Added { amount } => += *amount)]
///     total: u64,
/// }
///
/// #[derive(Command, Clone)]
/// #[command(counter: Counter)]
/// #[command(any)]
/// #[emit(Added { amount })]
/// struct Add {
///     amount: u64,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let counters = Store::memory().repository::<Counter>();
/// counters.execute("visits", Add { amount: 2 }).await?;
/// counters.execute("visits", Add { amount: 3 }).await?;
///
/// let counter = counters.load("visits").await?;
/// assert_eq!((counter.state.total, counter.version), (5, Version::new(2)));
/// assert_eq!(counters.at("visits", Version::new(1)).await?.state.total, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub struct Repository<A> {
    journal: Arc<dyn Journal>,
    claims: Arc<Claims>,
    attempts: Arc<Attempts>,
    cache: Option<Arc<Cache<A>>>,
    keep_keys: Duration,
}

impl<A> Clone for Repository<A> {
    fn clone(&self) -> Self {
        Self {
            journal: Arc::clone(&self.journal),
            claims: Arc::clone(&self.claims),
            attempts: Arc::clone(&self.attempts),
            cache: self.cache.clone(),
            keep_keys: self.keep_keys,
        }
    }
}

impl<A: Aggregate> fmt::Debug for Repository<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("aggregate", &A::NAME)
            .field("journal", &self.journal)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

/// An aggregate's state at one version.
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
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Store::memory().repository::<Counter>();
/// let counter = counters.load("visits").await?;
/// assert!(!counter.exists());
/// assert_eq!((counter.state.total, counter.version), (0, Version::NONE));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded<A> {
    /// What its events add up to.
    pub state: A,
    /// How many events those are.
    pub version: Version,
}

impl<A> Loaded<A> {
    /// Whether there is any event: an aggregate without one does not exist, and its state is the default.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.version > Version::NONE
    }
}

impl<A: Aggregate> Loaded<A> {
    fn empty() -> Self {
        Self { state: A::default(), version: Version::NONE }
    }

    /// Takes the next event in.
    fn apply(&mut self, stored: &StoredEvent) -> Result<(), ReadError> {
        if !stored.is_retired::<A::Event>() {
            let recorded = stored.recorded::<A::Event>()?;
            self.state.apply(&recorded.event, &recorded.metadata);
        }
        self.version = stored.version();
        Ok(())
    }
}

impl<A: Aggregate> Repository<A> {
    pub(crate) fn new(
        journal: Arc<dyn Journal>,
        claims: Arc<Claims>,
        attempts: Arc<Attempts>,
        keep_keys: Duration,
    ) -> Self {
        Self { journal, claims, attempts, cache: None, keep_keys }
    }

    /// The same aggregates, where the states that were used last are kept in memory: at most so many, 0 counts as 1. This
    /// repository and its clones share them.
    ///
    /// A command is then decided without reading first. It is always right: where the state is behind, the append comes
    /// back as a conflict with the events that were missed, and the command is decided again, which counts as no attempt.
    /// A decision that appends nothing (a rejection, nothing to do, an aggregate that is missing or exists) is given only
    /// after a look that nothing was missed, as is what [`load`](Self::load) gives. Where the journal has another
    /// history, as after a failover that lost events, the state is loaded anew.
    ///
    /// A program that wants it keeps one such repository: each call of [`Store::repository`](crate::Store::repository)
    /// and of [`Store::execute`](crate::Store::execute) begins without a cache.
    ///
    /// What it saves, as measured on a shared machine of 2 cores (Redis 7.0 beside the program, a small state, medians of
    /// 704 commands in one run of `cargo bench -p annals-tests --bench execute`, which prints them again; the ratios say
    /// more than the times):
    ///
    /// | stream, durability | one writer | with the cache | 32 writers, each | with the cache |
    /// |---|---|---|---|---|
    /// | 5 events, no persistence | 236 µs | 130 µs | 33 µs | 23 µs |
    /// | 5 events, AOF everysec | 222 µs | 126 µs | 36 µs | 25 µs |
    /// | 1,000 events, no persistence | 1,107 µs | 165 µs | 829 µs | 35 µs |
    /// | 1,000 events, AOF everysec | 1,193 µs | 181 µs | 942 µs | 42 µs |
    ///
    /// So it is one trip less, and the events of the stream. It costs memory, and helps only where one program sees the
    /// same aggregates again and again; therefore it is off unless asked for.
    ///
    /// ```
    /// use annals::prelude::*;
    ///
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// # #[derive(Aggregate, Clone, Default)]
    /// # #[aggregate(event = CounterEvent)]
    /// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
    /// # #[derive(Command, Clone)]
    /// # #[command(counter: Counter)]
    /// # #[command(any)]
    /// # #[emit(Added { amount })]
    /// # struct Add { amount: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counters = Store::memory().repository::<Counter>().cached(10_000);
    /// counters.execute("visits", Add { amount: 2 }).await?;
    /// counters.execute("visits", Add { amount: 3 }).await?; // without reading anything
    /// assert_eq!(counters.load("visits").await?.state.total, 5);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn cached(mut self, states: usize) -> Self
    where
        A: Clone,
    {
        let capacity = NonZeroUsize::new(states).unwrap_or(NonZeroUsize::MIN);
        self.cache = Some(Arc::new(Cache::new(capacity, A::clone)));
        self
    }

    /// The name of the stream that holds the events of the aggregate `id`.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum CounterEvent { Added }
    /// # #[derive(Aggregate, Default)]
    /// # #[aggregate(event = CounterEvent, ignore(Added))]
    /// # struct Counter {}
    /// let counters = Store::memory().repository::<Counter>();
    /// assert_eq!(counters.stream("visits").as_str(), "counter-visits");
    /// ```
    pub fn stream(&self, id: impl IntoIdentifier<A::Id>) -> StreamName {
        StreamName::new(A::NAME, &id.into_identifier().to_string())
    }

    /// Loads an aggregate: all its events, folded, from its last [snapshot](crate::Snapshots) on where it has any. One
    /// that has no events is the default at version 0.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or an event does not decode.
    pub async fn load(&self, id: impl IntoIdentifier<A::Id>) -> Result<Loaded<A>, ReadError> {
        let stream = self.stream(id);
        let Current { mut held, fresh } = self.current(&stream).await?;
        if !fresh {
            (held, _) = self.refresh(&stream, held).await?;
        }
        Ok(held.into_own().loaded)
    }

    /// The aggregate as it was at `version`; 0 is before its first event.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), and when the stream has not reached that version.
    pub async fn at(&self, id: impl IntoIdentifier<A::Id>, version: Version) -> Result<Loaded<A>, TimeTravelError> {
        self.at_version(&self.stream(id), Loaded::empty(), version).await
    }

    /// The aggregate as it was at a time: with every event that was recorded then or before.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
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
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counters = Store::memory().repository::<Counter>();
    /// counters.execute("visits", Add { amount: 2 }).await?;
    /// assert_eq!(counters.as_of("visits", Timestamp::UNIX_EPOCH).await?.state.total, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn as_of(&self, id: impl IntoIdentifier<A::Id>, time: Timestamp) -> Result<Loaded<A>, ReadError> {
        let stream = self.stream(id);
        self.fold(&stream, Loaded::empty(), u64::MAX, |stored| {
            if stored.recorded_at() > time { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .await
    }

    /// An aggregate's events with their metadata, a page at a time, oldest first unless asked otherwise.
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
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counters = Store::memory().repository::<Counter>();
    /// counters.execute("visits", Add { amount: 2 }).await?;
    /// assert_eq!(counters.history("visits").limit(10).await?.events.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn history(&self, id: impl IntoIdentifier<A::Id>) -> History<A> {
        History::new(self.clone(), self.stream(id))
    }

    /// Asks an aggregate: loads it, decides, and records what was decided. Await what this returns; before that,
    /// annotations can be added.
    ///
    /// Where another writer was faster, the events that were missed are taken in and the command is decided again.
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
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let counters = Store::memory().repository::<Counter>();
    /// let outcome = counters.execute("visits", Add { amount: 2 }).actor("clerk-7").correlation("request-1").await?;
    /// assert_eq!(outcome.version, Version::new(1));
    /// assert_eq!(outcome.events[0].metadata.actor.as_deref(), Some("clerk-7"));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn execute<C: Command<Aggregate = A>>(&self, id: impl IntoIdentifier<A::Id>, command: C) -> Execute<C> {
        Execute::new(self.clone(), id.into_identifier().to_string(), command)
    }

    /// Appends events, and tells what came of it.
    async fn append(&self, append: Append) -> Result<Verdict, JournalError> {
        let span = span!(
            DEBUG,
            "append",
            { stream = append.stream.as_str(), append_id = append.id.as_str(), events = append.events.len() },
            [verdict, version, position]
        );
        let verdict = span.run(self.journal.append(append)).await;
        match &verdict {
            Ok(Verdict::Appended(appended) | Verdict::Duplicate(appended)) => {
                span.number("version", appended.versions().end().number());
                span.number("position", appended.positions().end().number());
                span.text("verdict", "recorded");
            }
            Ok(Verdict::Conflict(conflict)) => {
                span.number("version", conflict.actual.number());
                span.text("verdict", "conflict");
            }
            Ok(Verdict::Remembered(_)) => span.text("verdict", "remembered"),
            Err(_) => span.text("verdict", "error"),
        }
        verdict
    }

    /// Takes in the events after the loaded version, up to the version `last`, until `each` breaks before one.
    async fn fold(
        &self,
        stream: &StreamName,
        mut loaded: Loaded<A>,
        last: u64,
        mut each: impl FnMut(&StoredEvent) -> ControlFlow<()>,
    ) -> Result<Loaded<A>, ReadError> {
        let after = loaded.version;
        let take_in = |stored: StoredEvent| {
            let goes_on = each(&stored);
            if goes_on.is_continue() {
                loaded.apply(&stored)?;
            }
            Ok(goes_on)
        };
        self.walk(stream, after, last, take_in).await?;
        Ok(loaded)
    }

    /// Reads the events after a version, up to the version `last`, a page at a time, until `each` breaks.
    async fn walk(
        &self,
        stream: &StreamName,
        mut after: Version,
        last: u64,
        mut each: impl FnMut(StoredEvent) -> Result<ControlFlow<()>, ReadError>,
    ) -> Result<(), ReadError> {
        loop {
            let wanted = last.saturating_sub(after.number());
            let limit = usize::try_from(wanted).unwrap_or(PAGE).min(PAGE);
            if limit == 0 {
                return Ok(());
            }
            let page = self.journal.read_stream(stream, after, limit).await?;
            let is_last = page.len() < limit;
            for stored in page {
                after = stored.version();
                if each(stored)?.is_break() {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// The state at `version`, folded on from an earlier one.
    async fn at_version(
        &self,
        stream: &StreamName,
        earlier: Loaded<A>,
        version: Version,
    ) -> Result<Loaded<A>, TimeTravelError> {
        let loaded = self.fold(stream, earlier, version.number(), |_| ControlFlow::Continue(())).await?;
        if loaded.version == version {
            Ok(loaded)
        } else {
            let stream = stream.clone();
            Err(TimeTravelError::NoSuchVersion { stream, asked: version, actual: loaded.version })
        }
    }

    /// Every event after a version, as it is stored.
    async fn stored(&self, stream: &StreamName, after: Version) -> Result<Vec<StoredEvent>, ReadError> {
        let mut events = Vec::new();
        let keep = |stored| {
            events.push(stored);
            Ok(ControlFlow::Continue(()))
        };
        self.walk(stream, after, u64::MAX, keep).await?;
        Ok(events)
    }

    async fn stream_version(&self, stream: &StreamName) -> Result<Version, JournalError> {
        self.journal.stream_version(stream).await
    }
}
