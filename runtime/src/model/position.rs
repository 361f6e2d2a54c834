//! The place of an event in the log, and how far a reader has come.

use super::{Fingerprint, Metadata};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// The place of an event in the log of its partition: 1, 2, 3, … without gaps.
///
/// A journal has one partition unless it was made with more; positions of different partitions are not ordered
/// among each other, so [`PartialOrd`] answers `None` for them.
///
/// ```
/// use annals::Position;
///
/// let here = Position::new(0, 41);
/// assert_eq!(here.to_string(), "41");
/// assert!(here < Position::new(0, 42));
/// assert_eq!(here.partial_cmp(&Position::new(1, 42)), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Position {
    partition: u16,
    number: u64,
}

impl Position {
    /// The position `number` of `partition`. The first event of a partition has number 1.
    #[must_use]
    pub const fn new(partition: u16, number: u64) -> Self {
        Self { partition, number }
    }

    /// The partition, counted from 0.
    ///
    /// ```
    /// # use annals::Position;
    /// let here = Position::new(3, 41);
    /// assert_eq!((here.partition(), here.number()), (3, 41));
    /// ```
    #[must_use]
    pub const fn partition(self) -> u16 {
        self.partition
    }

    /// The number within the partition, counted from 1.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.number
    }
}

impl From<u64> for Position {
    /// The position with this number in partition 0: the only one of a journal that was not made with more.
    fn from(number: u64) -> Self {
        Self::new(0, number)
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (self.partition == other.partition).then(|| self.number.cmp(&other.number))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.partition {
            0 => write!(f, "{}", self.number),
            partition => write!(f, "{} of partition {partition}", self.number),
        }
    }
}

/// The id of a log entry, `MILLISECONDS-POSITION`: when it was appended and where it lies.
///
/// The milliseconds are the server's clock at the append (Unix time), kept from running backwards within a partition.
///
/// ```
/// use annals::journal::LogId;
///
/// let id: LogId = "1732000000000-41".parse()?;
/// assert_eq!((id.millis, id.number), (1_732_000_000_000, 41));
/// assert_eq!(id.to_string(), "1732000000000-41");
/// # Ok::<(), annals::journal::ParseLogIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId {
    /// Milliseconds since the Unix epoch.
    pub millis: u64,
    /// The position's number within the partition.
    pub number: u64,
}

impl LogId {
    /// The log id with these parts.
    ///
    /// ```
    /// # use annals::journal::LogId;
    /// assert!(LogId::new(1_732_000_000_000, 41) < LogId::new(1_732_000_000_000, 42));
    /// ```
    #[must_use]
    pub const fn new(millis: u64, number: u64) -> Self {
        Self { millis, number }
    }

    /// Reads a log id: each half digits alone.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let dash = text.iter().position(|&byte| byte == b'-')?;
        let number = |digits: &[u8]| {
            let number = digits.iter().try_fold(0_u64, |number, byte| {
                let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
                number.checked_mul(10)?.checked_add(digit)
            });
            number.filter(|_| !digits.is_empty())
        };
        Some(Self::new(number(&text[..dash])?, number(&text[dash + 1..])?))
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.number)
    }
}

/// An event of the log as a reader remembers it: its entry's id, and what tells it from any other event that may come to lie
/// there after a failover.
///
/// ```
/// use annals::journal::{Checkpoint, Fingerprint, LogId};
///
/// let seen = Checkpoint::new(LogId::new(1_732_000_000_000, 41)).of_event(Fingerprint::new(0xbeef));
/// assert_eq!(seen.to_string(), "1732000000000-41 000000000000beef");
/// assert_eq!("1732000000000-41 000000000000beef".parse(), Ok(seen));
/// # assert_eq!("1732000000000-41".parse(), Ok(Checkpoint::new(LogId::new(1_732_000_000_000, 41))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The id of the log entry.
    pub log_id: LogId,
    /// The fingerprint of the event, where it is known.
    pub event: Option<Fingerprint>,
}

impl Checkpoint {
    /// The entry with this id, whatever the event.
    #[must_use]
    pub const fn new(log_id: LogId) -> Self {
        Self { log_id, event: None }
    }

    /// The same entry with this event, and no other.
    #[must_use]
    pub const fn of_event(mut self, event: Fingerprint) -> Self {
        self.event = Some(event);
        self
    }

    /// Whether what is there now is what was seen.
    pub(crate) fn is(self, found: Self) -> bool {
        self.log_id == found.log_id
            && match (self.event, found.event) {
                (Some(seen), Some(found)) => seen == found,
                _ => true,
            }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            Some(event) => write!(f, "{} {event}", self.log_id),
            None => self.log_id.fmt(f),
        }
    }
}

impl FromStr for Checkpoint {
    type Err = ParseLogIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseLogIdError { found: crate::codec::shortened(text) };
        match text.split_once(' ') {
            None => Ok(Self::new(text.parse()?)),
            Some((log_id, event)) => {
                Ok(Self::new(log_id.parse()?).of_event(Fingerprint::parse(event).ok_or_else(error)?))
            }
        }
    }
}

/// A text that is not a log id. React by correcting it.
///
/// ```
/// use annals::journal::LogId;
///
/// let error = "41".parse::<LogId>().unwrap_err();
/// assert_eq!(error.to_string(), "expected a log id such as `1732000000000-41`, found `41`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a log id such as `1732000000000-41`, found `{found}`")]
pub struct ParseLogIdError {
    found: String,
}

impl FromStr for LogId {
    type Err = ParseLogIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text.as_bytes()).ok_or_else(|| ParseLogIdError { found: crate::codec::shortened(text) })
    }
}

/// How far a reader has come: the last place that it has seen of each partition.
///
/// Made of a [`Position`] it is a number alone. Made of an event, or of its metadata, it knows the event as well: a reader
/// that goes on there is told where the journal has another history by then, as after a failover that lost events. It can
/// be kept as JSON.
///
/// ```
/// use annals::{Cursor, Position};
///
/// let mut cursor = Cursor::start();
/// cursor.advance(Position::from(41));
/// assert_eq!(cursor.position(0), Some(Position::from(41)));
/// assert_eq!(cursor, Cursor::from(Position::from(41)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cursor {
    places: BTreeMap<u16, Seen>,
}

/// A place that was seen: a position, or the entry there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Whatever lies there.
    Position(u64),
    /// This entry.
    Entry(Checkpoint),
}

impl Seen {
    fn number(self) -> u64 {
        match self {
            Self::Position(number) => number,
            Self::Entry(checkpoint) => checkpoint.log_id.number,
        }
    }
}

/// A number, or a checkpoint as its text.
impl serde::Serialize for Seen {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Position(number) => serializer.serialize_u64(*number),
            Self::Entry(checkpoint) => serializer.collect_str(checkpoint),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Seen {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Text<'a> {
            Number(u64),
            Checkpoint(std::borrow::Cow<'a, str>),
        }
        match Text::deserialize(deserializer)? {
            Text::Number(number) => Ok(Self::Position(number)),
            Text::Checkpoint(text) => text.parse().map(Self::Entry).map_err(serde::de::Error::custom),
        }
    }
}

impl Cursor {
    /// Before the first event of every partition.
    #[must_use]
    pub fn start() -> Self {
        Self::default()
    }

    /// Records that everything up to and including `position` has been seen of its partition.
    ///
    /// A cursor never goes back: a position before the recorded one changes nothing.
    pub fn advance(&mut self, position: Position) {
        self.see(position.partition(), Seen::Position(position.number()));
    }

    /// Records that everything up to and including this entry has been seen of a partition, as [`advance`](Self::advance)
    /// does; who goes on there is told where another one lies in its place.
    ///
    /// ```
    /// use annals::{Cursor, Position, journal::{Checkpoint, LogId}};
    ///
    /// let mut cursor = Cursor::start();
    /// cursor.advance_to(0, Checkpoint::new(LogId::new(1_732_000_000_000, 41)));
    /// assert_eq!(cursor.position(0), Some(Position::from(41)));
    /// # assert_eq!(serde_json::to_string(&cursor).unwrap(), r#"{"0":"1732000000000-41"}"#);
    /// # assert_eq!(serde_json::from_str::<Cursor>(r#"{"0":"1732000000000-41"}"#).unwrap(), cursor);
    /// # assert_eq!(serde_json::from_str::<Cursor>(r#"{"0":41}"#).unwrap(), Cursor::from(Position::from(41)));
    /// ```
    pub fn advance_to(&mut self, partition: u16, checkpoint: Checkpoint) {
        self.see(partition, Seen::Entry(checkpoint));
    }

    fn see(&mut self, partition: u16, seen: Seen) {
        let last = self.places.entry(partition).or_insert(seen);
        if last.number() < seen.number() {
            *last = seen;
        }
    }

    /// The last place seen of a partition, if any.
    pub(crate) fn seen(&self, partition: u16) -> Option<Seen> {
        self.places.get(&partition).copied()
    }

    /// The last position seen of `partition`, if any.
    #[must_use]
    pub fn position(&self, partition: u16) -> Option<Position> {
        self.seen(partition).map(|seen| Position::new(partition, seen.number()))
    }

    /// The last position seen of every partition of which one was seen.
    ///
    /// ```
    /// # use annals::{Cursor, Position};
    /// let mut cursor = Cursor::from(Position::new(3, 41));
    /// cursor.advance(Position::new(0, 7));
    /// assert_eq!(cursor.positions().collect::<Vec<_>>(), [Position::new(0, 7), Position::new(3, 41)]);
    /// ```
    pub fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.places.iter().map(|(&partition, seen)| Position::new(partition, seen.number()))
    }
}

impl From<Position> for Cursor {
    fn from(position: Position) -> Self {
        let mut cursor = Self::start();
        cursor.advance(position);
        cursor
    }
}

impl From<&Metadata> for Cursor {
    /// After the event with this metadata.
    fn from(metadata: &Metadata) -> Self {
        let mut cursor = Self::start();
        let Position { partition, number } = metadata.position;
        match u64::try_from(metadata.recorded_at.as_millisecond()) {
            Ok(millis) => cursor.advance_to(partition, Checkpoint::new(LogId::new(millis, number))),
            Err(_) => cursor.advance(metadata.position),
        }
        cursor
    }
}
