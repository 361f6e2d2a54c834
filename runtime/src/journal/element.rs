//! How an event is written: one line of header, one of payload. The same in every engine.
//!
//! ```text
//! LOG-ID TYPE SCHEMA APPEND-ID[ ANNOTATIONS]\nPAYLOAD
//! ```
//!
//! `redis/FORMAT.md` is the promise; this is the code.

use super::LogId;
use std::ops::Range;

/// A stored event as text, with its parts found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    text: String,
    pub(super) log_id: LogId,
    pub(super) schema_version: u32,
    event_type: Range<usize>,
    append_id: Range<usize>,
    annotations: Option<Range<usize>>,
    payload: usize,
}

impl Element {
    /// Finds the parts of a stored event.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words that follow "this is not an event of ours: ".
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let text = String::from_utf8(bytes).map_err(|error| {
            format!(
                "it is not UTF-8; found `{}`",
                crate::codec::shortened(&error.as_bytes().escape_ascii().to_string())
            )
        })?;
        Self::find_parts(&text)
            .ok_or_else(|| {
                format!(
                    "expected `LOG-ID TYPE SCHEMA APPEND-ID[ ANNOTATIONS]`, a line break and a payload; found `{}`",
                    crate::codec::shortened(&text)
                )
            })
            .map(|parts| Self { text, ..parts })
    }

    fn find_parts(text: &str) -> Option<Self> {
        let end = text.find('\n')?;
        let header = text.get(..end)?;
        let mut start = 0;
        let mut word = || {
            let rest = header.get(start..)?;
            let range = start..start + rest.find(' ').unwrap_or(rest.len());
            start = range.end + 1;
            // Nothing else was ever written, and what does not print must not come into a message.
            let prints = header[range.clone()].bytes().all(|byte| byte.is_ascii_graphic());
            (prints && !range.is_empty()).then_some(range)
        };
        let log_id = word()?;
        let event_type = word()?;
        let schema_version = word()?;
        let append_id = word()?;
        Some(Self {
            text: String::new(),
            log_id: header.get(log_id)?.parse().ok()?,
            schema_version: header.get(schema_version)?.parse().ok()?,
            event_type,
            append_id,
            annotations: (start < end).then_some(start..end),
            payload: end + 1,
        })
    }

    /// All of it, as it is stored.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn event_type(&self) -> &str {
        &self.text[self.event_type.clone()]
    }

    pub(super) fn append_id(&self) -> &str {
        &self.text[self.append_id.clone()]
    }

    pub(super) fn annotations(&self) -> Option<&str> {
        self.annotations.clone().map(|range| &self.text[range])
    }

    pub(super) fn payload(&self) -> &str {
        &self.text[self.payload..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{AppendId, NewEvent};

    fn event() -> NewEvent {
        NewEvent::new("OrderCreated", r#"{"note":"a b"}"#)
    }

    fn round_trip(event: &NewEvent) -> Element {
        let written = event.write(&AppendId::new("a1").unwrap()).unwrap();
        Element::parse(format!("1732000000000-41 {written}").into_bytes()).unwrap()
    }

    #[test]
    fn the_parts_come_back_as_they_were_written() {
        let element = round_trip(&event());
        assert_eq!(element.log_id, LogId::new(1_732_000_000_000, 41));
        assert_eq!((element.event_type(), element.schema_version, element.append_id()), ("OrderCreated", 1, "a1"));
        assert_eq!((element.annotations(), element.payload()), (None, r#"{"note":"a b"}"#));

        let annotated = NewEvent { annotations: Some(r#"{"actor":"the clerk"}"#.into()), ..event() };
        let element = round_trip(&annotated);
        assert_eq!(element.annotations(), Some(r#"{"actor":"the clerk"}"#));
        assert_eq!(element.payload(), r#"{"note":"a b"}"#);
    }

    #[test]
    fn a_payload_may_be_empty_or_have_line_breaks() {
        for payload in ["", "\n", "{\n}\n"] {
            assert_eq!(round_trip(&NewEvent { payload: payload.to_owned(), ..event() }).payload(), payload);
        }
    }

    #[test]
    fn what_is_no_element_says_what_was_found() {
        for bytes in
            [&b""[..], b"hello", b"1-1 T 1 a", b"1-1 T 1\n{}", b"1-1 T x a\n{}", b"1 T 1 a\n{}", b" \n", b"\xff\n"]
        {
            let error = Element::parse(bytes.to_vec()).unwrap_err();
            assert!(error.contains("found `"), "{error}");
        }
    }

    #[test]
    fn what_would_break_an_element_apart_is_not_written() {
        let id = AppendId::new("a1").unwrap();
        for event_type in ["", "a b", "a\nb", "é", &"x".repeat(129)] {
            assert!(NewEvent { event_type: event_type.to_owned().into(), ..event() }.write(&id).is_err());
        }
        assert!(NewEvent { annotations: Some("{\n}".into()), ..event() }.write(&id).is_err());
    }
}
