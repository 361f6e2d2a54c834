//! What the tests stand on: events and streams.

use annals::{
    StreamName,
    journal::{Append, Expected, NewEvent},
};

pub(crate) fn stream(id: &str) -> StreamName {
    StreamName::new("order", id)
}

/// This many events.
pub(crate) fn events(count: usize) -> Vec<NewEvent> {
    (1..=count).map(|number| NewEvent::new("Counted", format!(r#"{{"number":{number}}}"#))).collect()
}

pub(crate) fn append(id: &str, expected: Expected, count: usize) -> Append {
    Append::new(stream(id), expected, events(count))
}
