//! What is not the event that it is read as says what was expected and what was found.

use crate::events::{AttributeEvent, SampleEvent};
use annals::{
    Event, EventDescriptor, StreamName, VariantDescriptor, Version,
    codec::{self, DecodeReason},
    journal::StoredEvent,
};
use serde::{Deserialize, Serialize};

#[track_caller]
fn reason(event_type: &str, payload: &str) -> String {
    match codec::decode::<SampleEvent>(event_type, 1, payload) {
        Err(reason @ DecodeReason::Payload { .. }) => reason.to_string(),
        other => panic!("expected a payload that does not read, found {other:?}"),
    }
}

#[test]
fn an_unknown_type_says_which_ones_are_known() {
    for unknown in ["", "Happened", "sampleHappened", "SampleHappened ", "OrderCreated"] {
        let reason = codec::decode::<SampleEvent>(unknown, 1, "{}").unwrap_err();
        let DecodeReason::UnknownType { expected, known } = &reason else { panic!("{reason:?}") };
        assert_eq!((expected.as_str(), known.len()), ("SampleEvent", SampleEvent::DESCRIPTOR.variants.len()));
        let text = reason.to_string();
        assert!(text.contains("`SampleEvent`") && text.contains("`SampleHappened`, `SampleUnsigned`"), "{text}");
    }
}

#[test]
fn another_schema_version_says_which_one_is_read() {
    for version in [0, 2, u32::MAX] {
        let reason = codec::decode::<SampleEvent>("SampleHappened", version, "{}").unwrap_err();
        assert_eq!(reason, DecodeReason::SchemaVersion { expected: 1 });
        assert!(reason.to_string().contains("schema version 1"), "{reason}");
    }
}

#[test]
fn a_payload_of_another_shape_says_what_was_expected_and_found() {
    for (event_type, payload, expected) in [
        ("SampleMeasured", "{}", "missing field `single`"),
        ("SampleMeasured", r#"{"single":"1","double":2}"#, "invalid type: string \"1\", expected f32"),
        ("SampleMeasured", r#"{"single":1,"double":null}"#, "invalid type: null, expected f64"),
        ("SampleMeasured", r#"{"single":1,"single":1,"double":2}"#, "duplicate field `single`"),
        (
            "SampleUnsigned",
            r#"{"u8":256,"u16":0,"u32":0,"u64":0,"u128":0}"#,
            "invalid value: integer `256`, expected u8",
        ),
        ("SampleUnsigned", r#"{"u8":-1,"u16":0,"u32":0,"u64":0,"u128":0}"#, "integer `-1`, expected u8"),
        ("SampleCounted", "1.5", "floating point `1.5`, expected u64"),
        ("SampleRaw", r#"{"fn":"Square"}"#, "unknown variant `Square`, expected one of"),
    ] {
        let reason = reason(event_type, payload);
        assert!(reason.contains(expected), "expected `{expected}`, found: {reason}");
        assert!(reason.ends_with(&format!("; found `{payload}`")), "{reason}");
    }
}

#[test]
fn only_an_object_is_read_as_a_variant_with_fields_or_none() {
    for event_type in ["SampleMeasured", "SampleHappened"] {
        for payload in ["[]", "[1.0,2.0]", "null", "1", "\"Happened\"", "true", r#"[{"single":1,"double":2}]"#] {
            let reason = reason(event_type, payload);
            assert!(reason.contains("expected an object") && reason.contains(payload), "{reason}");
        }
    }
    let reason = codec::decode::<AttributeEvent>("AttributeFlattened", 1, "[1]").unwrap_err().to_string();
    assert!(reason.contains("expected"), "{reason}");
}

#[test]
fn what_is_not_json_to_its_end_is_refused() {
    for payload in
        ["", " ", "{", "}", "{}}", "{}{}", "{} x", "{},", "{}\n{}", "{'a':1}", "{\"a\"}", "nul", "\u{FEFF}{}", "{}\0"]
    {
        let reason = reason("SampleHappened", payload);
        assert!(reason.contains("at line"), "{reason}");
    }
    for payload in ["7 8", "7,", "+7", "07", "7.", "NaN", "Infinity"] {
        assert!(reason("SampleCounted", payload).contains("at line"), "{payload}");
    }
}

#[test]
fn a_long_payload_is_shortened_in_the_message() {
    let payload = format!(r#"{{"single":"{}"}}"#, "é".repeat(100_000));
    let reason = reason("SampleMeasured", &payload);
    // serde's own words repeat the value, and then say what was expected.
    assert!(reason.starts_with("invalid type: string \"éé"), "{reason}");
    assert!(reason.contains("éé\", expected f32 at line 1"), "{reason}");
    assert!(reason.ends_with("éé\"} (200013 bytes)`"), "{reason}");
    assert!(reason.len() < 2_000, "{} bytes", reason.len());
}

#[test]
fn nesting_without_end_is_refused() {
    for payload in
        ["[".repeat(100_000), "{\"fn\":".repeat(100_000), format!("{{\"fn\":{}", "{\"Group\":[".repeat(50_000))]
    {
        assert!(codec::decode::<SampleEvent>("SampleRaw", 1, &payload).is_err());
        assert!(codec::decode::<SampleEvent>("SampleHappened", 1, &payload).is_err());
    }
}

#[test]
fn an_error_names_the_place_of_the_event() {
    let bytes = b"1732000000000-41 SampleMeasured 1 a1\n{\"single\":true}".to_vec();
    let stored = StoredEvent::read(StreamName::new("sample", "7"), Version::new(3), 0, bytes).unwrap();
    let error = stored.decode::<SampleEvent>().unwrap_err().to_string();
    for part in
        ["3 of stream `sample-7` (position 41)", "`SampleMeasured`", "schema version 1", "found `{\"single\":true}`"]
    {
        assert!(error.contains(part), "expected `{part}`, found: {error}");
    }

    let bytes = b"1732000000000-41 SampleHappened 1 a1 {\"actor\":1}\n{}".to_vec();
    let stored = StoredEvent::read(StreamName::new("sample", "7"), Version::new(3), 0, bytes).unwrap();
    assert_eq!(stored.decode(), Ok(SampleEvent::Happened));
    let error = stored.metadata().unwrap_err().to_string();
    for part in ["3 of stream `sample-7` (position 41)", "metadata", "found `{\"actor\":1}`"] {
        assert!(error.contains(part), "expected `{part}`, found: {error}");
    }
}

/// An enum whose `Event` was written by hand and knows one variant too few.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
enum Unequal {
    First,
    Second,
}

impl Event for Unequal {
    const DESCRIPTOR: &'static EventDescriptor =
        &EventDescriptor::new("Unequal", &[VariantDescriptor::new("Second", "UnequalSecond")]);

    fn variant_index(&self) -> usize {
        match self {
            Self::First => 1,
            Self::Second => 0,
        }
    }
}

#[test]
fn an_event_that_does_not_know_the_variants_of_its_deserialize_is_refused() {
    let error = codec::decode::<Unequal>("UnequalSecond", 1, "{}").unwrap_err().to_string();
    assert!(error.contains("`Deserialize` knows 2 variants and `Event` 1"), "{error}");
    assert!(codec::encode(&Unequal::Second).is_err());
}
