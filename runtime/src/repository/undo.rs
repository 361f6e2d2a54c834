//! Undo: compensating events for all that happened after a version, newest first, as one append.

use super::{Outcome, ReadError, Repository, execute};
use crate::{
    codec::{DecodeError, EncodeError},
    journal::{Append, Durability, Expected, JournalError, NewEvent, StoredEvent, Verdict},
    model::{Aggregate, Annotations, Event, IntoIdentifier, Recorded, StreamName, Undo, Version},
    trace::tell,
};
use futures_util::future::BoxFuture;
use std::{collections::BTreeSet, fmt, future::IntoFuture};

/// An undo under way, made by [`Repository::undo`]. Await it for its [`Outcome`].
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// # enum CounterEvent {
/// #     #[undo(Taken { amount })]
/// #     Added { amount: u64 },
/// #     #[undo(Added { amount })]
/// #     Taken { amount: u64 },
/// # }
/// # #[derive(Aggregate, Default, Debug, PartialEq)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter {
/// #     #[on(Added { amount } => += *amount)]
/// #     #[on(Taken { amount } => -= *amount)]
/// #     total: u64,
/// # }
/// # #[derive(Command, Clone)]
/// # #[command(counter: Counter)]
/// # #[command(any)]
/// # #[emit(Added { amount })]
/// # struct Add { amount: u64 }
/// use annals::{Annotations, journal::Durability};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Store::memory().repository::<Counter>();
/// counters.execute("visits", Add { amount: 2 }).await?;
/// counters.execute("visits", Add { amount: 3 }).await?;
///
/// let undone = counters
///     .undo("visits", Version::new(1))
///     .expected(Version::new(2))
///     .attempts(3)
///     .durability(Durability::Memory)
///     .annotations(Annotations::default().with_actor("clerk-7"))
///     .await?;
/// assert_eq!(undone.events[0].event, CounterEvent::Taken { amount: 3 });
/// assert_eq!(undone.events[0].metadata.undoes, Some(Version::new(2)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing happens until it is awaited"]
pub struct UndoTo<A: Aggregate> {
    repository: Repository<A>,
    stream: StreamName,
    to: Version,
    expected: Option<Version>,
    annotations: Annotations,
    attempts: u32,
    durability: Durability,
}

impl<A: Aggregate> Repository<A> {
    /// Undoes what happened to an aggregate after the version `to`. Await what this returns.
    ///
    /// Nothing is taken back: each event's compensating event, as its `#[undo(…)]` says, is appended, the newest one's
    /// first, all of them or none. Each says in its metadata which event it [undoes](crate::Metadata::undoes). What was
    /// undone before is left alone, so that asking twice changes nothing.
    ///
    /// Where another writer comes in between, what they recorded is undone too; who wants to undo no more than they have
    /// seen says so with [`expected`](UndoTo::expected). A command's rules are not asked.
    ///
    /// # Errors
    ///
    /// [`UndoError::Impossible`] with every event that stands in the way; nothing is written then.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    /// enum CartEvent {
    ///     #[undo(never)]
    ///     Opened,
    ///     #[undo(Removed { sku })]
    ///     Added { sku: String },
    ///     Removed { sku: String },
    /// }
    ///
    /// #[derive(Aggregate, Default)]
    /// #[aggregate(event = CartEvent, ignore(Opened))]
    /// struct Cart {
    ///     #[on(Added { sku } => .push(sku.clone()))]
    ///     #[on(Removed { sku } => .retain(|other| other != sku))]
    ///     skus: Vec<String>,
    /// }
    /// # #[derive(Command, Clone)]
    /// # #[command(cart: Cart)]
    /// # enum CartCommand {
    /// #     #[command(creates)]
    /// #     #[emit(Opened)]
    /// #     Open,
    /// #     #[emit(Added { sku })]
    /// #     Add { sku: String },
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let carts = Store::memory().repository::<Cart>();
    /// # carts.execute("1", CartCommand::Open).await?;
    /// # for sku in ["apple", "pear"] {
    /// #     carts.execute("1", CartCommand::Add { sku: sku.into() }).await?;
    /// # }
    /// // A cart that was opened, with an apple and a pear added to it:
    /// let undone = carts.undo("1", Version::new(1)).await?;
    /// let removed = |sku: &str| CartEvent::Removed { sku: sku.to_owned() };
    /// let events: Vec<_> = undone.events.into_iter().map(|recorded| recorded.event).collect();
    /// assert_eq!(events, [removed("pear"), removed("apple")]);
    ///
    /// let error = carts.undo("1", Version::NONE).await.unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "cannot undo stream `cart-1` to version 0: nothing undoes event 1, a `CartOpened`",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn undo(&self, id: impl IntoIdentifier<A::Id>, to: Version) -> UndoTo<A> {
        let (repository, stream) = (self.clone(), self.stream(id));
        UndoTo {
            repository,
            stream,
            to,
            expected: None,
            annotations: Annotations::default(),
            attempts: 16,
            durability: Durability::Memory,
        }
    }
}

impl<A: Aggregate> UndoTo<A> {
    /// Only if the aggregate is at this version, the one that the caller has seen.
    pub fn expected(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }

    /// Says who asks, what this belongs to, what caused it.
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// How many times it is tried at most, when other writers are faster; 16 unless said otherwise.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Answers only when what is recorded is as safe as this, as [`Execute::durability`](super::Execute::durability).
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    async fn run(self) -> Result<Outcome<A::Event>, UndoError> {
        let mut version = Version::NONE;
        for attempt in 1..=self.attempts {
            let after = self.repository.stored(&self.stream, self.to).await?;
            let newest = after.last();
            version = match newest {
                Some(newest) => newest.version(),
                None => self.repository.stream_version(&self.stream).await?,
            };
            if let Some(expected) = self.expected.filter(|expected| *expected != version) {
                return Err(UndoError::Moved { stream: self.stream, expected, actual: version });
            }
            if version < self.to {
                return Err(UndoError::NoSuchVersion { stream: self.stream, asked: self.to, actual: version });
            }
            let compensations = self.compensations(&after)?;
            if compensations.is_empty() {
                return Ok(Outcome { events: Vec::new(), version, attempts: attempt });
            }
            let encoded = compensations.iter().map(|(event, undone)| self.encode(event, *undone));
            let encoded = encoded.collect::<Result<_, _>>()?;
            self.repository.claims.make::<A>(&*self.repository.journal).await?;
            let mut append = Append::new(self.stream.clone(), Expected::Version(version), encoded);
            // What was read is what is undone, even where the journal has lost it meanwhile and has as many other events.
            append.after = newest.map(StoredEvent::log_id);
            append.durability = self.durability;
            match self.repository.append(append).await? {
                Verdict::Appended(appended) | Verdict::Duplicate(appended) => {
                    let (events, undone): (Vec<_>, Vec<_>) = compensations.into_iter().unzip();
                    let mut outcome = execute::outcome(&self.stream, events, appended, &self.annotations, attempt);
                    for (recorded, undone) in outcome.events.iter_mut().zip(undone) {
                        recorded.metadata.undoes = Some(undone);
                    }
                    return Ok(outcome);
                }
                // An undo has no key that something could be remembered under.
                Verdict::Remembered(what) => return Ok(self.repository.remembered(&self.stream, what, None).await?),
                Verdict::Conflict(conflict) => {
                    tell!(debug, stream = self.stream.as_str(), attempt = attempt, "another writer was faster");
                    version = conflict.actual;
                    execute::pause(attempt).await;
                }
            }
        }
        Err(UndoError::Contended { stream: self.stream, attempts: self.attempts, version })
    }

    fn encode(&self, event: &A::Event, undone: Version) -> Result<NewEvent, EncodeError> {
        let mut new = NewEvent::encoded(event)?;
        new.annotations = execute::annotations_json(&self.annotations.clone().with_undoes(undone));
        Ok(new)
    }

    /// What undoes these events, each with the version of the one that it undoes: the newest one's first.
    fn compensations(&self, after: &[StoredEvent]) -> Result<Vec<(A::Event, Version)>, UndoError> {
        let mut compensations = Vec::new();
        let mut obstacles = Vec::new();
        // What a later event, which is in force itself, has undone already.
        let mut undone = BTreeSet::new();
        // Retired events do nothing, so there is nothing to undo of them.
        for stored in after.iter().rev().filter(|stored| !stored.is_retired::<A::Event>()) {
            let Recorded { event, metadata, .. } = stored.recorded::<A::Event>()?;
            if undone.contains(&metadata.version) {
                continue;
            }
            if let Some(target) = metadata.undoes.filter(|target| *target > self.to) {
                undone.insert(target);
                continue;
            }
            let obstacle =
                |reason| Obstacle { version: metadata.version, event_type: stored.event_type().to_owned(), reason };
            match event.undo() {
                Undo::With(events) => compensations.extend(events.into_iter().map(|event| (event, metadata.version))),
                Undo::Never => obstacles.push(obstacle(ObstacleReason::Never)),
                Undo::Unsaid => obstacles.push(obstacle(ObstacleReason::Unsaid)),
            }
        }
        if obstacles.is_empty() {
            Ok(compensations)
        } else {
            Err(UndoError::Impossible { stream: self.stream.clone(), to: self.to, obstacles })
        }
    }
}

impl<A: Aggregate> IntoFuture for UndoTo<A> {
    type Output = Result<Outcome<A::Event>, UndoError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// An event that stands in the way of an undo.
///
/// ```
/// use annals::repository::{ObstacleReason, UndoError};
///
/// fn show(error: &UndoError) {
///     if let UndoError::Impossible { obstacles, .. } = error {
///         for obstacle in obstacles.iter().filter(|obstacle| obstacle.reason == ObstacleReason::Never) {
///             println!("{} is for ever: {}", obstacle.version, obstacle.event_type);
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Obstacle {
    /// Its place in the stream.
    pub version: Version,
    /// Its stored type name.
    pub event_type: String,
    /// What is in the way.
    pub reason: ObstacleReason,
}

/// Why an event cannot be undone.
///
/// ```
/// use annals::repository::ObstacleReason;
///
/// assert_ne!(ObstacleReason::Never, ObstacleReason::Unsaid);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObstacleReason {
    /// Its variant says that nothing undoes it: `#[undo(never)]`.
    Never,
    /// Its variant says nothing: it has no `#[undo(…)]`.
    Unsaid,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, event_type, reason } = self;
        match reason {
            ObstacleReason::Never => write!(f, "nothing undoes event {version}, a `{event_type}`"),
            ObstacleReason::Unsaid => {
                write!(f, "event {version}, a `{event_type}`, does not say what undoes it: it has no `#[undo(…)]`")
            }
        }
    }
}

/// Why nothing was undone. Nothing was recorded, but for [`JournalError::Unknown`], of which nobody knows, and
/// [`JournalError::Unconfirmed`], which was.
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
/// use annals::repository::UndoError;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Store::memory().repository::<Counter>();
/// counters.execute("visits", Add { amount: 2 }).await?;
/// match counters.undo("visits", Version::NONE).await.unwrap_err() {
///     UndoError::Impossible { obstacles, .. } => assert_eq!(obstacles[0].version, Version::new(1)),
///     error => return Err(error.into()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UndoError {
    /// Some events cannot be undone. React by undoing to a later version, by giving their variants an `#[undo(…)]`, or by
    /// asking for what makes up for them with a command.
    #[error("cannot undo stream `{stream}` to version {to}: {}", list(obstacles))]
    Impossible {
        /// The stream.
        stream: StreamName,
        /// The version to go back to.
        to: Version,
        /// All that stands in the way, the newest first.
        obstacles: Vec<Obstacle>,
    },
    /// The aggregate is at another version than the caller expected. React by looking at what happened since, and asking
    /// again.
    #[error("stream `{stream}` is at version {actual}, and was to be undone at version {expected}")]
    Moved {
        /// The stream.
        stream: StreamName,
        /// The version that the caller expected.
        expected: Version,
        /// The version that the stream is at.
        actual: Version,
    },
    /// The stream has not reached that version. React by asking for one that exists.
    #[error("stream `{stream}` is at version {actual}, and version {asked} was asked for")]
    NoSuchVersion {
        /// The stream.
        stream: StreamName,
        /// The version that was asked for.
        asked: Version,
        /// The version that the stream is at.
        actual: Version,
    },
    /// Other writers were faster every time. React by trying again later.
    #[error("other writers to stream `{stream}` were faster {attempts} times; it is at version {version}")]
    Contended {
        /// The stream.
        stream: StreamName,
        /// How many times it was tried.
        attempts: u32,
        /// The version that the stream is at.
        version: Version,
    },
    /// A compensating event cannot be stored. React by correcting the event's type.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The aggregate's history cannot be read. React by deploying a program that knows it.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The journal could not be read or written. React as its variant says.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl From<ReadError> for UndoError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Journal(error) => Self::Journal(error),
            ReadError::Decode(error) => Self::Decode(error),
        }
    }
}

fn list(obstacles: &[Obstacle]) -> String {
    obstacles.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
