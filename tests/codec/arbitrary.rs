//! Whatever lies in the journal, reading it gives an event or an error, and never a panic.

use crate::events::{AttributeEvent, SampleEvent, attribute, sample};
use annals::{
    Event, StreamName, Version, codec,
    journal::{AppendId, JournalError, LogId, NewEvent, StoredEvent},
};
use proptest::{collection as many, prelude::*, sample::Index};
use std::fmt::Debug;

/// A change of one place of a text.
#[derive(Clone, Debug)]
enum Change {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    Double(Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let byte = || prop_oneof![any::<u8>(), proptest::sample::select(b"{}[]\",:-+.0123456789eE \n\\utrfalsn".to_vec()),];
    let change = prop_oneof![
        (any::<Index>(), byte()).prop_map(|(place, byte)| Change::Replace(place, byte)),
        (any::<Index>(), byte()).prop_map(|(place, byte)| Change::Insert(place, byte)),
        any::<Index>().prop_map(Change::Remove),
        any::<Index>().prop_map(Change::Cut),
        any::<Index>().prop_map(Change::Double),
    ];
    many::vec(change, 1..6)
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        let place = |index: &Index| index.index(bytes.len());
        match change {
            Change::Replace(index, byte) => {
                let place = place(index);
                bytes[place] = *byte;
            }
            Change::Insert(index, byte) => bytes.insert(place(index), *byte),
            Change::Remove(index) => {
                bytes.remove(place(index));
            }
            Change::Cut(index) => bytes.truncate(place(index)),
            Change::Double(index) => {
                let end = bytes[place(index)..].to_vec();
                bytes.extend(end);
            }
        }
    }
    bytes
}

fn read(bytes: Vec<u8>) -> Result<StoredEvent, JournalError> {
    StoredEvent::read(StreamName::new("sample", "1"), Version::new(1), 0, bytes)
}

/// Reads bytes as an event as far as they go.
fn read_through(bytes: Vec<u8>) {
    let given = bytes.clone();
    match read(bytes) {
        Ok(stored) => {
            assert!(given.ends_with(stored.payload().as_bytes()), "a payload is the end of what was stored");
            let _ = (stored.recorded_at(), stored.position(), stored.metadata());
            read_as_any_variant::<SampleEvent>(stored.payload());
            let _ = stored.recorded::<SampleEvent>();
        }
        Err(JournalError::Foreign { place, reason }) => {
            assert!(place.contains("sample-1") && reason.contains("found"), "{place}: {reason}");
        }
        Err(error) => panic!("expected that it is not ours, found: {error}"),
    }
}

/// Reads a payload as each variant: what is read can be written, and reads as the same again.
fn read_as_any_variant<E: Event + Debug + PartialEq>(payload: &str) {
    for variant in E::DESCRIPTOR.variants {
        if let Ok(event) = codec::decode::<E>(variant.event_type, variant.schema_version, payload) {
            assert_eq!(event.event_type(), variant.event_type);
            let written = codec::encode(&event).expect("what was read can be written");
            assert_eq!(codec::decode::<E>(variant.event_type, variant.schema_version, &written), Ok(event));
        }
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    // Names that the events know, so that some of it fits.
    let key = prop_oneof![
        any::<String>(),
        proptest::sample::select(vec![
            "single", "double", "number", "text", "list", "amount", "currency", "note", "fn"
        ])
        .prop_map(String::from),
    ];
    leaf.prop_recursive(5, 32, 6, move |inner| {
        prop_oneof![
            many::vec(inner.clone(), 0..6).prop_map(Into::into),
            many::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>()) {
        read_through(bytes);
    }

    #[test]
    fn any_line_and_payload_are_read_or_refused(line in "[0-9-]{0,24} ?\\PC{0,40}", payload in ".{0,40}") {
        read_through(format!("{line}\n{payload}").into_bytes());
    }

    #[test]
    fn a_stored_event_that_was_changed_is_read_or_refused(event in sample(), changes in changes()) {
        let payload = codec::encode(&event).expect("a sample is finite");
        let written = NewEvent::new(event.event_type(), payload).write(&AppendId::fresh()).expect("one line each");
        let stored = format!("{} {written}", LogId::new(1_732_000_000_000, 41)).into_bytes();
        prop_assert_eq!(read(stored.clone()).unwrap().decode::<SampleEvent>(), Ok(event));
        read_through(changed(stored, &changes));
    }

    #[test]
    fn any_text_is_read_or_refused(payload in any::<String>()) {
        read_as_any_variant::<SampleEvent>(&payload);
        read_as_any_variant::<AttributeEvent>(&payload);
    }

    #[test]
    fn any_json_is_read_or_refused(json in json()) {
        let payload = json.to_string();
        read_as_any_variant::<SampleEvent>(&payload);
        read_as_any_variant::<AttributeEvent>(&payload);
    }

    #[test]
    fn a_payload_that_was_changed_is_read_or_refused(event in attribute(), changes in changes()) {
        let payload = codec::encode(&event).expect("an attribute event is finite");
        let payload = String::from_utf8_lossy(&changed(payload.into_bytes(), &changes)).into_owned();
        read_as_any_variant::<AttributeEvent>(&payload);
    }
}
