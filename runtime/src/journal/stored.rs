//! One event as the journal gives it: its place, its header, its payload still encoded.

use super::{AppendId, JournalError, LogId, NewEvent, element::Element};
use crate::{
    codec::{self, DecodeError, DecodeReason, Place},
    model::{
        Annotations, Checkpoint, Cursor, Event, EventDescriptor, Fingerprint, Metadata, Position, Recorded, StreamName,
        UnknownEvent, Version,
    },
};
use jiff::Timestamp;

/// One event as the journal gives it: where it lies, and what was stored.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// # enum OrderEvent {
/// #     Created { amount: f64 },
/// # }
/// use annals::{Position, StreamName, journal::StoredEvent};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = "1732000000000-41 OrderCreated 1 import-7 {\"actor\":\"clerk-7\"}\n{\"amount\":99.99}";
/// let stored = StoredEvent::read(StreamName::new("order", "1"), Version::new(1), 0, text.into())?;
///
/// assert_eq!((stored.stream().as_str(), stored.version()), ("order-1", Version::new(1)));
/// assert_eq!((stored.position(), stored.log_id().millis), (Position::from(41), 1_732_000_000_000));
/// assert_eq!(stored.recorded_at().to_string(), "2024-11-19T07:06:40Z");
/// assert_eq!((stored.event_type(), stored.schema_version(), stored.append_id()), ("OrderCreated", 1, "import-7"));
/// assert_eq!((stored.payload(), stored.annotations()), (r#"{"amount":99.99}"#, Some(r#"{"actor":"clerk-7"}"#)));
///
/// assert_eq!(stored.checkpoint().event, Some(stored.fingerprint()));
///
/// assert_eq!(stored.decode::<OrderEvent>()?, OrderEvent::Created { amount: 99.99 });
/// assert_eq!(stored.metadata()?.actor.as_deref(), Some("clerk-7"));
/// assert_eq!(stored.recorded::<OrderEvent>()?.metadata.reference(), "order-1@1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    stream: StreamName,
    version: Version,
    partition: u16,
    element: Element,
}

impl StoredEvent {
    /// Reads an event as it is stored: its log id, a space, and what [`NewEvent::write`](super::NewEvent::write) wrote.
    ///
    /// # Errors
    ///
    /// [`JournalError::Foreign`] where it is not that, with the place and what was found.
    pub fn read(stream: StreamName, version: Version, partition: u16, bytes: Vec<u8>) -> Result<Self, JournalError> {
        match Element::parse(bytes) {
            Ok(element) => Ok(Self { stream, version, partition, element }),
            Err(reason) => {
                Err(JournalError::Foreign { place: format!("event {version} of stream `{stream}`"), reason })
            }
        }
    }

    /// An event as it is read back from under this log id.
    pub(crate) fn of(
        event: &NewEvent,
        append: &AppendId,
        (stream, version, partition): (&StreamName, Version, u16),
        log_id: LogId,
    ) -> Result<Self, JournalError> {
        let text = event.write(append)?;
        Self::read(stream.clone(), version, partition, format!("{log_id} {text}").into_bytes())
    }

    /// Refuses an event of a stream that was not recorded after the one before it: then somebody has put it there.
    #[cfg(feature = "redis")]
    pub(super) fn comes_after(&self, before: &Self) -> Result<(), JournalError> {
        if before.log_id().number < self.log_id().number {
            return Ok(());
        }
        Err(JournalError::Foreign {
            place: format!("event {} of stream `{}`", self.version, self.stream),
            reason: format!(
                "expected a log entry after {}, that of the event before, found {}",
                before.log_id(),
                self.log_id()
            ),
        })
    }

    /// The stream.
    #[must_use]
    pub fn stream(&self) -> &StreamName {
        &self.stream
    }

    /// The place in the stream.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The place in the log.
    #[must_use]
    pub fn position(&self) -> Position {
        Position::new(self.partition, self.element.log_id.number)
    }

    /// The id of its log entry.
    #[must_use]
    pub fn log_id(&self) -> LogId {
        self.element.log_id
    }

    /// What tells it from every other event, one that comes to lie at its place after a failover too: a hash of all of it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&[self.stream.as_str(), "@", &self.version.to_string(), " ", self.element.text()])
    }

    /// The event as a reader remembers it, who goes on after it.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(self.log_id()).of_event(self.fingerprint())
    }

    /// When it was recorded.
    #[must_use]
    pub fn recorded_at(&self) -> Timestamp {
        timestamp(self.element.log_id.millis)
    }

    /// The stored type name.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.element.event_type()
    }

    /// The version of the payload's shape.
    #[must_use]
    pub fn schema_version(&self) -> u32 {
        self.element.schema_version
    }

    /// The id of the append that added it.
    #[must_use]
    pub fn append_id(&self) -> &str {
        self.element.append_id()
    }

    /// The payload as stored: JSON.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.element.payload()
    }

    /// What the caller told, as stored: JSON; `None` where that is nothing.
    #[must_use]
    pub fn annotations(&self) -> Option<&str> {
        self.element.annotations()
    }

    /// What is known of the event beside its payload.
    ///
    /// # Errors
    ///
    /// [`DecodeReason::Metadata`] where the annotations are not what this library writes.
    pub fn metadata(&self) -> Result<Metadata, DecodeError> {
        let annotations = match self.annotations() {
            None => Annotations::default(),
            Some(json) => serde_json::from_str(json).map_err(|error| {
                self.decode_error(DecodeReason::Metadata { reason: error.to_string(), found: json.to_owned() })
            })?,
        };
        Ok(Metadata::new(self.stream.clone(), self.version, self.position(), self.recorded_at(), annotations))
    }

    /// The event itself.
    ///
    /// # Errors
    ///
    /// When `E` has no variant of this type, or the payload does not have the variant's shape. Where `E` has a variant
    /// with `#[event(unknown)]`, that one takes the types that no other has. One that is retired is
    /// [`DecodeReason::Retired`]; see [`is_retired`](Self::is_retired).
    pub fn decode<E: Event>(&self) -> Result<E, DecodeError> {
        match codec::decode(self.event_type(), self.schema_version(), self.payload()) {
            Ok(event) => Ok(event),
            Err(reason @ DecodeReason::UnknownType { .. }) => {
                let unknown =
                    |metadata| UnknownEvent::new(self.event_type(), self.schema_version(), self.payload(), metadata);
                let event =
                    if E::DESCRIPTOR.unknown.is_some() { E::from_unknown(unknown(self.metadata()?)) } else { None };
                event.ok_or_else(|| self.decode_error(reason))
            }
            Err(reason) => Err(self.decode_error(reason)),
        }
    }

    /// Whether `E` lists the event's type as retired: it happened of old, and whoever reads skips it knowingly.
    ///
    /// ```
    /// use annals::{StreamName, journal::StoredEvent, prelude::*};
    ///
    /// #[derive(Event, Serialize, Deserialize)]
    /// #[event(retired("OrderPromised"))]
    /// enum OrderEvent {
    ///     Confirmed,
    /// }
    ///
    /// let text = "1732000000000-41 OrderPromised 1 import-7\n{}";
    /// let promised = StoredEvent::read(StreamName::new("order", "1"), Version::new(1), 0, text.into())?;
    /// assert!(promised.is_retired::<OrderEvent>());
    /// # Ok::<(), annals::journal::JournalError>(())
    /// ```
    #[must_use]
    pub fn is_retired<E: Event>(&self) -> bool {
        E::DESCRIPTOR.retires(self.event_type())
    }

    /// The event and its metadata.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode) and [`metadata`](Self::metadata).
    pub fn recorded<E: Event>(&self) -> Result<Recorded<E>, DecodeError> {
        Ok(Recorded::new(self.decode()?, self.metadata()?))
    }

    /// The error that none of these enums has a variant of this type.
    pub(crate) fn unknown(&self, descriptors: &[&'static EventDescriptor]) -> DecodeError {
        self.decode_error(DecodeReason::unknown(descriptors))
    }

    fn decode_error(&self, reason: DecodeReason) -> DecodeError {
        DecodeError {
            place: Box::new(Place::of(self)),
            event_type: self.event_type().to_owned(),
            schema_version: self.schema_version(),
            reason,
        }
    }
}

impl From<&StoredEvent> for Cursor {
    /// After this event.
    fn from(event: &StoredEvent) -> Self {
        let mut cursor = Self::start();
        cursor.advance_to(event.partition, event.checkpoint());
        cursor
    }
}

/// A log id's milliseconds as a time; the last time there is where they are beyond it.
pub(super) fn timestamp(millis: u64) -> Timestamp {
    i64::try_from(millis).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or(Timestamp::MAX)
}
