//! Idempotency keys: what a command that was asked under a key has led to, kept for a while.

use super::{Appended, Fingerprint, JournalError, LogId};
use crate::model::{StreamName, Version, escaped};
use std::{fmt, sync::Arc, time::Duration};

/// A name under which a command is carried out once: of the caller's own, as the id of a request.
///
/// ```
/// use annals::journal::IdempotencyKey;
///
/// assert_eq!(IdempotencyKey::new("request-7")?.as_str(), "request-7");
/// assert!(IdempotencyKey::new(&"x".repeat(IdempotencyKey::LONGEST + 1)).is_err());
/// assert!(IdempotencyKey::new("").is_err());
/// # Ok::<(), annals::journal::JournalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    /// How long a key may be, in bytes.
    pub const LONGEST: usize = 512;

    /// A key of 1 to 512 bytes of any text.
    ///
    /// # Errors
    ///
    /// [`JournalError::Invalid`] where it is empty or longer.
    pub fn new(key: &str) -> Result<Self, JournalError> {
        if (1..=Self::LONGEST).contains(&key.len()) {
            return Ok(Self(key.into()));
        }
        let (most, found) = (Self::LONGEST, key.len());
        Err(JournalError::Invalid {
            reason: format!("expected an idempotency key of 1 to {most} bytes, found {found}"),
        })
    }

    /// The key as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as it stands in the name of a place: it can reach no other place.
    #[cfg(feature = "redis")]
    pub(super) fn escaped(&self) -> String {
        escaped(&self.0)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(&self.0))
    }
}

/// That a command is to be carried out once under a key.
///
/// ```
/// use annals::journal::{Fingerprint, IdempotencyKey, Once};
/// use std::time::Duration;
///
/// let week = Duration::from_hours(7 * 24);
/// let once = Once::new(IdempotencyKey::new("request-7")?, Fingerprint::new(1), week);
/// assert_eq!(once.keep, week);
/// # Ok::<(), annals::journal::JournalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Once {
    /// The key.
    pub key: IdempotencyKey,
    /// What tells the command from another one.
    pub command: Fingerprint,
    /// For how long what it led to is remembered, from then on. At least a millisecond.
    pub keep: Duration,
}

impl Once {
    /// This command, under this key, remembered for so long.
    #[must_use]
    pub fn new(key: IdempotencyKey, command: Fingerprint, keep: Duration) -> Self {
        Self { key, command, keep }
    }

    /// The error that the key is another command's, which was asked of that stream.
    pub(super) fn taken(&self, stream: &StreamName) -> JournalError {
        JournalError::KeyTaken { key: self.key.clone(), stream: stream.clone() }
    }
}

/// What a command led to that was carried out under a key.
///
/// ```
/// use annals::{StreamName, Version, journal::{Fingerprint, IdempotencyKey, Journal, MemoryJournal, Once, Remembered}};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), annals::journal::JournalError> {
/// let journal = MemoryJournal::new();
/// let order = StreamName::new("order", "1");
/// let once = Once::new(IdempotencyKey::new("request-7")?, Fingerprint::new(1), Duration::from_secs(60));
/// assert_eq!(journal.recall(&order, &once).await?, None);
///
/// // The command had nothing to do, since the order was not there:
/// let nothing = Remembered::Nothing { version: Version::NONE };
/// assert_eq!(journal.remember(&order, once.clone(), Version::NONE).await?, nothing);
/// assert_eq!(journal.recall(&order, &once).await?, Some(nothing));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// These events were recorded.
    Appended(Appended),
    /// There was nothing to do.
    Nothing {
        /// The version that the stream was at.
        version: Version,
    },
}

impl Remembered {
    fn parts(self) -> (Version, u32, LogId) {
        match self {
            Self::Appended(Appended { first, first_version, count, .. }) => (first_version, count, first),
            Self::Nothing { version } => (version, 0, LogId::new(0, 0)),
        }
    }
}

/// What is kept under a key: `COMMAND STREAM VERSION COUNT LOG-ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    command: Fingerprint,
    stream: StreamName,
    what: Remembered,
}

impl Record {
    pub(super) fn new(once: &Once, stream: StreamName, what: Remembered) -> Self {
        Self { command: once.command, stream, what }
    }

    /// What was remembered, if it is of this command.
    pub(super) fn of(&self, once: &Once, stream: &StreamName) -> Result<Remembered, JournalError> {
        if self.command == once.command && self.stream == *stream {
            Ok(self.what)
        } else {
            Err(once.taken(&self.stream))
        }
    }

    /// Reads a record of a stream in this partition.
    #[cfg(feature = "redis")]
    pub(super) fn read(text: &str, partition: u16) -> Option<Self> {
        let mut words = text.split(' ');
        let command = Fingerprint::parse(words.next()?)?;
        let stream = words.next()?.parse().ok()?;
        let version = Version::new(words.next()?.parse().ok()?);
        let count = words.next()?.parse().ok()?;
        let first: LogId = words.next()?.parse().ok()?;
        let what = if count == 0 {
            Remembered::Nothing { version }
        } else {
            Remembered::Appended(Appended::new(partition, first, version, count))
        };
        words.next().is_none().then_some(Self { command, stream, what })
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, count, first) = self.what.parts();
        write!(f, "{} {} {version} {count} {first}", self.command, self.stream)
    }
}

#[cfg(all(test, feature = "redis"))]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let once = Once::new(IdempotencyKey::new("r 1").unwrap(), Fingerprint::new(9), Duration::from_secs(1));
        let stream = StreamName::new("order", "é 1");
        for what in [
            Remembered::Nothing { version: Version::new(3) },
            Remembered::Appended(Appended::new(2, LogId::new(1_732_000_000_000, 41), Version::new(4), 2)),
        ] {
            let record = Record::new(&once, stream.clone(), what);
            assert_eq!(Record::read(&record.to_string(), 2), Some(record.clone()));
            assert_eq!(record.of(&once, &stream), Ok(what));
            let other = Once { command: Fingerprint::new(8), ..once.clone() };
            assert_eq!(
                record.of(&other, &stream),
                Err(JournalError::KeyTaken { key: once.key.clone(), stream: stream.clone() })
            );
        }
    }

    #[test]
    fn what_is_no_record_is_not_read() {
        for text in ["", "1 order-1 1 1 1-1", "0000000000000001 order-1 1 1", "0000000000000001 order-1 1 1 1-1 x"] {
            assert_eq!(Record::read(text, 0), None, "{text}");
        }
    }
}
