//! A state that a stream's events added up to, kept so that a load need not begin at the first of them.

use super::{Fingerprint, JournalError, LogId, StoredEvent};
use crate::model::{StreamName, Version};

/// A state that the events of a stream added up to at one version.
///
/// ```
/// use annals::{StreamName, Version, journal::{Fingerprint, LogId, Snapshot}};
///
/// let order = StreamName::new("order", "1");
/// let place = LogId::new(1_732_000_000_000, 41);
/// let snapshot = Snapshot::new(order.clone(), Version::new(3), place, Fingerprint::new(0xbeef), r#"{"amount":9.5}"#);
///
/// let text = snapshot.write()?;
/// assert_eq!(text, "3 1732000000000-41 000000000000beef\n{\"amount\":9.5}");
/// assert_eq!(Snapshot::read(order, text.into())?, snapshot);
/// # Ok::<(), annals::journal::JournalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The stream.
    pub stream: StreamName,
    /// The version of the last event that the state contains; at least 1.
    pub version: Version,
    /// The log id of that event. Where the event of this version has another one, the snapshot is of another history.
    pub log_id: LogId,
    /// What the state was made by.
    pub fingerprint: Fingerprint,
    /// The state as JSON.
    pub state: String,
}

impl Snapshot {
    /// The state of a stream at this version, whose event has this log id.
    #[must_use]
    pub fn new(
        stream: StreamName,
        version: Version,
        log_id: LogId,
        fingerprint: Fingerprint,
        state: impl Into<String>,
    ) -> Self {
        Self { stream, version, log_id, fingerprint, state: state.into() }
    }

    /// The snapshot as it is stored: one line of header, and the state.
    ///
    /// # Errors
    ///
    /// [`JournalError::Invalid`] where its version is that of no event.
    pub fn write(&self) -> Result<String, JournalError> {
        if self.version == Version::NONE {
            let reason =
                format!("expected a snapshot of stream `{}` at version 1 or later, found version 0", self.stream);
            return Err(JournalError::Invalid { reason });
        }
        Ok(format!("{} {} {}\n{}", self.version, self.log_id, self.fingerprint, self.state))
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    ///
    /// [`JournalError::Foreign`] where it is not that, with what was found.
    pub fn read(stream: StreamName, bytes: Vec<u8>) -> Result<Self, JournalError> {
        let parts = String::from_utf8(bytes)
            .map_err(|error| {
                format!(
                    "it is not UTF-8; found `{}`",
                    crate::codec::shortened(&error.as_bytes().escape_ascii().to_string())
                )
            })
            .and_then(|text| {
                find_parts(&text).ok_or_else(|| {
                    let found = crate::codec::shortened(&text);
                    format!("expected `VERSION LOG-ID FINGERPRINT`, a line break and a state; found `{found}`")
                })
            });
        match parts {
            Ok((version, log_id, fingerprint, state)) => Ok(Self { stream, version, log_id, fingerprint, state }),
            Err(reason) => Err(JournalError::Foreign { place: format!("the snapshot of stream `{stream}`"), reason }),
        }
    }
}

fn find_parts(text: &str) -> Option<(Version, LogId, Fingerprint, String)> {
    let (header, state) = text.split_once('\n')?;
    let mut words = header.split(' ');
    let version: u64 = words.next()?.parse().ok().filter(|&version| version > 0)?;
    let (log_id, fingerprint) = (words.next()?.parse().ok()?, Fingerprint::parse(words.next()?)?);
    words.next().is_none().then(|| (Version::new(version), log_id, fingerprint, state.to_owned()))
}

/// A stream as it is read from its newest snapshot on.
///
/// ```
/// use annals::{StreamName, journal::{Fingerprint, Journal, MemoryJournal, Restored}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), annals::journal::JournalError> {
/// let journal = MemoryJournal::new();
/// let read = journal.restore(&StreamName::new("order", "1"), Fingerprint::new(1), 100).await?;
/// let Restored { snapshot: None, events, .. } = read else { panic!("nobody has taken a snapshot") };
/// assert!(events.is_empty());
///
/// // As an engine says so:
/// assert_eq!(Restored::new(None, events), Restored::default());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// The newest snapshot, if there is one that fits.
    pub snapshot: Option<Snapshot>,
    /// The events after it, or from the first one on, oldest first.
    pub events: Vec<StoredEvent>,
}

impl Restored {
    /// A snapshot, if there is one, and the events after it.
    #[must_use]
    pub fn new(snapshot: Option<Snapshot>, events: Vec<StoredEvent>) -> Self {
        Self { snapshot, events }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> StreamName {
        StreamName::new("order", "1")
    }

    #[test]
    fn a_snapshot_comes_back_as_it_was_written() {
        for state in ["", "{}", "{\n}\n", "é\n\0"] {
            let snapshot =
                Snapshot::new(stream(), Version::new(7), LogId::new(5, 9), Fingerprint::new(u64::MAX), state);
            let text = snapshot.write().unwrap();
            assert_eq!(Snapshot::read(stream(), text.into_bytes()).unwrap(), snapshot);
        }
    }

    #[test]
    fn what_is_no_snapshot_says_what_was_found() {
        for bytes in [
            &b""[..],
            b"hello",
            b"1 1-1 000000000000beef",
            b"0 1-1 000000000000beef\n{}",
            b"1 1 000000000000beef\n{}",
            b"1 1-1 beef\n{}",
            b"1 1-1 000000000000BEEF\n{}",
            b"1 1-1 +00000000000beef\n{}",
            b"1 1-1 000000000000beef more\n{}",
            b"x 1-1 000000000000beef\n{}",
            b"\xff\n",
        ] {
            let error = Snapshot::read(stream(), bytes.to_vec()).unwrap_err().to_string();
            assert!(error.contains("the snapshot of stream `order-1`") && error.contains("found `"), "{error}");
        }
    }
}
