//! What may be asked of an aggregate, and what is known while deciding.

use super::{Aggregate, Annotations, Version};
use jiff::Timestamp;
use std::error::Error;

/// A request that an aggregate answers with events or a rejection. Usually derived: `#[derive(Command)]`.
///
/// A decision is pure: it reads the state and the context and does nothing else, since it is made again when another
/// writer was faster. That is also why a command is [`Clone`].
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
/// use annals::{Command, Context, Existence};
///
/// #[derive(Clone)]
/// struct Add(u64);
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("{0} is more than is left")]
/// struct TooMuch(u64);
///
/// impl Command for Add {
///     type Aggregate = Counter;
///     type Error = TooMuch;
///
///     fn existence(&self) -> Existence {
///         Existence::Any
///     }
///
///     fn decide(self, counter: &Counter, _: &Context) -> Result<Vec<CounterEvent>, TooMuch> {
///         if counter.total + self.0 > 100 { Err(TooMuch(self.0)) } else { Ok(vec![CounterEvent::Added { amount: self.0 }]) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "expected a type with `#[derive(Command)]`"
)]
pub trait Command: Clone + Send + Sync + 'static {
    /// The aggregate that is asked.
    type Aggregate: Aggregate;
    /// Why it may refuse.
    type Error: Error + Send + Sync + 'static;

    /// Whether the aggregate must exist already, must not, or may.
    fn existence(&self) -> Existence;

    /// Decides: the events that happen, none where there is nothing to do, or the reason for refusing.
    ///
    /// # Errors
    ///
    /// When the state does not allow what is asked.
    fn decide(
        self,
        state: &Self::Aggregate,
        context: &Context,
    ) -> Result<Vec<<Self::Aggregate as Aggregate>::Event>, Self::Error>;
}

/// A command that carries the id of its aggregate: a field with `#[command(id)]`.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum NoteEvent { Read }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = NoteEvent, id = u64)]
/// # struct Note { #[on(Read => += 1)] reads: u32 }
/// use annals::Targeted;
///
/// #[derive(Command, Clone)]
/// #[command(note: Note)]
/// #[emit(Read)]
/// struct Read {
///     #[command(id)]
///     note_id: u64,
/// }
///
/// assert_eq!(Read { note_id: 7 }.target(), 7);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which aggregate it is for",
    label = "has no field with `#[command(id)]`",
    note = "execute it through a repository, with the id beside it: `store.repository::<A>().execute(id, command)`"
)]
pub trait Targeted: Command {
    /// The id of the aggregate that is asked.
    fn target(&self) -> <Self::Aggregate as Aggregate>::Id;
}

/// What a command expects of its aggregate before it is decided.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum NoteEvent { Written, Read }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = NoteEvent, ignore(Written))]
/// # struct Note { #[on(Read => += 1)] reads: u32 }
/// use annals::Existence;
///
/// #[derive(Command, Clone)]
/// #[command(note: Note)]
/// enum NoteCommand {
///     #[command(creates)]
///     #[emit(Written)]
///     Write,
///     #[emit(Read)]
///     Read,
/// }
///
/// assert_eq!(NoteCommand::Write.existence(), Existence::New);
/// assert_eq!(NoteCommand::Read.existence(), Existence::Existing);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existence {
    /// There must be no event yet: `#[command(creates)]`.
    New,
    /// There must be one: the default.
    Existing,
    /// Either: `#[command(any)]`.
    Any,
}

/// What is known while a command is decided, beside the state.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, PartialEq, Debug)]
/// # enum NoteEvent { Written { by: String } }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = NoteEvent)]
/// # struct Note { #[on(Written { by })] by: String }
/// #[derive(Command, Clone)]
/// #[command(note: Note, cx: Context)]
/// #[command(any)]
/// #[emit(Written { by: cx.actor().unwrap_or("nobody").to_owned() })]
/// struct Write;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    aggregate_id: String,
    version: Version,
    now: Timestamp,
    annotations: Annotations,
}

impl Context {
    /// The context of a decision about the aggregate `aggregate_id` at `version`.
    ///
    /// ```
    /// use annals::{Annotations, Context, Timestamp, Version};
    ///
    /// let told = Annotations::default()
    ///     .with_correlation("request-1")
    ///     .with_causation("order-1@3")
    ///     .with_entry("channel", "phone");
    /// let context = Context::new("7", Version::new(2), Timestamp::UNIX_EPOCH, told);
    /// assert_eq!((context.aggregate_id(), context.version()), ("7", Version::new(2)));
    /// assert_eq!((context.now(), context.actor()), (Timestamp::UNIX_EPOCH, None));
    /// assert_eq!((context.correlation(), context.causation()), (Some("request-1"), Some("order-1@3")));
    /// assert_eq!(context.entry("channel"), Some("phone"));
    /// ```
    #[must_use]
    pub fn new(aggregate_id: impl Into<String>, version: Version, now: Timestamp, annotations: Annotations) -> Self {
        Self { aggregate_id: aggregate_id.into(), version, now, annotations }
    }

    /// The aggregate's id, as it is stored.
    #[must_use]
    pub fn aggregate_id(&self) -> &str {
        &self.aggregate_id
    }

    /// The version of the state that is decided on.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The time of the decision, by this program's clock. The events' own time is the journal's.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Who asks.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        self.annotations.actor.as_deref()
    }

    /// What the request belongs to.
    #[must_use]
    pub fn correlation(&self) -> Option<&str> {
        self.annotations.correlation.as_deref()
    }

    /// What caused the request.
    #[must_use]
    pub fn causation(&self) -> Option<&str> {
        self.annotations.causation.as_deref()
    }

    /// The caller's own entry under this name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&str> {
        self.annotations.entries.get(name).map(String::as_str)
    }
}

/// What a handler may return: an event, an `Option`, a `Vec` or an array of events, or a `Result` of these.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
/// use annals::IntoDecision;
///
/// impl Counter {
///     fn fill(&self, up_to: u64) -> Option<CounterEvent> {
///         (self.total < up_to).then(|| CounterEvent::Added { amount: up_to - self.total })
///     }
/// }
///
/// #[derive(Command, Clone)]
/// #[command(counter: Counter)]
/// #[handler(Counter::fill)]
/// struct Fill {
///     up_to: u64,
/// }
///
/// // What generated code does with it:
/// let decision: Result<Vec<CounterEvent>, String> = Counter { total: 98 }.fill(100).into_decision();
/// assert_eq!(decision, Ok(vec![CounterEvent::Added { amount: 2 }]));
/// ```
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    label = "expected an event of the aggregate, `Option`, `Vec` or an array of them, or a `Result` of these",
    note = "expected the event `{E}`, and `{R}` where it fails"
)]
pub trait IntoDecision<E, R> {
    /// The events, or the rejection.
    ///
    /// # Errors
    ///
    /// When the handler refused.
    fn into_decision(self) -> Result<Vec<E>, R>;
}

impl<E, R> IntoDecision<E, R> for E {
    fn into_decision(self) -> Result<Vec<E>, R> {
        Ok(vec![self])
    }
}

impl<E, R> IntoDecision<E, R> for Option<E> {
    fn into_decision(self) -> Result<Vec<E>, R> {
        Ok(self.into_iter().collect())
    }
}

impl<E, R> IntoDecision<E, R> for Vec<E> {
    fn into_decision(self) -> Result<Vec<E>, R> {
        Ok(self)
    }
}

impl<E, R, const N: usize> IntoDecision<E, R> for [E; N] {
    fn into_decision(self) -> Result<Vec<E>, R> {
        Ok(self.into())
    }
}

impl<T, R, E: Into<R>> IntoDecision<T, R> for Result<T, E> {
    fn into_decision(self) -> Result<Vec<T>, R> {
        self.map(|event| vec![event]).map_err(Into::into)
    }
}

impl<E, R, X: Into<R>> IntoDecision<E, R> for Result<Option<E>, X> {
    fn into_decision(self) -> Result<Vec<E>, R> {
        self.map(|event| event.into_iter().collect()).map_err(Into::into)
    }
}

impl<E, R, X: Into<R>> IntoDecision<E, R> for Result<Vec<E>, X> {
    fn into_decision(self) -> Result<Vec<E>, R> {
        self.map_err(Into::into)
    }
}

impl<E, R, X: Into<R>, const N: usize> IntoDecision<E, R> for Result<[E; N], X> {
    fn into_decision(self) -> Result<Vec<E>, R> {
        self.map(Into::into).map_err(Into::into)
    }
}
