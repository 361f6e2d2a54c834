//! Asking an aggregate: load, decide, append; where another writer was faster, take in what was missed and decide again.

use super::{
    ExecuteError, Loaded, ReadError, Repository,
    folded::Held,
    loading::Current,
    once::{Asked, is_among},
};
use crate::{
    codec,
    journal::{Append, AppendId, Appended, Conflict, Durability, Expected, NewEvent, Once, Remembered, Verdict},
    model::{
        Aggregate, Annotations, Command, Context, Cursor, Event, Existence, Metadata, Position, Recorded, StreamName,
        Version,
    },
    trace::{span, tell},
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::{fmt, future::IntoFuture, sync::Arc, time::Duration};

/// Where a command begins.
enum Begin<C: Command> {
    /// With this state.
    Current(Current<C::Aggregate>),
    /// It was carried out before.
    Done(Outcome<EventOf<C>>),
}

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
    durability: Durability,
    once: Option<Asked>,
    append_id: Option<AppendId>,
}

impl<C: Command> fmt::Debug for Execute<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute")
            .field("repository", &self.repository)
            .field("id", &self.id)
            .field("annotations", &self.annotations)
            .field("attempts", &self.attempts)
            .field("durability", &self.durability)
            .field("append_id", &self.append_id)
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
/// assert_eq!(outcome.token().position(0), outcome.position());
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
    /// How many times the command was decided: once, and once more for each time that another writer was faster; 0 where it
    /// had been carried out before.
    pub attempts: u32,
}

impl<E> Outcome<E> {
    /// The position of the last event that was recorded.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.events.last().map(|event| event.metadata.position)
    }

    /// The place in the log that contains all of it: whoever waits until a read model has come there
    /// ([`Projector::wait_until`](crate::projector::Projector::wait_until)) reads what was written. The log's start, where
    /// there was nothing to do.
    #[must_use]
    pub fn token(&self) -> Cursor {
        self.position().map_or_else(Cursor::start, Cursor::from)
    }
}

impl<C: Command> Execute<C> {
    pub(super) fn new(repository: Repository<C::Aggregate>, id: String, command: C) -> Self {
        Self {
            repository,
            id,
            command,
            annotations: Annotations::default(),
            attempts: 16,
            durability: Durability::Memory,
            once: None,
            append_id: None,
        }
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

    /// Answers only when what is recorded is as safe as this, and as the store makes everything: the store's own
    /// [durability](crate::StoreOptions::durability) can be raised here, not lowered.
    ///
    /// What is recorded and not so safe in time is [`JournalError::Unconfirmed`](crate::journal::JournalError::Unconfirmed).
    ///
    /// ```
    /// use annals::{journal::Durability, prelude::*, repository::Repository};
    ///
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum AccountEvent { Paid { amount: u64 } }
    /// # #[derive(Aggregate, Default)]
    /// # #[aggregate(event = AccountEvent)]
    /// # struct Account { #[on(Paid { amount } => += *amount)] total: u64 }
    /// # #[derive(Command, Clone)]
    /// # #[command(account: Account)]
    /// # #[command(any)]
    /// # #[emit(Paid { amount })]
    /// # struct Pay { amount: u64 }
    /// async fn pay(accounts: &Repository<Account>) -> Result<(), Box<dyn std::error::Error>> {
    ///     accounts.execute("7", Pay { amount: 1_000_000 }).durability(Durability::ReplicatedFsynced(1)).await?;
    ///     Ok(())
    /// }
    /// ```
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Carries the command out once under this key, however often and wherever it is asked: for as long as the
    /// [key is kept](crate::StoreOptions::keep_keys), the same key gives the same outcome, and nothing is decided again.
    ///
    /// What is kept is what a command led to: the events that it recorded, or that there was nothing to do. A refusal is
    /// not kept, since it records nothing; the command is decided anew when it is asked again. Another command under the
    /// same key (to another aggregate, of another type, or with other content, by its JSON) is
    /// [`JournalError::KeyTaken`](crate::journal::JournalError::KeyTaken).
    ///
    /// ```
    /// use annals::prelude::*;
    ///
    /// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq, Clone)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// # #[derive(Aggregate, Default)]
    /// # #[aggregate(event = CounterEvent)]
    /// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
    /// #[derive(Command, Clone, Serialize)]
    /// #[command(counter: Counter)]
    /// #[command(any)]
    /// #[emit(Added { amount })]
    /// struct Add {
    ///     amount: u64,
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let counters = Store::memory().repository::<Counter>();
    /// let first = counters.execute("visits", Add { amount: 2 }).idempotency_key("request-7").await?;
    /// let again = counters.execute("visits", Add { amount: 2 }).idempotency_key("request-7").await?;
    /// assert_eq!((again.events, again.attempts), (first.events, 0));
    /// assert_eq!(counters.load("visits").await?.state.total, 2);
    ///
    /// let other = counters.execute("visits", Add { amount: 3 }).idempotency_key("request-7").await;
    /// assert!(other.unwrap_err().to_string().contains("is that of another command"));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn idempotency_key(mut self, key: &str) -> Self
    where
        C: serde::Serialize,
    {
        self.once = Some(Asked::new(key, &self.command));
        self
    }

    /// Asks again what became [unknown](crate::journal::JournalError::Unknown): under the append id that the error names.
    ///
    /// Where that append happened, its events are the outcome, and nothing is decided; otherwise the command is decided and
    /// recorded under this id, once.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq, Clone)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// # #[derive(Aggregate, Default)]
    /// # #[aggregate(event = CounterEvent)]
    /// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
    /// # #[derive(Command, Clone)]
    /// # #[command(counter: Counter)]
    /// # #[command(any)]
    /// # #[emit(Added { amount })]
    /// # struct Add { amount: u64 }
    /// use annals::{journal::JournalError, repository::{ExecuteError, Repository}};
    ///
    /// # type Refused = std::convert::Infallible;
    /// async fn add(counters: &Repository<Counter>, add: Add) -> Result<(), ExecuteError<Refused>> {
    ///     match counters.execute("visits", add.clone()).await {
    ///         Err(ExecuteError::Journal(JournalError::Unknown { id, .. })) => {
    ///             counters.execute("visits", add).append_id(id).await.map(drop)
    ///         }
    ///         answer => answer.map(drop),
    ///     }
    /// }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let counters = Store::memory().repository::<Counter>();
    /// # add(&counters, Add { amount: 2 }).await.unwrap();
    /// # });
    /// ```
    pub fn append_id(mut self, id: AppendId) -> Self {
        self.append_id = Some(id);
        self
    }

    async fn run(self) -> Result<Outcome<EventOf<C>>, ExecuteError<C::Error>> {
        let stream = StreamName::new(C::Aggregate::NAME, &self.id);
        let annotations = annotations_json(&self.annotations);
        let once = self.once.as_ref().map(|asked| asked.of(&stream, self.repository.keep_keys)).transpose()?;
        let (mut held, mut fresh) = match self.begin(&stream, once.as_ref()).await? {
            Begin::Current(Current { held, fresh }) => (held, fresh),
            Begin::Done(outcome) => return Ok(outcome),
        };
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
                    return self.nothing(&stream, once, held.loaded.version, attempt).await;
                }
            };
            let append = self.append(&stream, &held, encode(&events, annotations.as_ref())?, once.clone());
            self.repository.claims.make::<C::Aggregate>(&*self.repository.journal).await?;
            let written = self.repository.cache.is_some().then(|| append.clone());
            match self.repository.append(append).await? {
                Verdict::Appended(appended) | Verdict::Duplicate(appended) => {
                    let outcome = outcome(&stream, events, appended, &self.annotations, attempt);
                    let snapshot = held.snapshot;
                    if let Some(written) = written {
                        self.repository.take_on(held, &written, appended);
                    }
                    self.repository.after_command(&stream, snapshot, outcome.version).await;
                    return Ok(outcome);
                }
                Verdict::Remembered(what) => return Ok(self.repository.remembered(&stream, what, None).await?),
                Verdict::Conflict(conflict) => {
                    let came = self.append_id.as_ref().is_some_and(|id| is_among(id, &conflict.missed));
                    held = self.take_in(&stream, held, conflict).await?;
                    // What was asked before and had not arrived yet has come meanwhile.
                    if came && let Some(outcome) = self.asked_before(&stream, held.loaded.version).await? {
                        return Ok(outcome);
                    }
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

    /// The state to decide on, or what is known to have been decided before.
    async fn begin(&self, stream: &StreamName, once: Option<&Once>) -> Result<Begin<C>, ReadError> {
        let repository = &self.repository;
        let current = match once {
            None => repository.current(stream).await?,
            // Both in one trip.
            Some(once) => {
                let recalled = repository.journal.recall(stream, once);
                let (recalled, current) = futures_util::future::join(recalled, repository.current(stream)).await;
                if let Some(what) = recalled? {
                    let durability = Some(self.durability);
                    return Ok(Begin::Done(repository.remembered(stream, what, durability).await?));
                }
                current?
            }
        };
        if self.append_id.is_some() {
            let (held, _) =
                if current.fresh { (current.held, true) } else { repository.refresh(stream, current.held).await? };
            return Ok(match self.asked_before(stream, held.loaded.version).await? {
                Some(outcome) => Begin::Done(outcome),
                None => Begin::Current(Current { held, fresh: true }),
            });
        }
        Ok(Begin::Current(current))
    }

    /// What the append that is asked about led to, if it is in the stream, which is at this version.
    async fn asked_before(
        &self,
        stream: &StreamName,
        version: Version,
    ) -> Result<Option<Outcome<EventOf<C>>>, ReadError> {
        let Some(id) = &self.append_id else { return Ok(None) };
        self.repository.appended_under(stream, id, version, self.durability).await
    }

    /// The outcome where there was nothing to do.
    async fn nothing(
        &self,
        stream: &StreamName,
        once: Option<Once>,
        version: Version,
        attempts: u32,
    ) -> Result<Outcome<EventOf<C>>, ExecuteError<C::Error>> {
        if let Some(once) = once {
            let what = self.repository.journal.remember(stream, once, version).await?;
            if what != (Remembered::Nothing { version }) {
                return Ok(self.repository.remembered(stream, what, Some(self.durability)).await?);
            }
        }
        Ok(Outcome { events: Vec::new(), version, attempts })
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
    fn append(
        &self,
        stream: &StreamName,
        held: &Held<C::Aggregate>,
        events: Vec<NewEvent>,
        once: Option<Once>,
    ) -> Append {
        let mut append = Append::new(stream.clone(), Expected::Version(held.loaded.version), events);
        append.after = held.log_id;
        append.durability = self.durability;
        append.once = once;
        if let Some(id) = &self.append_id {
            append.id = id.clone();
        }
        append
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
        Box::pin(async move {
            let (stream, id) = (StreamName::new(C::Aggregate::NAME, &self.id), self.append_id.is_some());
            let span = span!(
                INFO,
                "execute",
                { aggregate = C::Aggregate::NAME, stream = stream.as_str(), asks_again = id },
                [attempts, version, events, outcome]
            );
            let answer = span.run(self.run()).await;
            match &answer {
                Ok(Outcome { events, version, attempts }) => {
                    span.number("attempts", (*attempts).into());
                    span.number("version", version.number());
                    span.number("events", events.len() as u64);
                    span.text("outcome", if events.is_empty() { "nothing" } else { "recorded" });
                }
                Err(error) => span.text("outcome", error.kind()),
            }
            answer
        })
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
