//! Asking an aggregate: load, decide, append; where another writer was faster, take in what was missed and decide again.

use super::{ExecuteError, Loaded, ReadError, Repository, folded::Held, loading::Current};
use crate::{
    codec,
    journal::{Append, Appended, Conflict, Expected, NewEvent, Verdict},
    model::{
        Aggregate, Annotations, Command, Context, Event, Existence, Metadata, Position, Recorded, StreamName, Version,
    },
    trace::tell,
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::{fmt, future::IntoFuture, sync::Arc, time::Duration};

type EventOf<C> = <<C as Command>::Aggregate as Aggregate>::Event;

/// A command under way, made by [`Repository::execute`]. Await it for its [`Outcome`].
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
/// use annals::Annotations;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Store::memory().repository::<Counter>();
/// let first = counters
///     .execute("visits", Add { amount: 2 })
///     .actor("clerk-7")
///     .correlation("request-1")
///     .causation("a click")
///     .entry("channel", "shop")
///     .attempts(3)
///     .await?;
///
/// // What the first event led to:
/// let cause = &first.events[0].metadata;
/// let second = counters.execute("echoes", Add { amount: 1 }).caused_by(cause).await?;
/// assert_eq!(second.events[0].metadata.correlation.as_deref(), Some("request-1"));
/// assert_eq!(second.events[0].metadata.causation.as_deref(), Some("counter-visits@1"));
///
/// let told = Annotations::default().with_actor("clerk-7");
/// counters.execute("visits", Add { amount: 1 }).annotations(told).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens until it is awaited"]
pub struct Execute<C: Command> {
    repository: Repository<C::Aggregate>,
    id: String,
    command: C,
    annotations: Annotations,
    attempts: u32,
}

impl<C: Command> fmt::Debug for Execute<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute")
            .field("repository", &self.repository)
            .field("id", &self.id)
            .field("annotations", &self.annotations)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// What a command led to.
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
/// let counters = Store::memory().repository::<Counter>();
/// let outcome = counters.execute("visits", Add { amount: 2 }).await?;
/// assert_eq!(outcome.events[0].event, CounterEvent::Added { amount: 2 });
/// assert_eq!((outcome.version, outcome.position()), (Version::new(1), Some(Position::from(1))));
/// assert_eq!(outcome.attempts, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outcome<E> {
    /// The events that were recorded, with their versions and positions; none where there was nothing to do.
    pub events: Vec<Recorded<E>>,
    /// The version that the aggregate is at with them.
    pub version: Version,
    /// How many times the command was decided: once, and once more for each time that another writer was faster.
    pub attempts: u32,
}

impl<E> Outcome<E> {
    /// The position of the last event that was recorded.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.events.last().map(|event| event.metadata.position)
    }
}

impl<C: Command> Execute<C> {
    pub(super) fn new(repository: Repository<C::Aggregate>, id: String, command: C) -> Self {
        Self { repository, id, command, annotations: Annotations::default(), attempts: 16 }
    }

    /// Says who asks.
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.annotations = self.annotations.with_actor(actor);
        self
    }

    /// Says what this belongs to.
    pub fn correlation(mut self, correlation: impl Into<String>) -> Self {
        self.annotations = self.annotations.with_correlation(correlation);
        self
    }

    /// Says what caused this, in a name of the caller's own. Where it was an event, use
    /// [`caused_by`](Self::caused_by).
    pub fn causation(mut self, causation: impl Into<String>) -> Self {
        self.annotations = self.annotations.with_causation(causation);
        self
    }

    /// Carries on the story of the event that caused this: its correlation, and the event as causation.
    pub fn caused_by(mut self, cause: &Metadata) -> Self {
        self.annotations = self.annotations.caused_by(cause);
        self
    }

    /// Adds an entry of the caller's own.
    pub fn entry(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations = self.annotations.with_entry(name, value);
        self
    }

    /// Tells all of this at once, in place of what was told before.
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// How many times the command is decided at most, when other writers are faster; 16 unless said otherwise.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    async fn run(self) -> Result<Outcome<EventOf<C>>, ExecuteError<C::Error>> {
        let stream = StreamName::new(C::Aggregate::NAME, &self.id);
        let annotations = annotations_json(&self.annotations);
        let Current { mut held, mut fresh } = self.repository.current(&stream).await?;
        let mut attempt = 1;
        loop {
            let events = match self.decide(&stream, &held) {
                Ok(events) if !events.is_empty() => events,
                answer => {
                    if !fresh {
                        // Whether it holds is known only when nothing was missed.
                        let unchanged;
                        (held, unchanged) = self.repository.refresh(&stream, held).await?;
                        fresh = true;
                        if !unchanged {
                            continue;
                        }
                    }
                    answer?;
                    return Ok(Outcome { events: Vec::new(), version: held.loaded.version, attempts: attempt });
                }
            };
            let append = Self::append(&stream, &held, encode(&events, annotations.as_ref())?);
            self.repository.claims.make::<C::Aggregate>(&*self.repository.journal).await?;
            let written = self.repository.cache.is_some().then(|| append.clone());
            match self.repository.journal.append(append).await? {
                Verdict::Appended(appended) | Verdict::Duplicate(appended) => {
                    let outcome = outcome(&stream, events, appended, &self.annotations, attempt);
                    let snapshot = held.snapshot;
                    if let Some(written) = written {
                        self.repository.take_on(held, &written, appended);
                    }
                    self.repository.after_command(&stream, snapshot, outcome.version).await;
                    return Ok(outcome);
                }
                Verdict::Conflict(conflict) => {
                    held = self.take_in(&stream, held, conflict).await?;
                    // A state that was at hand may have been behind before this command came: that is no attempt.
                    if std::mem::replace(&mut fresh, true) {
                        tell!(debug, stream = stream.as_str(), attempt = attempt, "another writer was faster");
                        if attempt == self.attempts {
                            let version = held.loaded.version;
                            return Err(ExecuteError::Contended { stream, attempts: self.attempts, version });
                        }
                        pause(attempt).await;
                        attempt += 1;
                    }
                }
            }
        }
    }

    /// What the command leads to in this state.
    fn decide(
        &self,
        stream: &StreamName,
        held: &Held<C::Aggregate>,
    ) -> Result<Vec<EventOf<C>>, ExecuteError<C::Error>> {
        let Loaded { state, version } = &held.loaded;
        check_existence(self.command.existence(), stream, *version)?;
        let context = Context::new(self.id.clone(), *version, Timestamp::now(), self.annotations.clone());
        self.command.clone().decide(state, &context).map_err(ExecuteError::Rejected)
    }

    /// The append of what was decided in this state.
    fn append(stream: &StreamName, held: &Held<C::Aggregate>, events: Vec<NewEvent>) -> Append {
        let append = Append::new(stream.clone(), Expected::Version(held.loaded.version), events);
        match held.log_id {
            Some(log_id) => append.after(log_id),
            None => append,
        }
    }

    /// The state with what was missed.
    async fn take_in(
        &self,
        stream: &StreamName,
        held: Held<C::Aggregate>,
        conflict: Conflict,
    ) -> Result<Held<C::Aggregate>, ReadError> {
        let repository = &self.repository;
        let mut folded = repository.own(stream, held);
        if conflict.rewound || conflict.actual < folded.loaded.version {
            // The journal has other events than were loaded from it: it is another history, so this state is of no use.
            tell!(warn, stream = stream.as_str(), "another history than was known; the state is loaded anew");
            return Ok(repository.keep(stream, repository.load_folded(stream).await?));
        }
        for missed in &conflict.missed {
            folded.apply(missed)?;
        }
        if folded.loaded.version < conflict.actual {
            folded = repository.catch_up_folded(stream, folded).await?;
        }
        Ok(repository.keep(stream, folded))
    }
}

impl<C: Command> IntoFuture for Execute<C> {
    type Output = Result<Outcome<EventOf<C>>, ExecuteError<C::Error>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Whether a command may be decided on a stream at this version.
pub(super) fn check_existence<R: std::error::Error + 'static>(
    existence: Existence,
    stream: &StreamName,
    version: Version,
) -> Result<(), ExecuteError<R>> {
    let exists = version > Version::NONE;
    match existence {
        Existence::New if exists => Err(ExecuteError::AlreadyExists { stream: stream.clone(), version }),
        Existence::Existing if !exists => Err(ExecuteError::NotFound { stream: stream.clone() }),
        Existence::New | Existence::Existing | Existence::Any => Ok(()),
    }
}

/// What is told beside every event, as it is stored: nothing where nothing is told.
pub(super) fn annotations_json(annotations: &Annotations) -> Option<Arc<str>> {
    // Strings and a map of strings always have a JSON form.
    if annotations.is_empty() { None } else { serde_json::to_string(annotations).ok().map(Into::into) }
}

fn encode<E: Event>(events: &[E], annotations: Option<&Arc<str>>) -> Result<Vec<NewEvent>, codec::EncodeError> {
    events
        .iter()
        .map(|event| {
            let mut new = NewEvent::encoded(event)?;
            new.annotations = annotations.cloned();
            Ok(new)
        })
        .collect()
}

pub(super) fn outcome<E>(
    stream: &StreamName,
    events: Vec<E>,
    appended: Appended,
    annotations: &Annotations,
    attempts: u32,
) -> Outcome<E> {
    let recorded_at = appended.recorded_at();
    let places = (appended.first_version.number()..).zip(appended.first.number..);
    let events: Vec<_> = events
        .into_iter()
        .zip(places)
        .map(|(event, (version, number))| {
            let position = Position::new(appended.partition, number);
            let version = Version::new(version);
            Recorded::new(event, Metadata::new(stream.clone(), version, position, recorded_at, annotations.clone()))
        })
        .collect();
    Outcome { events, version: *appended.versions().end(), attempts }
}

/// Waits a moment before the next attempt: longer the more there were, and never as long as the other writers.
pub(super) async fn pause(attempt: u32) {
    const LONGEST: Duration = Duration::from_millis(50);
    let longest = Duration::from_millis(1 << attempt.min(6)).min(LONGEST);
    tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
}
