//! Whatever an event holds, it comes back as it was.

use crate::events::{self, AttributeEvent, SampleEvent, attribute, sample};
use annals::{
    Annotations, Event, StreamName, Timestamp, Version, codec,
    journal::{AppendId, LogId, NewEvent, StoredEvent},
};
use proptest::{collection as many, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::{collections::BTreeSet, fmt::Debug};

/// Writes an event and reads it back, and writes what was read: the same twice.
fn comes_back<E: Event + PartialEq + Debug>(event: &E) -> Result<(), TestCaseError> {
    let payload = codec::encode(event).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(!payload.contains('\n'), "a payload is one line: {payload}");
    let schema_version = event.descriptor().schema_version;
    let back = codec::decode::<E>(event.event_type(), schema_version, &payload);
    let back = back.map_err(|reason| TestCaseError::fail(format!("{reason}: {event:?}")))?;
    prop_assert_eq!(&back, event);
    // Numbers that are equal but not the same, as 0.0 and -0.0, are told apart by how they are written.
    prop_assert_eq!(codec::encode(&back).ok(), Some(payload));
    Ok(())
}

fn annotations() -> impl Strategy<Value = Annotations> {
    let text = || proptest::option::of(events::text());
    let entries = many::btree_map(events::text(), events::text(), 0..4);
    (text(), text(), text(), entries).prop_map(|(correlation, causation, actor, entries)| {
        let mut annotations = Annotations::default();
        (annotations.correlation, annotations.causation, annotations.actor) = (correlation, causation, actor);
        annotations.entries = entries;
        annotations
    })
}

proptest! {
    #[test]
    fn an_event_of_any_shape_comes_back(event in sample()) {
        comes_back(&event)?;
    }

    #[test]
    fn an_event_with_any_serde_attribute_comes_back(event in attribute()) {
        comes_back(&event)?;
    }

    #[test]
    fn an_event_comes_back_from_its_stored_form(
        event in sample(),
        annotations in annotations(),
        millis in 0..253_402_207_200_000_u64,
        number in any::<u64>(),
        version in any::<u64>(),
        partition in any::<u16>(),
        id in text_of_an_id(),
    ) {
        let mut written = NewEvent::new(event.event_type(), codec::encode(&event).expect("a sample is finite"));
        if !annotations.is_empty() {
            written.annotations = Some(serde_json::to_string(&annotations).expect("texts").into());
        }
        let text = written.write(&AppendId::new(&id).expect("printable")).expect("one line each");
        let stream = StreamName::new("sample", "1");
        let bytes = format!("{} {text}", LogId::new(millis, number)).into_bytes();
        let stored = StoredEvent::read(stream.clone(), Version::new(version), partition, bytes).expect("as written");

        prop_assert_eq!((stored.stream(), stored.version()), (&stream, Version::new(version)));
        prop_assert_eq!((stored.position().partition(), stored.position().number()), (partition, number));
        prop_assert_eq!(stored.log_id(), LogId::new(millis, number));
        prop_assert_eq!((stored.event_type(), stored.schema_version()), (event.event_type(), 1));
        prop_assert_eq!(stored.append_id(), id);
        prop_assert_eq!(stored.payload(), &written.payload);
        prop_assert_eq!(stored.annotations(), written.annotations.as_deref());
        prop_assert_eq!(stored.recorded_at(), Timestamp::from_millisecond(i64::try_from(millis).unwrap()).unwrap());

        let recorded = stored.recorded::<SampleEvent>().expect("as written");
        prop_assert_eq!(recorded.event, event);
        let metadata = recorded.metadata;
        prop_assert_eq!((metadata.actor, metadata.causation), (annotations.actor, annotations.causation));
        prop_assert_eq!((metadata.correlation, metadata.entries), (annotations.correlation, annotations.entries));
    }
}

fn text_of_an_id() -> impl Strategy<Value = String> {
    many::vec(b'!'..=b'~', 1..=64).prop_map(|bytes| bytes.into_iter().map(char::from).collect())
}

#[test]
fn whole_numbers_come_back_at_their_ends() {
    let ends = [
        SampleEvent::Unsigned { u8: u8::MAX, u16: u16::MAX, u32: u32::MAX, u64: u64::MAX, u128: u128::MAX },
        SampleEvent::Unsigned { u8: 0, u16: 0, u32: 0, u64: (1 << 53) + 1, u128: u128::from(u64::MAX) + 1 },
        SampleEvent::Signed { i8: i8::MIN, i16: i16::MIN, i32: i32::MIN, i64: i64::MIN, i128: i128::MIN },
        SampleEvent::Signed { i8: i8::MAX, i16: i16::MAX, i32: i32::MAX, i64: i64::MAX, i128: i128::MAX },
        SampleEvent::Signed { i8: -1, i16: -1, i32: -1, i64: -(1 << 53) - 1, i128: i128::from(i64::MIN) - 1 },
        SampleEvent::Counted(u64::MAX),
    ];
    for event in ends {
        comes_back(&event).unwrap();
    }
}

/// The variants that a strategy makes.
fn made<E: Event>(events: impl Strategy<Value = E>) -> BTreeSet<&'static str> {
    let mut runner = TestRunner::deterministic();
    let mut make = || events.new_tree(&mut runner).expect("an event").current().descriptor().name;
    (0..2_000).map(|_| make()).collect()
}

#[test]
fn every_variant_is_made() {
    // The strategies are written by hand; a variant that they forget would be tested by nothing.
    assert_eq!(made(sample()).len(), SampleEvent::DESCRIPTOR.variants.len());
    assert_eq!(made(attribute()).len(), AttributeEvent::DESCRIPTOR.variants.len());
}
