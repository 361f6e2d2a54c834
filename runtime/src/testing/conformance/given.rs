//! What the checks give a journal, and whether it came back.

use crate::{
    journal::{Append, Expected, NewEvent, StoredEvent},
    model::{StreamName, Version},
};
use std::ops::RangeInclusive;

pub(super) fn stream(id: &str) -> StreamName {
    StreamName::new("counter", id)
}

/// An event that no other number gives.
pub(super) fn event(number: u64) -> NewEvent {
    NewEvent::new("CounterAdvanced", format!(r#"{{"to":{number}}}"#))
}

pub(super) fn events(numbers: RangeInclusive<u64>) -> Vec<NewEvent> {
    numbers.map(event).collect()
}

/// An append of `count` events to a stream that is at `version`, numbered by the versions that they are to get.
pub(super) fn advance(stream: &StreamName, version: u64, count: u64) -> Append {
    let expected = Expected::Version(Version::new(version));
    Append::new(stream.clone(), expected, events(version + 1..=version + count))
}

/// Compares stored events with those that were given.
#[track_caller]
pub(super) fn same(stored: &[StoredEvent], given: &[NewEvent]) {
    assert_eq!(stored.len(), given.len(), "the number of events");
    for (stored, given) in stored.iter().zip(given) {
        let place = format!("event {} of stream `{}`", stored.version(), stored.stream());
        assert_eq!(stored.event_type(), given.event_type, "the type of {place}");
        assert_eq!(stored.schema_version(), given.schema_version, "the schema version of {place}");
        assert_eq!(stored.annotations(), given.annotations.as_deref(), "the annotations of {place}");
        // Payloads may be too long for a message.
        assert!(stored.payload() == given.payload, "the payload of {place} is not the one that was given");
    }
}
