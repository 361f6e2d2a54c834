//! What is asked of an append, and how it is answered.

use super::{Durability, JournalError, LogId, Once, Remembered, StoredEvent, checks};
use crate::{
    codec::{self, EncodeError},
    model::{Event, Position, StreamName, Version},
};
use jiff::Timestamp;
use std::{
    borrow::Cow,
    fmt,
    ops::RangeInclusive,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Events to add to the end of one stream, all or none.
///
/// ```
/// use annals::{StreamName, Version};
/// use annals::journal::{
///     Append, AppendId, Durability, Expected, Fingerprint, IdempotencyKey, LogId, NewEvent, Once,
/// };
/// use std::time::Duration;
///
/// let events = vec![NewEvent::new("OrderConfirmed", "{}")];
/// let append = Append::new(StreamName::new("order", "1"), Expected::Version(Version::new(1)), events);
/// let append = append.with_id(AppendId::new("import-7")?).after(LogId::new(1_732_000_000_000, 41));
/// assert_eq!((append.id.as_str(), append.after.unwrap().number), ("import-7", 41));
///
/// let once = Once::new(IdempotencyKey::new("request-7")?, Fingerprint::new(1), Duration::from_secs(60));
/// let append = append.durability(Durability::Fsynced).once(once);
/// assert_eq!(append.durability, Durability::Fsynced);
/// # Ok::<(), annals::journal::JournalError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Append {
    /// The stream.
    pub stream: StreamName,
    /// What the caller knows of the stream.
    pub expected: Expected,
    /// The log id of the event at the version that is expected, where the caller knows it. After a failover the server
    /// may have another event at that version: then it is a conflict, though the version is the expected one.
    pub after: Option<LogId>,
    /// By which the append is known again when it is sent a second time.
    pub id: AppendId,
    /// The events, at least one, oldest first.
    pub events: Vec<NewEvent>,
    /// How safe they are to be before it is answered, beside what the journal asks for by itself.
    pub durability: Durability,
    /// The idempotency key of the command that led to it, where it has one: then it happens once under that key too, and
    /// is remembered under it.
    pub once: Option<Once>,
}

impl Append {
    /// An append under a fresh id.
    #[must_use]
    pub fn new(stream: StreamName, expected: Expected, events: Vec<NewEvent>) -> Self {
        Self {
            stream,
            expected,
            after: None,
            id: AppendId::fresh(),
            events,
            durability: Durability::Memory,
            once: None,
        }
    }

    /// The same append, where the event at the expected version has this log id, and nowhere else.
    #[must_use]
    pub fn after(mut self, log_id: LogId) -> Self {
        self.after = Some(log_id);
        self
    }

    /// The same append, answered only when it is as safe as this, and as the journal asks for by itself.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The same append, once under this key.
    #[must_use]
    pub fn once(mut self, once: Once) -> Self {
        self.once = Some(once);
        self
    }

    /// The same append under this id.
    #[must_use]
    pub fn with_id(mut self, id: AppendId) -> Self {
        self.id = id;
        self
    }
}

/// What an append expects of its stream. Where it is otherwise the answer is [`Verdict::Conflict`].
///
/// ```
/// use annals::{Version, journal::Expected};
///
/// assert_eq!(Expected::Version(Version::new(3)).to_string(), "version 3");
/// assert_eq!(Expected::Existing.to_string(), "at least one event");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The stream is at this version; 0 is a stream that does not exist.
    Version(Version),
    /// The stream does not exist.
    Missing,
    /// The stream exists, at whatever version.
    Existing,
    /// Anything.
    Any,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "version {version}"),
            Self::Missing => f.write_str("no events"),
            Self::Existing => f.write_str("at least one event"),
            Self::Any => f.write_str("anything"),
        }
    }
}

/// By which an append is known again: unique, short, without spaces.
///
/// One that expects a version, or no events, is known again wherever it lies: right behind what it expects. One that expects
/// anything may lie anywhere. A journal looks for it among the newest 4,096 events where the same journal has sent it before and
/// does not know what came of it, and among the newest 16 otherwise; the journal in memory knows every one.
///
/// ```
/// use annals::journal::AppendId;
///
/// assert_ne!(AppendId::fresh(), AppendId::fresh());
/// assert_eq!(AppendId::new("import-7")?.as_str(), "import-7");
/// assert!(AppendId::new("import 7").is_err());
/// # Ok::<(), annals::journal::JournalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AppendId(Arc<str>);

impl AppendId {
    /// How long an id may be, in bytes.
    const LONGEST: usize = 64;

    /// An id that nobody has used: 64 random bits of this process, and a counter.
    ///
    /// # Panics
    ///
    /// When the operating system gives no random numbers, which leaves nothing to be unique by.
    #[must_use]
    pub fn fresh() -> Self {
        static PROCESS: OnceLock<u64> = OnceLock::new();
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let process = *PROCESS.get_or_init(|| getrandom::u64().expect("the operating system gives random numbers"));
        let mut id = String::with_capacity(16);
        base64(process, 11, &mut id);
        base64(COUNT.fetch_add(1, Ordering::Relaxed), 1, &mut id);
        Self(id.into())
    }

    /// An id of the caller's own: 1 to 64 printable ASCII characters, no spaces.
    ///
    /// # Errors
    ///
    /// [`JournalError::Invalid`] where it is not that.
    pub fn new(id: &str) -> Result<Self, JournalError> {
        if (1..=Self::LONGEST).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(id.into()))
        } else {
            let (most, found) = (Self::LONGEST, codec::shortened(id));
            let reason = format!(
                "expected an append id of 1 to {most} printable characters, found `{found}` of {} bytes",
                id.len()
            );
            Err(JournalError::Invalid { reason })
        }
    }

    /// The id as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes a number in the digits of URL-safe Base64, lowest first, at least `width` of them.
fn base64(mut number: u64, width: usize, out: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut written = 0;
    while written < width || number > 0 {
        out.push(char::from(DIGITS[usize::try_from(number % 64).unwrap_or_default()]));
        number /= 64;
        written += 1;
    }
}

/// One event to append, encoded.
///
/// ```
/// use annals::journal::{AppendId, NewEvent};
///
/// let confirmed = NewEvent::new("OrderConfirmed", "{}");
/// assert_eq!(confirmed.write(&AppendId::new("import-7")?)?, "OrderConfirmed 1 import-7\n{}");
/// # Ok::<(), annals::journal::JournalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEvent {
    /// The stored type name: 1 to 128 printable ASCII characters, no spaces.
    pub event_type: Cow<'static, str>,
    /// The version of the payload's shape.
    pub schema_version: u32,
    /// What the caller tells, as a JSON object on one line; `None` where that is nothing.
    pub annotations: Option<Arc<str>>,
    /// The payload: JSON on one line.
    pub payload: String,
}

impl NewEvent {
    /// An event of schema version 1 without annotations.
    #[must_use]
    pub fn new(event_type: impl Into<Cow<'static, str>>, payload: impl Into<String>) -> Self {
        Self { event_type: event_type.into(), schema_version: 1, annotations: None, payload: payload.into() }
    }

    /// An event of a program, encoded, without annotations.
    pub(crate) fn encoded<E: Event>(event: &E) -> Result<Self, EncodeError> {
        let descriptor = event.descriptor();
        let mut new = Self::new(descriptor.event_type, codec::encode(event)?);
        new.schema_version = descriptor.schema_version;
        Ok(new)
    }

    /// The event as every engine stores it, but for the log id and the space that stand before it:
    /// `TYPE SCHEMA APPEND-ID[ ANNOTATIONS]`, a line break, and the payload.
    ///
    /// # Errors
    ///
    /// [`JournalError::Invalid`] where a part would break that form.
    pub fn write(&self, id: &AppendId) -> Result<String, JournalError> {
        let Self { event_type, schema_version, annotations, payload } = self;
        checks::event_type_is_storable(event_type)?;
        if let Some(annotations) = annotations.as_deref().filter(|text| text.is_empty() || text.contains('\n')) {
            let reason = format!(
                "expected the annotations of a `{event_type}` as one line of JSON, found `{}`",
                codec::shortened(annotations)
            );
            return Err(JournalError::Invalid { reason });
        }
        let annotated = annotations.as_deref().map_or(0, str::len);
        let mut text = String::with_capacity(event_type.len() + id.as_str().len() + annotated + payload.len() + 16);
        text.push_str(event_type);
        text.push(' ');
        match schema_version {
            1 => text.push('1'),
            version => text.push_str(&version.to_string()),
        }
        text.push(' ');
        text.push_str(id.as_str());
        if let Some(annotations) = annotations {
            text.push(' ');
            text.push_str(annotations);
        }
        text.push('\n');
        text.push_str(payload);
        Ok(text)
    }
}

/// How an append was answered.
///
/// ```
/// use annals::{StreamName, journal::{Append, Expected, Journal, MemoryJournal, NewEvent, Verdict}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let journal = MemoryJournal::new();
/// let create =
///     || Append::new(StreamName::new("order", "1"), Expected::Missing, vec![NewEvent::new("OrderCreated", "{}")]);
/// let once = create();
/// assert!(matches!(journal.append(once.clone()).await?, Verdict::Appended(_)));
/// assert!(matches!(journal.append(once).await?, Verdict::Duplicate(_)));
/// assert!(matches!(journal.append(create()).await?, Verdict::Conflict(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub enum Verdict {
    /// The events were added.
    Appended(Appended),
    /// An append under this id had added them before; nothing was changed, and this is where they lie.
    Duplicate(Appended),
    /// The stream is not as expected; nothing was changed.
    Conflict(Conflict),
    /// The command was carried out before under its idempotency key; nothing was changed, and this is what it led to.
    Remembered(Remembered),
}

/// Where appended events lie: one after another, in their stream and in the log.
///
/// ```
/// use annals::{Position, Version, journal::{Appended, LogId}};
///
/// let appended = Appended::new(0, LogId::new(1_732_000_000_000, 41), Version::new(3), 2);
/// assert_eq!(appended.versions(), Version::new(3)..=Version::new(4));
/// assert_eq!(appended.positions(), Position::from(41)..=Position::from(42));
/// assert_eq!(appended.recorded_at().to_string(), "2024-11-19T07:06:40Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Appended {
    /// The partition of the stream.
    pub partition: u16,
    /// The log id of the first event. The others follow it within the same millisecond.
    pub first: LogId,
    /// The version of the first event.
    pub first_version: Version,
    /// How many events there are, at least one.
    pub count: u32,
}

impl Appended {
    /// Where `count` events lie, the first at this version and log id.
    #[must_use]
    pub fn new(partition: u16, first: LogId, first_version: Version, count: u32) -> Self {
        Self { partition, first, first_version, count }
    }

    fn further(&self) -> u64 {
        u64::from(self.count.saturating_sub(1))
    }

    /// The versions that the events got.
    #[must_use]
    pub fn versions(&self) -> RangeInclusive<Version> {
        self.first_version..=self.first_version.after(self.further())
    }

    /// The positions that the events got: the first and the last.
    #[must_use]
    pub fn positions(&self) -> RangeInclusive<Position> {
        let position = |number| Position::new(self.partition, number);
        position(self.first.number)..=position(self.first.number.saturating_add(self.further()))
    }

    /// When they were recorded, by the journal's clock.
    #[must_use]
    pub fn recorded_at(&self) -> Timestamp {
        super::stored::timestamp(self.first.millis)
    }
}

/// What stood in the way of an append.
///
/// ```
/// use annals::{StreamName, Version, journal::{Append, Conflict, Expected, Journal, MemoryJournal, NewEvent, Verdict}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let journal = MemoryJournal::new();
/// let order = StreamName::new("order", "1");
/// let events = vec![NewEvent::new("OrderCreated", "{}"), NewEvent::new("OrderConfirmed", "{}")];
/// # let _ =
/// journal.append(Append::new(order.clone(), Expected::Missing, events)).await?;
///
/// let stale = Append::new(order, Expected::Version(Version::new(1)), vec![NewEvent::new("OrderCancelled", "{}")]);
/// if let Verdict::Conflict(conflict) = journal.append(stale).await? {
///     assert_eq!(conflict.actual, Version::new(2));
///     assert_eq!(conflict.missed[0].event_type(), "OrderConfirmed");
///     assert!(conflict.missed.len() <= Conflict::MOST_MISSED);
/// }
///
/// // An engine says so of a stream that is shorter than was expected:
/// let shorter = Conflict::new(Version::new(1), Vec::new());
/// # assert_eq!(shorter.actual, Version::new(1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Conflict {
    /// The version that the stream is at.
    pub actual: Version,
    /// The events after the expected version, oldest first, so that the caller can fold them in and decide again.
    ///
    /// Where many were missed, these are the first of them: the last one's version is then below `actual`, and the
    /// rest is to be read. Empty where the stream is shorter than expected, and where its history is another one.
    pub missed: Vec<StoredEvent>,
    /// Whether the event at the expected version is not the one that the append [named](Append::after): the journal has
    /// another history than the caller knows, and is to be read anew.
    pub rewound: bool,
}

impl Conflict {
    /// How many missed events a conflict brings at most.
    pub const MOST_MISSED: usize = 1_000;

    /// A stream at this version, and the events that the caller missed.
    #[must_use]
    pub fn new(actual: Version, missed: Vec<StoredEvent>) -> Self {
        Self { actual, missed, rewound: false }
    }

    /// A stream at this version whose history is another one than the caller knows.
    ///
    /// ```
    /// # use annals::{Version, journal::Conflict};
    /// let conflict = Conflict::rewound(Version::new(3));
    /// assert!(conflict.rewound && conflict.missed.is_empty());
    /// ```
    #[must_use]
    pub fn rewound(actual: Version) -> Self {
        Self { actual, missed: Vec::new(), rewound: true }
    }
}
