//! What would have been: a past state that goes on in memory alone.

use super::{ExecuteError, Loaded, Repository, TimeTravelError, execute};
use crate::model::{
    Aggregate, Annotations, Command, Context, IntoIdentifier, Metadata, Position, Recorded, StreamName, Version,
};
use jiff::Timestamp;
use std::fmt;

/// An aggregate that goes its own way from a past version on, made by [`Repository::branch`]. Nothing of it is ever
/// written.
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
/// counters.execute("visits", Add { amount: 3 }).await?;
///
/// let branch = counters.branch("visits", Version::new(1)).await?;
/// let branch = branch.apply([CounterEvent::Added { amount: 40 }]).execute(Add { amount: 500 })?;
/// assert_eq!((branch.state().total, branch.version()), (542, Version::new(3)));
/// assert_eq!((branch.base(), branch.events().len()), (Version::new(1), 2));
///
/// assert_eq!(counters.load("visits").await?.state.total, 5);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Branch<A: Aggregate> {
    stream: StreamName,
    base: Version,
    loaded: Loaded<A>,
    events: Vec<Recorded<A::Event>>,
}

impl<A: Aggregate + fmt::Debug> fmt::Debug for Branch<A>
where
    A::Event: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Branch")
            .field("stream", &self.stream)
            .field("base", &self.base)
            .field("loaded", &self.loaded)
            .field("events", &self.events)
            .finish()
    }
}

impl<A: Aggregate> Repository<A> {
    /// The aggregate as it was at `version`, to go on from there in memory: what would have been.
    ///
    /// # Errors
    ///
    /// As [`at`](Self::at).
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// # #[derive(Aggregate, Default, Debug, PartialEq)]
    /// # #[aggregate(event = CounterEvent)]
    /// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counters = Store::memory().repository::<Counter>();
    /// let branch = counters.branch("visits", Version::NONE).await?.apply([CounterEvent::Added { amount: 2 }]);
    /// assert_eq!(branch.state().total, 2);
    /// assert!(!counters.load("visits").await?.exists());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn branch(&self, id: impl IntoIdentifier<A::Id>, version: Version) -> Result<Branch<A>, TimeTravelError> {
        let stream = self.stream(id);
        let loaded = self.at_version(&stream, Loaded::empty(), version).await?;
        Ok(Branch { stream, base: version, loaded, events: Vec::new() })
    }
}

impl<A: Aggregate> Branch<A> {
    /// Goes on with these events, as if they had been recorded now. They have no position in the log: it is 0.
    pub fn apply(mut self, events: impl IntoIterator<Item = A::Event>) -> Self {
        self.take_in(events, &Annotations::default());
        self
    }

    /// Goes on with what the command decides.
    ///
    /// # Errors
    ///
    /// When the command's rules refuse, or the aggregate is missing or exists where it must not.
    pub fn execute<C: Command<Aggregate = A>>(mut self, command: C) -> Result<Self, ExecuteError<C::Error>> {
        let Loaded { state, version } = &self.loaded;
        execute::check_existence(command.existence(), &self.stream, *version)?;
        let told = Annotations::default();
        let context = Context::new(self.stream.id().into_owned(), *version, Timestamp::now(), told.clone());
        let events = command.decide(state, &context).map_err(ExecuteError::Rejected)?;
        self.take_in(events, &told);
        Ok(self)
    }

    fn take_in(&mut self, events: impl IntoIterator<Item = A::Event>, told: &Annotations) {
        for event in events {
            let version = self.loaded.version.next();
            let nowhere = Position::from(0);
            let metadata = Metadata::new(self.stream.clone(), version, nowhere, Timestamp::now(), told.clone());
            self.loaded.state.apply(&event, &metadata);
            self.loaded.version = version;
            self.events.push(Recorded::new(event, metadata));
        }
    }

    /// What it has come to.
    #[must_use]
    pub fn state(&self) -> &A {
        &self.loaded.state
    }

    /// The version that it has come to: events 1 to the [base](Self::base) are recorded, those behind are not.
    #[must_use]
    pub fn version(&self) -> Version {
        self.loaded.version
    }

    /// The version from which it goes its own way.
    #[must_use]
    pub fn base(&self) -> Version {
        self.base
    }

    /// What happened on it.
    #[must_use]
    pub fn events(&self) -> &[Recorded<A::Event>] {
        &self.events
    }
}
