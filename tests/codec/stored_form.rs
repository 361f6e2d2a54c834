//! What stands in the journal, letter by letter, and what else is read as the same event.

use crate::events::{
    Adjacent, AttributeEvent, Celsius, Figure, Name, Never, Payment, SampleEvent, Tagged, Tree, Untagged, Wrapped,
};
use annals::{Event, codec};
use std::{collections::BTreeMap, fmt::Debug};

#[track_caller]
fn stored_as<E: Event + PartialEq + Debug>(event: &E, event_type: &str, payload: &str) {
    assert_eq!(event.event_type(), event_type);
    assert_eq!(codec::encode(event).as_deref().ok(), Some(payload));
    assert_eq!(codec::decode::<E>(event_type, 1, payload).as_ref(), Ok(event));
}

#[track_caller]
fn read_as<E: Event + PartialEq + Debug>(event: &E, payload: &str) {
    assert_eq!(codec::decode::<E>(event.event_type(), 1, payload).as_ref(), Ok(event));
}

fn payment() -> Payment {
    Payment { amount: 99.99, currency: Name("EUR".into()), note: None }
}

#[test]
fn the_payload_is_the_content_of_the_variant_alone() {
    stored_as(&SampleEvent::Happened, "SampleHappened", "{}");
    stored_as(&SampleEvent::Counted(7), "SampleCounted", "7");
    stored_as(&SampleEvent::Paid(payment()), "SamplePaid", r#"{"amount":99.99,"currency":"EUR","note":null}"#);
    stored_as(
        &SampleEvent::Measured { single: 0.1, double: -0.0 },
        "SampleMeasured",
        r#"{"single":0.1,"double":-0.0}"#,
    );
    let drawn = SampleEvent::Drawn {
        figure: Figure::Group(vec![Figure::Point, Figure::Line(1, -1)]),
        tagged: Tagged::SecondOne { value: 1, text: "a\n\"b\"".into() },
        adjacent: Adjacent::Words { words: vec!["é".into()] },
        untagged: Untagged::Number(-1),
        tree: Box::new(Tree { leaves: vec![1], branches: vec![] }),
    };
    stored_as(
        &drawn,
        "SampleDrawn",
        r#"{"figure":{"Group":["Point",{"Line":[1,-1]}]},"tagged":{"kind":"second-one","value":1,"text":"a\n\"b\""},"adjacent":{"t":"Words","c":{"words":["é"]}},"untagged":-1,"tree":{"leaves":[1],"branches":[]}}"#,
    );
}

#[test]
fn raw_names_are_stored_without_their_marks() {
    let told = SampleEvent::Told { text: "a".into(), letter: 'b', flag: true, r#type: "c".into(), r#match: 4 };
    stored_as(&told, "SampleTold", r#"{"text":"a","letter":"b","flag":true,"type":"c","match":4}"#);
    stored_as(&SampleEvent::Raw { r#fn: Figure::Point }, "SampleRaw", r#"{"fn":"Point"}"#);
}

#[test]
fn serde_attributes_hold() {
    let renamed = AttributeEvent::AllRenamed { first_name: "Ada".into(), last_name: None };
    stored_as(&renamed, "AttributeAllRenamed", r#"{"firstName":"Ada","lastName":null}"#);
    let renamed = AttributeEvent::OneRenamed { spaced: 1, both_ways: 2, newest_name: 3 };
    stored_as(&renamed, "AttributeOneRenamed", r#"{"a b":1,"both":2,"newestName":3}"#);
    let shouted = AttributeEvent::Shouted { one_word: true, r#type: false };
    stored_as(&shouted, "AttributeShouted", r#"{"ONE-WORD":true,"TYPE":false}"#);
    let defaulted = AttributeEvent::Defaulted { number: 0, seven: 8, option: None, list: vec![], never: Never };
    stored_as(&defaulted, "AttributeDefaulted", r#"{"number":0,"seven":8}"#);
    let others = BTreeMap::from([("x".to_owned(), Figure::Circle(1.0))]);
    let flattened = AttributeEvent::Flattened { before: 1, payment: payment(), others };
    stored_as(
        &flattened,
        "AttributeFlattened",
        r#"{"before":1,"amount":99.99,"currency":"EUR","note":null,"x":{"Circle":1.0}}"#,
    );
    let converted = AttributeEvent::Converted { number: 255, other: 16, from: Celsius(36.6) };
    stored_as(&converted, "AttributeConverted", r#"{"number":"ff","other":"10","from":36.6}"#);
    let transparent = AttributeEvent::Transparent(Wrapped { inner: vec![Figure::Point] });
    stored_as(&transparent, "AttributeTransparent", r#"["Point"]"#);
}

#[test]
fn an_alias_of_a_field_is_read() {
    let event = AttributeEvent::OneRenamed { spaced: 1, both_ways: 2, newest_name: 3 };
    read_as(&event, r#"{"a b":1,"both":2,"older":3}"#);
    read_as(&event, r#"{"oldest":3,"both":2,"a b":1}"#);
}

#[test]
fn what_is_left_out_is_the_default() {
    let event = AttributeEvent::Defaulted { number: 0, seven: 7, option: None, list: vec![], never: Never };
    read_as(&event, "{}");
    let event = SampleEvent::Perhaps { number: None, text: None, list: None };
    read_as(&event, "{}");
}

#[test]
fn fields_that_are_not_known_and_white_space_are_passed_over() {
    read_as(&SampleEvent::Happened, " {\n} ");
    read_as(&SampleEvent::Happened, r#"{"later":[1,{"a":[[]]}]}"#);
    read_as(&SampleEvent::Counted(7), "\t7\r\n");
    read_as(&SampleEvent::Measured { single: 1.0, double: 2.0 }, r#"{ "later": null, "double": 2, "single": 1e0 }"#);
}
