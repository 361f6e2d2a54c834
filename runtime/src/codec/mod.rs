//! An event to its stored text and back: the content of the variant alone, through the user's own serde derives.
//!
//! The type name stands in the event's header, so the payload needs no tag. Writing goes through a serializer that
//! keeps only the variant's content; reading hands the derived `Deserialize` the variant's index and the stored JSON.

mod content;
mod old;
mod order;
pub(crate) mod shape;
mod strict;
mod variant;

pub use old::{Old, UpcastsTo};
pub(crate) use order::says_the_same;
pub(crate) use shape::shape_text;

use crate::{
    journal::StoredEvent,
    model::{Event, EventDescriptor, StreamName, Version},
};
use serde::Serialize;
use std::fmt;

/// An event that cannot be stored, because its JSON would not read back as the same event.
///
/// React by changing the event: nothing was stored.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// # enum OrderEvent {
/// #     Created { amount: f64 },
/// # }
/// let error = annals::codec::encode(&OrderEvent::Created { amount: f64::NAN }).unwrap_err();
/// assert_eq!(error.event_type, "OrderCreated");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("cannot encode the event `{event_type}`: {reason}")]
#[non_exhaustive]
pub struct EncodeError {
    /// The event's stored type name.
    pub event_type: &'static str,
    /// What stands in the way.
    pub reason: String,
}

/// A stored event that this program cannot read.
///
/// The event is intact and stays where it is; a program that knows its type and shape reads it. Nothing after it was
/// taken in, so no state is built on a story with a hole in it. React as the [`reason`](Self::reason) says.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// # enum OrderEvent {
/// #     Created { amount: f64 },
/// # }
/// # let bytes = b"1732000000000-41 OrderShipped 1 import-7\n{}".to_vec();
/// # let stored = annals::journal::StoredEvent::read(annals::StreamName::new("order", "1"), Version::new(3), 0, bytes)?;
/// // An `OrderShipped`, read by a program that knows `OrderCreated` alone:
/// let error = stored.decode::<OrderEvent>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "cannot decode event 3 of stream `order-1` (position 41) of type `OrderShipped` (schema version 1): \
///      `OrderEvent` has no variant of this type; it knows `OrderCreated`",
/// );
/// # Ok::<(), annals::journal::JournalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot decode event {place} of type `{event_type}` (schema version {schema_version}): {reason}")]
#[non_exhaustive]
pub struct DecodeError {
    /// Where it lies.
    pub place: Box<Place>,
    /// The stored type name.
    pub event_type: String,
    /// The stored version of the payload's shape.
    pub schema_version: u32,
    /// What was expected and what was found.
    pub reason: DecodeReason,
}

/// Where a stored event lies.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// # enum OrderEvent {
/// #     Created { amount: f64 },
/// # }
/// # let bytes = b"1732000000000-41 OrderShipped 1 import-7\n{}".to_vec();
/// # let stored = annals::journal::StoredEvent::read(annals::StreamName::new("order", "1"), Version::new(3), 0, bytes)?;
/// # let error = stored.decode::<OrderEvent>().unwrap_err();
/// assert_eq!((error.place.stream.as_str(), error.place.version.number()), ("order-1", 3));
/// assert_eq!(error.place.to_string(), "3 of stream `order-1` (position 41)");
/// # Ok::<(), annals::journal::JournalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The stream.
    pub stream: StreamName,
    /// The place in the stream.
    pub version: Version,
    /// The place in the log.
    pub position: crate::Position,
}

impl Place {
    pub(crate) fn of(stored: &StoredEvent) -> Self {
        Self { stream: stored.stream().clone(), version: stored.version(), position: stored.position() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of stream `{}` (position {})", self.version, self.stream, self.position)
    }
}

/// Why a stored event cannot be read.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// # enum OrderEvent {
/// #     Created { amount: f64 },
/// # }
/// use annals::codec::{DecodeReason, decode};
///
/// match decode::<OrderEvent>("OrderShipped", 1, "{}").unwrap_err() {
///     DecodeReason::UnknownType { known, .. } => assert_eq!(known, ["OrderCreated"]),
///     reason => panic!("{reason}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeReason {
    /// No variant of the enum reads this type. React by deploying the program that knows it, or by adding the variant
    /// or an alias.
    #[error("`{expected}` has no variant of this type; it knows {}", list(known))]
    UnknownType {
        /// The event enum's name in Rust; of several enums, all of their names.
        expected: String,
        /// The stored type names that it reads.
        known: Vec<&'static str>,
    },
    /// Events of this type happened of old, and the enum lists it as `retired`. Whoever loads, replays or projects skips
    /// them. React, where one is decoded by itself, by skipping it as well.
    #[error("events of this type are retired: they are skipped knowingly")]
    Retired,
    /// The payload was written in a shape that this program does not know. React by deploying the program that wrote
    /// it.
    #[error("this program reads schema version {expected}{}", if *expected > 1 { " and those before it" } else { "" })]
    SchemaVersion {
        /// The version that the variant is at.
        expected: u32,
    },
    /// The payload is of an older schema version, and does not turn into the next one: the user's own `TryFrom` refused.
    /// React by correcting that conversion; what is stored is as it was.
    #[error("schema version {from} does not turn into {to}: {}; found `{}`", shortened(reason), shortened(found))]
    Upcast {
        /// The version that was to turn into the next.
        from: u32,
        /// The next version.
        to: u32,
        /// What the conversion says.
        reason: String,
        /// The payload as stored.
        found: String,
    },
    /// The payload does not have the shape of the variant, or, of an older schema version, that of its struct. React by
    /// giving it back the shape that it was stored with; a new shape is a new schema version.
    #[error("{}; found `{}`", shortened(reason), shortened(found))]
    Payload {
        /// What serde says.
        reason: String,
        /// The payload as stored.
        found: String,
    },
    /// The metadata beside the payload is not what this library writes. React by finding out who else writes there.
    #[error("its metadata does not read: {}; found `{}`", shortened(reason), shortened(found))]
    Metadata {
        /// What serde says.
        reason: String,
        /// The metadata as stored.
        found: String,
    },
}

impl DecodeReason {
    /// A type that no variant of these enums reads.
    pub(crate) fn unknown(descriptors: &[&'static EventDescriptor]) -> Self {
        let names: Vec<_> = descriptors.iter().map(|descriptor| descriptor.name).collect();
        let variants = descriptors.iter().flat_map(|descriptor| descriptor.known());
        Self::UnknownType {
            expected: names.join("` or `"),
            known: variants.map(|variant| variant.event_type).collect(),
        }
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A text that may be long, for a message: where it is, only its beginning and its end. It stays on its line: a line break
/// or another control character of it is written as in Rust, so that nobody's text can look like a line of a log.
pub(crate) fn shortened(text: &str) -> String {
    const BEGINNING: usize = 200;
    const END: usize = 80;
    let beginning = text.char_indices().nth(BEGINNING);
    let end = text.char_indices().nth_back(END - 1);
    let short = match (beginning, end) {
        (Some((beginning, _)), Some((end, _))) if beginning < end => {
            format!("{} … {} ({} bytes)", &text[..beginning], &text[end..], text.len())
        }
        _ => text.to_owned(),
    };
    if !short.contains(char::is_control) {
        return short;
    }
    let mut line = String::with_capacity(short.len());
    for character in short.chars() {
        if character.is_control() { line.extend(character.escape_default()) } else { line.push(character) }
    }
    line
}

/// Writes the content of an event's variant as compact JSON, which has no line break in it.
///
/// # Errors
///
/// When JSON cannot keep it: a number that is not finite, `Some` of nothing, nesting beyond what would be read back, a
/// map whose keys are no strings, a key that stands twice in one object, or a `Serialize` that is not the derived one.
/// And when what was written does not read: a stream could never be loaded again, so the event is refused while there is
/// still somebody to tell. That costs one decoding an event, which is little beside the trip to the journal.
///
/// ```
/// # use annals::prelude::*;
/// #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// enum OrderEvent {
///     Created { user_id: String, amount: f64 },
/// }
///
/// let created = OrderEvent::Created { user_id: "user1".into(), amount: 99.99 };
/// assert_eq!(annals::codec::encode(&created)?, r#"{"user_id":"user1","amount":99.99}"#);
///
/// let worthless = OrderEvent::Created { user_id: "user1".into(), amount: f64::NAN };
/// assert!(annals::codec::encode(&worthless).is_err());
/// # Ok::<(), annals::codec::EncodeError>(())
/// ```
pub fn encode<E: Event>(event: &E) -> Result<String, EncodeError> {
    let refused = |reason| EncodeError { event_type: event.event_type(), reason };
    if E::DESCRIPTOR.unknown == Some(event.variant_index()) {
        let reason = "it is of a type that this program does not know, and only one that does can record it".to_owned();
        return Err(EncodeError { event_type: event.descriptor().name, reason });
    }
    let payload = content::encode(event, event.variant_index()).map_err(|error| refused(error.to_string()))?;
    match decode::<E>(event.event_type(), event.descriptor().schema_version, &payload) {
        Ok(_) => Ok(payload),
        Err(reason) => Err(refused(format!("it would not read back: {reason}"))),
    }
}

/// Reads the content of one variant back; that of an older schema version step by step through the conversions that
/// the variant names in `upcast(…)`.
///
/// # Errors
///
/// [`DecodeReason::UnknownType`], [`DecodeReason::Retired`], [`DecodeReason::SchemaVersion`],
/// [`DecodeReason::Upcast`] or [`DecodeReason::Payload`].
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// # enum OrderEvent {
/// #     Created { user_id: String, amount: f64 },
/// #     Confirmed,
/// # }
/// let event = annals::codec::decode::<OrderEvent>("OrderConfirmed", 1, "{}");
/// assert_eq!(event, Ok(OrderEvent::Confirmed));
///
/// let error = annals::codec::decode::<OrderEvent>("OrderCreated", 1, "{}").unwrap_err();
/// assert!(error.to_string().contains("missing field `user_id`"));
/// ```
pub fn decode<E: Event>(event_type: &str, schema_version: u32, payload: &str) -> Result<E, DecodeReason> {
    let descriptor = E::DESCRIPTOR;
    let Some(index) = descriptor.position(event_type) else {
        let retired = descriptor.retires(event_type);
        return Err(if retired { DecodeReason::Retired } else { DecodeReason::unknown(&[descriptor]) });
    };
    let variant = &descriptor.variants[index];
    if schema_version != variant.schema_version {
        let known = (1..variant.schema_version).contains(&schema_version);
        let old = Old::new(index, variant, schema_version, payload);
        return if known { E::upcast(old) } else { Err(old.unexpected()) };
    }
    variant::decode(index, descriptor.variants.len(), payload)
        .map_err(|error| DecodeReason::Payload { reason: error.to_string(), found: payload.to_owned() })
}

/// Writes a row or a state as compact JSON, as strictly as an event.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::with_capacity(128);
    value.serialize(strict::Strict::new(&mut serde_json::Serializer::new(&mut bytes)))?;
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shortened_only_where_that_makes_it_shorter() {
        for length in [0, 1, 79, 80, 200, 279, 280] {
            let text = "é".repeat(length);
            assert_eq!(shortened(&text), text);
        }
        let text = format!("a{}z", "é".repeat(1_000));
        let short = shortened(&text);
        assert!(short.starts_with("aé") && short.contains("é … é") && short.ends_with("éz (2002 bytes)"), "{short}");
        assert_eq!(short.chars().count(), 280 + " …  (2002 bytes)".chars().count());
    }

    #[test]
    fn a_text_in_a_message_stays_on_its_line() {
        assert_eq!(shortened("a\r\nb\t\0 \u{1b}[2J é"), r"a\r\nb\t\u{0} \u{1b}[2J é");
        assert!(!shortened(&"\n".repeat(1_000)).contains('\n'));
    }
}
