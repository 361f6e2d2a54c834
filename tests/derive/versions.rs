//! `#[event(version = …, upcast(…))]`, `unknown`, `retired` and `#[undo(…)]`.

use annals::{
    Annotations, Event, EventSet, Metadata, Position, StreamName, Timestamp, Undo, UnknownEvent, Version,
    codec::{DecodeReason, decode, encode},
    journal::StoredEvent,
};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[event(retired("OrderPromised", "OrderHinted"))]
enum OrderEvent {
    #[event(alias = "OrderMade", version = 3, upcast(2 => CreatedV2, 1 => history::CreatedV1))]
    #[undo(never)]
    Created {
        cents: u64,
        currency: String,
    },
    #[undo(LineRemoved { sku, note: format!("of {quantity}") })]
    #[undo(Self::Confirmed)]
    LineAdded {
        sku: String,
        quantity: u32,
        price: f64,
    },
    LineRemoved {
        sku: String,
        note: String,
    },
    #[event(version = 2, upcast(1 => ConfirmedV1))]
    Confirmed,
    #[undo(Paid(Payment { cents: payload.cents, back: !payload.back }))]
    Paid(Payment),
    #[event(unknown)]
    #[undo(never)]
    Unknown(UnknownEvent),
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Payment {
    cents: i64,
    back: bool,
}

mod history {
    #[derive(serde::Deserialize)]
    pub(crate) struct CreatedV1 {
        pub(crate) amount: f64,
    }
}

#[derive(Deserialize)]
struct CreatedV2 {
    cents: u64,
}

#[derive(Deserialize)]
struct ConfirmedV1 {
    #[expect(dead_code, reason = "what was stored then and is of no use now")]
    by: String,
}

impl TryFrom<history::CreatedV1> for CreatedV2 {
    type Error = String;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    fn try_from(old: history::CreatedV1) -> Result<Self, String> {
        let cents = (old.amount * 100.0).round();
        if cents < 0.0 { Err(format!("{} is no amount", old.amount)) } else { Ok(Self { cents: cents as u64 }) }
    }
}

impl From<CreatedV2> for OrderEvent {
    fn from(old: CreatedV2) -> Self {
        Self::Created { cents: old.cents, currency: "EUR".to_owned() }
    }
}

impl From<ConfirmedV1> for OrderEvent {
    fn from(_: ConfirmedV1) -> Self {
        Self::Confirmed
    }
}

fn created(cents: u64, currency: &str) -> OrderEvent {
    OrderEvent::Created { cents, currency: currency.to_owned() }
}

fn stored(text: &str) -> StoredEvent {
    let text = format!("1732000000000-41 {text}");
    StoredEvent::read(StreamName::new("order", "1"), Version::new(3), 0, text.into_bytes()).unwrap()
}

#[test]
fn each_version_turns_into_the_next_and_the_last_into_the_event() {
    for (version, payload, currency) in [
        (1, r#"{"amount":9.5}"#, "EUR"),
        (2, r#"{"cents":950}"#, "EUR"),
        (3, r#"{"cents":950,"currency":"CHF"}"#, "CHF"),
    ] {
        for event_type in ["OrderCreated", "OrderMade"] {
            assert_eq!(decode(event_type, version, payload), Ok(created(950, currency)), "version {version}");
        }
    }
    assert_eq!(decode("OrderConfirmed", 1, r#"{"by":"ann"}"#), Ok(OrderEvent::Confirmed));
    assert_eq!(OrderEvent::Confirmed.descriptor().schema_version, 2);
}

#[test]
fn an_old_payload_is_read_as_the_shape_of_its_version_alone() {
    // Each payload reads under one version and under no other.
    for (version, payload) in [(1, r#"{"cents":950}"#), (2, r#"{"amount":9.5}"#), (3, r#"{"cents":950}"#)] {
        let reason = decode::<OrderEvent>("OrderCreated", version, payload).unwrap_err();
        assert!(matches!(reason, DecodeReason::Payload { .. }), "{reason}");
    }
    let reason = decode::<OrderEvent>("OrderCreated", 1, r#"{"cents":950}"#).unwrap_err();
    assert_eq!(
        reason.to_string(),
        "as `CreatedV1`, the shape of version 1: missing field `amount` at line 1 column 13; found `{\"cents\":950}`"
    );
}

#[test]
fn a_conversion_that_refuses_is_an_error_with_its_place() {
    let error = stored("OrderMade 1 import-7\n{\"amount\":-1.5}").decode::<OrderEvent>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot decode event 3 of stream `order-1` (position 41) of type `OrderMade` (schema version 1): schema version 1 \
         does not turn into 2: -1.5 is no amount; found `{\"amount\":-1.5}`"
    );
}

#[test]
fn a_version_that_this_program_does_not_know_is_an_error() {
    for (version, expected) in [(0, 3), (4, 3), (u32::MAX, 3)] {
        let reason = decode::<OrderEvent>("OrderCreated", version, "{}").unwrap_err();
        assert_eq!(reason, DecodeReason::SchemaVersion { expected });
    }
    assert_eq!(
        decode::<OrderEvent>("OrderPaid", 2, "{}").unwrap_err().to_string(),
        "this program reads schema version 1"
    );
    assert_eq!(
        decode::<OrderEvent>("OrderCreated", 4, "{}").unwrap_err().to_string(),
        "this program reads schema version 3 and those before it"
    );
}

#[test]
fn what_is_written_is_of_the_newest_version() {
    assert_eq!(encode(&created(950, "EUR")).unwrap(), r#"{"cents":950,"currency":"EUR"}"#);
    assert_eq!(created(950, "EUR").descriptor().schema_version, 3);
}

#[test]
fn an_unknown_event_is_kept_as_it_is_stored() {
    let event = stored("OrderShipped 7 import-7 {\"actor\":\"ann\"}\n{ \"by\": \"sea\" }");
    let OrderEvent::Unknown(unknown) = event.decode().unwrap() else { panic!("it is unknown") };
    let told = Annotations::default().with_actor("ann");
    let recorded_at = Timestamp::from_millisecond(1_732_000_000_000).unwrap();
    let metadata = Metadata::new(StreamName::new("order", "1"), Version::new(3), Position::from(41), recorded_at, told);
    assert_eq!(unknown, UnknownEvent::new("OrderShipped", 7, "{ \"by\": \"sea\" }", metadata));
    // It goes through the user's own serde derives like any other.
    let json = serde_json::to_string(&OrderEvent::Unknown(unknown.clone())).unwrap();
    assert_eq!(serde_json::from_str::<OrderEvent>(&json).unwrap(), OrderEvent::Unknown(unknown));
}

#[test]
fn an_unknown_event_has_no_name_of_its_own() {
    #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    enum First {
        #[event(unknown)]
        Unknown(UnknownEvent),
        Happened,
    }

    assert_eq!(OrderEvent::DESCRIPTOR.unknown, Some(5));
    assert_eq!(
        OrderEvent::event_types(),
        ["OrderCreated", "OrderMade", "OrderLineAdded", "OrderLineRemoved", "OrderConfirmed", "OrderPaid"]
    );
    assert_eq!(OrderEvent::DESCRIPTOR.position(""), None);
    assert_eq!(OrderEvent::DESCRIPTOR.position("OrderPaid"), Some(4));
    assert_eq!(First::DESCRIPTOR.position("FirstHappened"), Some(1));
    assert_eq!(decode("FirstHappened", 1, "{}"), Ok(First::Happened));
    let shipped = stored("OrderShipped 1 import-7\n{}").decode::<First>().unwrap();
    assert!(matches!(shipped, First::Unknown(event) if event.event_type == "OrderShipped"));
}

#[test]
fn an_unknown_event_cannot_be_written() {
    let unknown = stored("OrderShipped 1 import-7\n{}").decode::<OrderEvent>().unwrap();
    assert_eq!(
        encode(&unknown).unwrap_err().to_string(),
        "cannot encode the event `Unknown`: it is of a type that this program does not know, and only one that does can record it"
    );
}

#[test]
fn a_newer_version_of_a_known_type_is_no_unknown_event() {
    let error = stored("OrderCreated 4 import-7\n{}").decode::<OrderEvent>().unwrap_err();
    assert_eq!(error.reason, DecodeReason::SchemaVersion { expected: 3 });
}

#[test]
fn a_retired_event_is_known_as_such() {
    let promised = stored("OrderPromised 9 import-7\nnot even JSON");
    assert!(promised.is_retired::<OrderEvent>());
    assert_eq!(promised.decode::<OrderEvent>().unwrap_err().reason, DecodeReason::Retired);
    assert!(!stored("OrderShipped 1 import-7\n{}").is_retired::<OrderEvent>());
    assert_eq!(OrderEvent::DESCRIPTOR.retired, ["OrderPromised", "OrderHinted"]);
}

#[test]
fn what_undoes_an_event_is_made_of_its_fields() {
    let added = OrderEvent::LineAdded { sku: "apple".to_owned(), quantity: 2, price: 0.5 };
    let removed = OrderEvent::LineRemoved { sku: "apple".to_owned(), note: "of 2".to_owned() };
    assert_eq!(added.undo(), Undo::With(vec![removed.clone(), OrderEvent::Confirmed]));
    assert_eq!(created(1, "EUR").undo(), Undo::Never);
    assert_eq!(removed.undo(), Undo::Unsaid);
    let paid = |back| OrderEvent::Paid(Payment { cents: 5, back });
    assert_eq!(paid(false).undo(), Undo::With(vec![paid(true)]));
}

#[test]
fn a_struct_enum_may_be_generic_and_have_versions() {
    #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    enum Event<T> {
        #[event(version = 2, upcast(1 => ChangedV1<T>))]
        #[undo(Changed { from: to, to: from })]
        Changed { from: T, to: T },
    }
    #[derive(Deserialize)]
    struct ChangedV1<T> {
        to: T,
    }
    impl<T: Default> TryFrom<ChangedV1<T>> for Event<T> {
        type Error = String;

        fn try_from(old: ChangedV1<T>) -> Result<Self, String> {
            Ok(Self::Changed { from: T::default(), to: old.to })
        }
    }
    assert_eq!(decode::<Event<u8>>("EventChanged", 1, r#"{"to":7}"#), Ok(Event::Changed { from: 0, to: 7 }));
    assert_eq!(Event::Changed { from: 1, to: 2 }.undo(), Undo::With(vec![Event::Changed { from: 2, to: 1 }]));
}
