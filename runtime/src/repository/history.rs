//! An aggregate's own story: its events with their metadata, a page at a time.

use super::{Loaded, ReadError, Repository};
use crate::{
    journal::StoredEvent,
    model::{Aggregate, Recorded, StreamName, Version},
};
use futures_util::future::BoxFuture;
use std::{future::IntoFuture, ops::ControlFlow};

/// The events of one aggregate, made by [`Repository::history`]. Await it for a [`HistoryPage`].
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
/// for amount in 1..=5 {
///     counters.execute("visits", Add { amount }).await?;
/// }
///
/// let newest = counters.history("visits").newest_first().limit(2).await?;
/// let versions: Vec<_> = newest.events.iter().map(|event| event.metadata.version.number()).collect();
/// assert_eq!(versions, [5, 4]);
/// assert_eq!(newest.next, Some(Version::new(3)));
///
/// let older = counters.history("visits").newest_first().from(Version::new(3)).await?;
/// assert_eq!((older.events.len(), older.next), (3, None));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read until it is awaited"]
pub struct History<A: Aggregate> {
    repository: Repository<A>,
    stream: StreamName,
    newest_first: bool,
    from: Option<Version>,
    limit: usize,
}

/// Some events of one aggregate.
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
/// # counters.execute("visits", Add { amount: 2 }).await?;
/// let mut page = counters.history("visits").await?;
/// loop {
///     for event in &page.events {
///         println!("{} {:?} by {:?}", event.metadata.recorded_at, event.event, event.metadata.actor);
///     }
///     match page.next {
///         Some(version) => page = counters.history("visits").from(version).await?,
///         None => break,
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HistoryPage<E> {
    /// The events, in the order that was asked for. Those of a retired type are left out.
    pub events: Vec<Recorded<E>>,
    /// Where the next page begins, for [`History::from`]; `None` after the last one.
    ///
    /// Oldest first, a full page always has a next one: it may turn out empty, or hold what was recorded meanwhile.
    pub next: Option<Version>,
}

impl<A: Aggregate> History<A> {
    pub(super) fn new(repository: Repository<A>, stream: StreamName) -> Self {
        Self { repository, stream, newest_first: false, from: None, limit: 100 }
    }

    /// The newest event first.
    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    /// Begins at this version instead of at the first, or the newest.
    pub fn from(mut self, version: Version) -> Self {
        self.from = Some(version);
        self
    }

    /// At most this many events a page; 100 unless said otherwise, and at least one.
    pub fn limit(mut self, events: usize) -> Self {
        self.limit = events.max(1);
        self
    }

    /// Each event with the state that it led to, as a page of these.
    ///
    /// The events before the page are read too, to know the state that it begins with.
    pub fn states(self) -> States<A>
    where
        A: Clone,
    {
        States(self)
    }

    async fn page(self) -> Result<HistoryPage<A::Event>, ReadError> {
        if self.newest_first { self.page_back().await } else { self.page_on().await }
    }

    async fn page_on(self) -> Result<HistoryPage<A::Event>, ReadError> {
        let after = Version::new(self.from.unwrap_or(Version::new(1)).number().saturating_sub(1));
        let (events, read) = self.read(after, self.limit).await?;
        let next = (read == self.limit).then(|| after.after(self.limit as u64).next());
        Ok(HistoryPage { events, next })
    }

    async fn page_back(self) -> Result<HistoryPage<A::Event>, ReadError> {
        let newest = self.repository.stream_version(&self.stream).await?;
        let last = self.from.map_or(newest, |from| from.min(newest));
        let after = Version::new(last.number().saturating_sub(self.limit as u64));
        let limit = usize::try_from(last.number() - after.number()).unwrap_or(self.limit);
        let mut events = if limit == 0 { Vec::new() } else { self.read(after, limit).await?.0 };
        events.reverse();
        let next = (after > Version::NONE).then_some(after);
        Ok(HistoryPage { events, next })
    }

    /// The events of a page, and how many those are together with the retired ones.
    async fn read(&self, after: Version, limit: usize) -> Result<(Vec<Recorded<A::Event>>, usize), ReadError> {
        let stored = self.repository.journal.read_stream(&self.stream, after, limit).await?;
        let kept = stored.iter().filter(|stored| !stored.is_retired::<A::Event>());
        Ok((kept.map(StoredEvent::recorded).collect::<Result<_, _>>()?, stored.len()))
    }
}

impl<A: Aggregate> IntoFuture for History<A> {
    type Output = Result<HistoryPage<A::Event>, ReadError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.page())
    }
}

/// The states of one aggregate after each of its events, made by [`History::states`]. Await it for a [`StatesPage`].
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Command, Clone)]
/// # #[command(counter: Counter)]
/// # #[command(any)]
/// # #[emit(Added { amount })]
/// # struct Add { amount: u64 }
/// #[derive(Aggregate, Clone, Default)]
/// #[aggregate(event = CounterEvent)]
/// struct Counter {
///     #[on(Added { amount } => += *amount)]
///     total: u64,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Store::memory().repository::<Counter>();
/// for amount in 1..=5 {
///     counters.execute("visits", Add { amount }).await?;
/// }
///
/// let page = counters.history("visits").from(Version::new(2)).limit(3).states().await?;
/// let totals: Vec<_> = page.steps.iter().map(|step| (step.event.metadata.version.number(), step.state.total)).collect();
/// assert_eq!(totals, [(2, 3), (3, 6), (4, 10)]);
/// assert_eq!(page.next, Some(Version::new(5)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read until it is awaited"]
pub struct States<A: Aggregate>(History<A>);

/// Some events of one aggregate, each with the state that it led to.
///
/// ```
/// # use annals::repository::StatesPage;
/// fn show<S: std::fmt::Debug, E>(page: &StatesPage<S, E>) {
///     for step in &page.steps {
///         println!("{}: {:?}", step.event.metadata.version, step.state);
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StatesPage<S, E> {
    /// The events with their states, in the order that was asked for. Those of a retired type are left out.
    pub steps: Vec<Step<S, E>>,
    /// Where the next page begins, as [`HistoryPage::next`].
    pub next: Option<Version>,
}

/// An event and the state that it led to.
///
/// ```
/// # use annals::repository::Step;
/// fn show<S: std::fmt::Debug, E>(step: &Step<S, E>) {
///     println!("{} {:?}", step.event.metadata.recorded_at, step.state);
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step<S, E> {
    /// The event.
    pub event: Recorded<E>,
    /// The state with it.
    pub state: S,
}

impl<A: Aggregate + Clone> States<A> {
    async fn page(self) -> Result<StatesPage<A, A::Event>, ReadError> {
        let Self(history) = self;
        let (repository, stream) = (history.repository.clone(), history.stream.clone());
        let newest_first = history.newest_first;
        let HistoryPage { mut events, next } = history.page().await?;
        if newest_first {
            events.reverse();
        }
        let before = events.first().map_or(0, |first| first.metadata.version.number().saturating_sub(1));
        let mut loaded = repository.fold(&stream, Loaded::empty(), before, |_| ControlFlow::Continue(())).await?;
        let mut steps = Vec::with_capacity(events.len());
        for event in events {
            loaded.state.apply(&event.event, &event.metadata);
            steps.push(Step { event, state: loaded.state.clone() });
        }
        if newest_first {
            steps.reverse();
        }
        Ok(StatesPage { steps, next })
    }
}

impl<A: Aggregate + Clone> IntoFuture for States<A> {
    type Output = Result<StatesPage<A, A::Event>, ReadError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.page())
    }
}
