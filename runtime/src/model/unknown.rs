//! An event that a newer program wrote, as an older one keeps it.

use super::Metadata;
use serde::{Deserialize, Serialize};

/// An event of a type that this program does not know, just as it is stored. The content of a variant with
/// `#[event(unknown)]`.
///
/// It is there to be looked at and passed on. It cannot be appended: only the program that knows it can say what it
/// means.
///
/// ```
/// use annals::{UnknownEvent, prelude::*};
///
/// #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// enum OrderEvent {
///     Confirmed,
///     #[event(unknown)]
///     Unknown(UnknownEvent),
/// }
///
/// # let bytes = b"1732000000000-41 OrderShipped 2 import-7\n{\"by\":\"sea\"}".to_vec();
/// # let stored = annals::journal::StoredEvent::read(annals::StreamName::new("order", "1"), Version::new(3), 0, bytes)?;
/// // An `OrderShipped`, read by a program that knows `OrderConfirmed` alone:
/// let OrderEvent::Unknown(event) = stored.decode()? else { unreachable!() };
/// assert_eq!((event.event_type.as_str(), event.schema_version), ("OrderShipped", 2));
/// assert_eq!(event.payload, r#"{"by":"sea"}"#);
/// assert_eq!(event.metadata.reference(), "order-1@3");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnknownEvent {
    /// The stored type name.
    pub event_type: String,
    /// The stored version of the payload's shape.
    pub schema_version: u32,
    /// The payload as stored: JSON.
    pub payload: String,
    /// Where it lies, when it was recorded, what its caller told. Boxed, so that the other variants of an enum with this
    /// one stay small.
    pub metadata: Box<Metadata>,
}

impl UnknownEvent {
    /// An event of this type, with this payload.
    ///
    /// ```
    /// # use annals::{Annotations, Metadata, Position, StreamName, Timestamp, UnknownEvent, Version};
    /// # let order = StreamName::new("order", "1");
    /// # let told = Annotations::default();
    /// # let metadata = Metadata::new(order, Version::new(3), Position::from(41), Timestamp::UNIX_EPOCH, told);
    /// let shipped = UnknownEvent::new("OrderShipped", 2, r#"{"by":"sea"}"#, metadata);
    /// assert_eq!(shipped.metadata.version, Version::new(3));
    /// ```
    #[must_use]
    pub fn new(
        event_type: impl Into<String>,
        schema_version: u32,
        payload: impl Into<String>,
        metadata: Metadata,
    ) -> Self {
        Self { event_type: event_type.into(), schema_version, payload: payload.into(), metadata: Box::new(metadata) }
    }
}
