//! The place of an event in the log, and how far a reader has come.

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
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.number)
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
        // `u64::from_str` takes a leading `+`, which no writer of ours writes and which would not print back the same.
        let number = |part: &str| part.parse().ok().filter(|_| part.starts_with(|c: char| c.is_ascii_digit()));
        text.split_once('-')
            .and_then(|(millis, position)| Some(Self::new(number(millis)?, number(position)?)))
            .ok_or_else(|| ParseLogIdError { found: text.to_owned() })
    }
}

/// How far a reader has come: the last position that it has seen of each partition.
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
    positions: BTreeMap<u16, u64>,
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
        let seen = self.positions.entry(position.partition()).or_default();
        *seen = (*seen).max(position.number());
    }

    /// The last position seen of `partition`, if any.
    #[must_use]
    pub fn position(&self, partition: u16) -> Option<Position> {
        self.positions.get(&partition).map(|&number| Position::new(partition, number))
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
        self.positions.iter().map(|(&partition, &number)| Position::new(partition, number))
    }
}

impl From<Position> for Cursor {
    fn from(position: Position) -> Self {
        let mut cursor = Self::start();
        cursor.advance(position);
        cursor
    }
}
