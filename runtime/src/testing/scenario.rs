//! Given these events, when this command, then these events: a decision tested without a journal.

use super::difference::difference;
use crate::{
    journal::{AppendId, LogId, NewEvent, StoredEvent},
    model::{Aggregate, Annotations, Command, Context, Event, Existence, Metadata, Position, StreamName, Version},
};
use jiff::Timestamp;
use std::fmt::Debug;

/// Begins a scenario: these events have happened.
///
/// Events go through the codec on their way in and on their way out, so a scenario also finds what would not be read
/// back as it was written.
///
/// ```
/// use annals::{prelude::*, testing::given};
///
/// #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// enum DoorEvent {
///     Opened,
///     Closed,
/// }
///
/// #[derive(Aggregate, Default)]
/// #[aggregate(event = DoorEvent)]
/// struct Door {
///     #[on(Opened => true)]
///     #[on(Closed => false)]
///     open: bool,
/// }
///
/// #[derive(Debug, PartialEq, thiserror::Error)]
/// #[error("the door is not open")]
/// struct NotOpen;
///
/// #[derive(Command, Clone)]
/// #[command(door: Door, error = NotOpen)]
/// #[require(door.open, NotOpen)]
/// #[emit(Closed)]
/// struct Close;
///
/// given([DoorEvent::Opened]).when(Close).then([DoorEvent::Closed]);
/// given([DoorEvent::Opened, DoorEvent::Closed]).when(Close).then_rejected(NotOpen);
/// given([]).when(Close).then_not_found();
/// ```
pub fn given<E: Event>(events: impl IntoIterator<Item = E>) -> Given<E> {
    happened(events.into_iter().map(Happened::Event))
}

/// Begins a scenario: these events have happened, and are stored in these forms. Each is a stored type name, a schema
/// version and a payload, as a program of long ago may have written it, or one that is newer than this.
///
/// They are read as a repository would: through their upcasts; those of a type that the enum lists as `retired` are
/// passed over, and count as versions.
///
/// ```
/// use annals::{prelude::*, testing::given_stored};
///
/// #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// enum DoorEvent {
///     #[event(version = 2, upcast(1 => OpenedV1))]
///     Opened { centimetres: u32 },
///     Closed,
/// }
///
/// #[derive(Deserialize)]
/// struct OpenedV1 {}
///
/// impl From<OpenedV1> for DoorEvent {
///     fn from(_: OpenedV1) -> Self {
///         Self::Opened { centimetres: 90 }
///     }
/// }
///
/// #[derive(Aggregate, Default)]
/// #[aggregate(event = DoorEvent)]
/// struct Door {
///     #[on(Opened { centimetres })]
///     #[on(Closed => 0)]
///     open: u32,
/// }
///
/// #[derive(Command, Clone)]
/// #[command(door: Door)]
/// #[skip_if(door.open == 0)]
/// #[emit(Closed)]
/// struct Close;
///
/// given_stored([("DoorOpened", 1, "{}")]).when(Close).then([DoorEvent::Closed]);
/// ```
pub fn given_stored<E: Event>(events: impl IntoIterator<Item = (&'static str, u32, &'static str)>) -> Given<E> {
    let stored = |(event_type, schema_version, payload)| {
        let mut new = NewEvent::new(event_type, payload);
        new.schema_version = schema_version;
        Happened::Stored(new)
    };
    happened(events.into_iter().map(stored))
}

fn happened<E>(events: impl Iterator<Item = Happened<E>>) -> Given<E> {
    Given {
        events: events.collect(),
        id: "1".to_owned(),
        now: Timestamp::UNIX_EPOCH,
        annotations: Annotations::default(),
    }
}

/// What has happened, made by [`given`].
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// # enum DoorEvent { Opened { by: String }, Closed { at: Timestamp } }
/// # #[derive(Aggregate, Default, Debug)]
/// # #[aggregate(event = DoorEvent)]
/// # struct Door { #[on(Opened { .. } => true)] #[on(Closed { .. } => false)] open: bool }
/// # #[derive(Command, Clone)]
/// # #[command(door: Door, cx: Context)]
/// # enum DoorCommand {
/// #     #[command(creates)]
/// #     #[emit(Opened { by: cx.actor().unwrap_or("nobody").to_owned() })]
/// #     Open,
/// #     #[skip_if(!door.open)]
/// #     #[emit(Closed { at: cx.now() })]
/// #     Close,
/// # }
/// # use DoorCommand::{Close, Open};
/// # use DoorEvent::{Closed, Opened};
/// use annals::{Annotations, testing::given};
///
/// given([])
///     .id("front")
///     .annotations(Annotations::default().with_actor("ann"))
///     .when(Open)
///     .then([Opened { by: "ann".to_owned() }]);
///
/// let noon: Timestamp = "2026-11-23T12:00:00Z".parse()?;
/// given([Opened { by: "ann".to_owned() }]).now(noon).when(Close).then([Closed { at: noon }]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a scenario needs a `when` and a `then`"]
pub struct Given<E> {
    events: Vec<Happened<E>>,
    id: String,
    now: Timestamp,
    annotations: Annotations,
}

/// An event as it was given: itself, or as it is stored.
#[derive(Clone, Debug)]
enum Happened<E> {
    Event(E),
    Stored(NewEvent),
}

impl<E: Event> Given<E> {
    /// The aggregate's id; `1` unless said otherwise.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// The time of the decision, and of the events before it; the Unix epoch unless said otherwise.
    pub fn now(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// What the caller tells: the actor, the correlation and so on, as the command's context gives them.
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// Asks.
    ///
    /// # Panics
    ///
    /// When one of the given events does not come back from the codec, or is stored in a form that does not read.
    #[track_caller]
    pub fn when<C>(self, command: C) -> Decided<C>
    where
        C: Command,
        C::Aggregate: Aggregate<Event = E>,
    {
        let stream = StreamName::new(C::Aggregate::NAME, &self.id);
        let mut state = C::Aggregate::default();
        let mut version = Version::NONE;
        for event in self.events {
            version = version.next();
            let stored = match event {
                // What is of an unknown type is kept as it is, and never written.
                Happened::Event(event) if E::DESCRIPTOR.unknown == Some(event.variant_index()) => {
                    let told = Annotations::default();
                    let position = Position::from(version.number());
                    state.apply(&event, &Metadata::new(stream.clone(), version, position, self.now, told));
                    continue;
                }
                Happened::Event(event) => stored(&event, &stream, version, self.now),
                Happened::Stored(new) => as_stored(&new, &stream, version, self.now),
            };
            if !stored.is_retired::<E>() {
                let recorded =
                    stored.recorded::<E>().unwrap_or_else(|error| panic!("a given event does not read: {error}"));
                state.apply(&recorded.event, &recorded.metadata);
            }
        }
        let exists = version > Version::NONE;
        let answer = match command.existence() {
            Existence::New if exists => Answer::AlreadyExists,
            Existence::Existing if !exists => Answer::NotFound,
            Existence::New | Existence::Existing | Existence::Any => {
                match command.decide(&state, &Context::new(self.id, version, self.now, self.annotations)) {
                    Err(error) => Answer::Rejected(error),
                    Ok(events) => Answer::Decided(events),
                }
            }
        };
        Decided { answer, state, version, stream, now: self.now }
    }
}

/// An event as a journal would give it.
#[track_caller]
fn stored<E: Event>(event: &E, stream: &StreamName, version: Version, now: Timestamp) -> StoredEvent {
    let new = NewEvent::encoded(event).unwrap_or_else(|error| panic!("{error}"));
    as_stored(&new, stream, version, now)
}

#[track_caller]
fn as_stored(new: &NewEvent, stream: &StreamName, version: Version, now: Timestamp) -> StoredEvent {
    let id = LogId::new(u64::try_from(now.as_millisecond()).unwrap_or_default(), version.number());
    StoredEvent::of(new, &AppendId::fresh(), (stream, version, 0), id).unwrap_or_else(|error| panic!("{error}"))
}

#[derive(Debug)]
enum Answer<E, R> {
    Decided(Vec<E>),
    Rejected(R),
    NotFound,
    AlreadyExists,
}

impl<E: Debug, R: Debug> Answer<E, R> {
    fn describe(&self) -> String {
        match self {
            Self::Decided(events) if events.is_empty() => "nothing to do".to_owned(),
            Self::Decided(events) => format!("{events:#?}"),
            Self::Rejected(error) => format!("rejected: {error:#?}"),
            Self::NotFound => "not found: there is no such aggregate".to_owned(),
            Self::AlreadyExists => "refused: the aggregate exists already".to_owned(),
        }
    }
}

/// What was decided, made by [`Given::when`].
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// # enum DoorEvent { Opened { by: String }, Closed { at: Timestamp } }
/// # #[derive(Aggregate, Default, Debug)]
/// # #[aggregate(event = DoorEvent)]
/// # struct Door { #[on(Opened { .. } => true)] #[on(Closed { .. } => false)] open: bool }
/// # #[derive(Command, Clone)]
/// # #[command(door: Door, cx: Context)]
/// # enum DoorCommand {
/// #     #[command(creates)]
/// #     #[emit(Opened { by: cx.actor().unwrap_or("nobody").to_owned() })]
/// #     Open,
/// #     #[skip_if(!door.open)]
/// #     #[emit(Closed { at: cx.now() })]
/// #     Close,
/// # }
/// # use DoorCommand::{Close, Open};
/// # use DoorEvent::{Closed, Opened};
/// use annals::testing::given;
///
/// let opened = Opened { by: "ann".to_owned() };
/// let closed = Closed { at: Timestamp::UNIX_EPOCH };
///
/// given([opened.clone()]).when(Close).then([closed.clone()]);
/// given([opened.clone(), closed]).when(Close).then_nothing();
/// given([opened]).when(Open).then_already_exists();
/// given([]).when(Close).then_not_found();
/// ```
#[must_use = "nothing is compared without a `then`"]
pub struct Decided<C: Command> {
    answer: Answer<<C::Aggregate as Aggregate>::Event, C::Error>,
    state: C::Aggregate,
    version: Version,
    stream: StreamName,
    now: Timestamp,
}

impl<C: Command> Debug for Decided<C>
where
    <C::Aggregate as Aggregate>::Event: Debug,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decided").field("answer", &self.answer).finish_non_exhaustive()
    }
}

impl<C: Command> Decided<C>
where
    <C::Aggregate as Aggregate>::Event: Debug + PartialEq,
{
    /// These events, and no others, in this order.
    ///
    /// # Panics
    ///
    /// When it was decided otherwise, with the difference; or when an event does not come back from the codec.
    #[track_caller]
    pub fn then(mut self, expected: impl IntoIterator<Item = <C::Aggregate as Aggregate>::Event>) -> Then<C> {
        let expected: Vec<_> = expected.into_iter().collect();
        if let Answer::Decided(events) = &self.answer
            && *events == expected
        {
            for event in &expected {
                self.version = self.version.next();
                let stored = stored(event, &self.stream, self.version, self.now);
                match stored.recorded() {
                    Ok(recorded) if recorded.event == *event => self.state.apply(&recorded.event, &recorded.metadata),
                    Ok(recorded) => panic!(
                        "an event is not read back as it was written, `{}`:\n{}",
                        stored.payload(),
                        difference(&format!("{event:#?}"), &format!("{:#?}", recorded.event))
                    ),
                    Err(error) => panic!("an event is not read back: {error}"),
                }
            }
            return Then { state: self.state };
        }
        self.fail(&Answer::Decided(expected))
    }

    /// Nothing to do: success without events.
    ///
    /// # Panics
    ///
    /// When it was decided otherwise.
    #[track_caller]
    pub fn then_nothing(self) -> Then<C> {
        self.then([])
    }

    /// The command's rules refused with this error.
    ///
    /// # Panics
    ///
    /// When it was decided otherwise, with the difference.
    #[track_caller]
    pub fn then_rejected(self, expected: C::Error) -> Then<C>
    where
        C::Error: PartialEq,
    {
        match &self.answer {
            Answer::Rejected(error) if *error == expected => Then { state: self.state },
            _ => self.fail(&Answer::Rejected(expected)),
        }
    }

    /// The command needs an aggregate that exists, and there is none.
    ///
    /// # Panics
    ///
    /// When it was decided otherwise.
    #[track_caller]
    pub fn then_not_found(self) -> Then<C> {
        match &self.answer {
            Answer::NotFound => Then { state: self.state },
            _ => self.fail(&Answer::NotFound),
        }
    }

    /// The command creates an aggregate, and there is one.
    ///
    /// # Panics
    ///
    /// When it was decided otherwise.
    #[track_caller]
    pub fn then_already_exists(self) -> Then<C> {
        match &self.answer {
            Answer::AlreadyExists => Then { state: self.state },
            _ => self.fail(&Answer::AlreadyExists),
        }
    }

    #[track_caller]
    fn fail(&self, expected: &Answer<<C::Aggregate as Aggregate>::Event, C::Error>) -> ! {
        panic!(
            "`{}` was decided otherwise than expected (- expected, + found):\n{}",
            std::any::type_name::<C>(),
            difference(&expected.describe(), &self.answer.describe())
        )
    }
}

/// A scenario that came out as expected.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// # enum DoorEvent { Opened { by: String }, Closed { at: Timestamp } }
/// # #[derive(Aggregate, Default, Debug)]
/// # #[aggregate(event = DoorEvent)]
/// # struct Door { #[on(Opened { .. } => true)] #[on(Closed { .. } => false)] open: bool }
/// # #[derive(Command, Clone)]
/// # #[command(door: Door, cx: Context)]
/// # enum DoorCommand {
/// #     #[command(creates)]
/// #     #[emit(Opened { by: cx.actor().unwrap_or("nobody").to_owned() })]
/// #     Open,
/// #     #[skip_if(!door.open)]
/// #     #[emit(Closed { at: cx.now() })]
/// #     Close,
/// # }
/// # use DoorCommand::Open;
/// # use DoorEvent::Opened;
/// use annals::testing::given;
///
/// let opened = Opened { by: "nobody".to_owned() };
/// let door = given([]).when(Open).then([opened]).state();
/// assert!(door.open);
/// ```
pub struct Then<C: Command> {
    state: C::Aggregate,
}

impl<C: Command> Debug for Then<C>
where
    C::Aggregate: Debug,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Then").field("state", &self.state).finish()
    }
}

impl<C: Command> Then<C> {
    /// The state with the events that were decided, to look at.
    ///
    /// ```
    /// # use annals::{prelude::*, testing::given};
    /// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    /// # enum DoorEvent { Opened }
    /// # #[derive(Aggregate, Default)]
    /// # #[aggregate(event = DoorEvent)]
    /// # struct Door { #[on(Opened => true)] open: bool }
    /// # #[derive(Command, Clone)]
    /// # #[command(door: Door)]
    /// # #[command(creates)]
    /// # #[emit(Opened)]
    /// # struct Open;
    /// let door = given([]).when(Open).then([DoorEvent::Opened]).state();
    /// assert!(door.open);
    /// ```
    #[must_use]
    pub fn state(self) -> C::Aggregate {
        self.state
    }
}
