//! `#[derive(Event)]`.

use annals::{Event, EventDescriptor, FieldDescriptor, Shape, VariantDescriptor};
use serde::{Deserialize, Serialize};

/// What happens to an order.
///
/// All of it.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum OrderEvent {
    /// The customer has ordered.
    #[event(name = "OrderPlaced", alias = "OrderMade")]
    #[event(alias = "order:made")]
    Created {
        /// Who ordered.
        user_id: String,
        lines: Vec<Option<(String, [u8; 2])>>,
    },
    Paid(Payment),
    Confirmed,
    Checked {},
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Payment {
    cents: u64,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Refund {
    cents: u64,
}

fn stored_names<E: Event>() -> Vec<&'static str> {
    E::DESCRIPTOR.variants.iter().map(|variant| variant.event_type).collect()
}

#[test]
fn a_stored_name_is_the_enums_less_its_ending_and_the_variants() {
    #[derive(Event, Serialize, Deserialize)]
    enum PaymentEvents {
        Received,
    }
    #[derive(Event, Serialize, Deserialize)]
    enum Shipping {
        Begun,
    }
    #[derive(Event, Serialize, Deserialize)]
    enum Event {
        Happened,
    }
    assert_eq!(stored_names::<OrderEvent>(), ["OrderPlaced", "OrderPaid", "OrderConfirmed", "OrderChecked"]);
    assert_eq!(stored_names::<PaymentEvents>(), ["PaymentReceived"]);
    assert_eq!(stored_names::<Shipping>(), ["ShippingBegun"]);
    assert_eq!(stored_names::<Event>(), ["EventHappened"]);
    assert_eq!(PaymentEvents::Received.event_type(), "PaymentReceived");
    assert_eq!(Shipping::Begun.event_type(), "ShippingBegun");
    assert_eq!(Event::Happened.event_type(), "EventHappened");
}

#[test]
fn a_prefix_takes_the_place_of_the_enums_name() {
    #[derive(Event, Serialize, Deserialize)]
    #[event(prefix = "shop.order:")]
    enum OrderEvent {
        Created,
        #[event(name = "Gone")]
        Cancelled,
    }
    #[derive(Event, Serialize, Deserialize)]
    #[event(prefix = "")]
    enum Bare {
        Created,
    }
    assert_eq!(stored_names::<OrderEvent>(), ["shop.order:Created", "Gone"]);
    assert_eq!(stored_names::<Bare>(), ["Created"]);
    assert_eq!(OrderEvent::Created.event_type(), "shop.order:Created");
    assert_eq!(OrderEvent::Cancelled.event_type(), "Gone");
    assert_eq!(Bare::Created.event_type(), "Created");
}

#[test]
fn aliases_are_read_as_the_variant() {
    let names = ["OrderPlaced", "OrderMade", "order:made", "OrderPaid", "OrderCreated"];
    let found = names.map(|name| OrderEvent::DESCRIPTOR.position(name));
    assert_eq!(found, [Some(0), Some(0), Some(0), Some(1), None]);
}

#[test]
fn every_event_knows_its_variant() {
    let events = [
        OrderEvent::Created { user_id: "ann".to_owned(), lines: Vec::new() },
        OrderEvent::Paid(Payment { cents: 1 }),
        OrderEvent::Confirmed,
        OrderEvent::Checked {},
    ];
    assert_eq!(events.each_ref().map(Event::variant_index), [0, 1, 2, 3]);
    assert_eq!(events.each_ref().map(|event| event.descriptor().name), ["Created", "Paid", "Confirmed", "Checked"]);
}

#[test]
fn the_descriptor_tells_what_the_source_says() {
    const CREATED: &[FieldDescriptor] = &[
        FieldDescriptor::new("user_id", "String").with_doc("Who ordered."),
        FieldDescriptor::new("lines", "Vec<Option<(String, [u8; 2])>>"),
    ];
    const VARIANTS: &[VariantDescriptor] = &[
        VariantDescriptor::new("Created", "OrderPlaced")
            .with_aliases(&["OrderMade", "order:made"])
            .with_doc("The customer has ordered.")
            .with_fields(Shape::Struct, CREATED),
        VariantDescriptor::new("Paid", "OrderPaid")
            .with_fields(Shape::Newtype, &[FieldDescriptor::new("0", "Payment")]),
        VariantDescriptor::new("Confirmed", "OrderConfirmed"),
        VariantDescriptor::new("Checked", "OrderChecked").with_fields(Shape::Struct, &[]),
    ];
    let expected = EventDescriptor::new("OrderEvent", VARIANTS).with_doc("What happens to an order.\n\nAll of it.");
    assert_eq!(*OrderEvent::DESCRIPTOR, expected);
}

#[test]
fn a_payload_becomes_its_event() {
    assert_eq!(OrderEvent::from(Payment { cents: 5 }), OrderEvent::Paid(Payment { cents: 5 }));
}

#[test]
fn a_payload_of_two_variants_becomes_neither() {
    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    enum AccountEvent {
        Opened(Payment),
        Credited(Payment),
        Refunded(Refund),
    }
    // Would not compile beside an impl of the derive's.
    impl From<Payment> for AccountEvent {
        fn from(payment: Payment) -> Self {
            if payment.cents == 0 { Self::Opened(payment) } else { Self::Credited(payment) }
        }
    }
    assert_eq!(AccountEvent::from(Payment { cents: 0 }).event_type(), "AccountOpened");
    assert_eq!(AccountEvent::from(Payment { cents: 1 }).event_type(), "AccountCredited");
    assert_eq!(AccountEvent::from(Refund { cents: 1 }), AccountEvent::Refunded(Refund { cents: 1 }));
}

#[test]
fn an_event_may_be_generic() {
    #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    enum NoteEvent<T, const N: u8 = 0>
    where
        T: Clone,
    {
        Written(T),
        Tagged(Vec<T>),
        Erased,
    }
    assert_eq!(stored_names::<NoteEvent<String>>(), ["NoteWritten", "NoteTagged", "NoteErased"]);
    assert_eq!(NoteEvent::<u8, 7>::from(vec![1]), NoteEvent::Tagged(vec![1]));
    assert_eq!(NoteEvent::<u8>::Written(1).event_type(), "NoteWritten");
    assert_eq!(NoteEvent::<u8>::Erased.variant_index(), 2);
}

#[test]
fn raw_identifiers_are_stored_without_their_mark() {
    #[derive(Event, Serialize, Deserialize)]
    #[allow(non_camel_case_types)]
    enum r#type {
        r#match { r#fn: u8 },
    }
    let event = r#type::r#match { r#fn: 1 };
    assert_eq!(event.event_type(), "typematch");
    assert_eq!((r#type::DESCRIPTOR.name, event.descriptor().name), ("type", "match"));
    assert_eq!(event.descriptor().fields[0].name, "fn");
}

#[test]
fn serde_may_name_fields_as_it_likes() {
    #[derive(Event, Serialize, Deserialize)]
    #[serde(rename_all_fields = "camelCase", deny_unknown_fields)]
    enum OrderEvent {
        #[serde(rename_all = "kebab-case")]
        Created { user_id: String },
    }
    let event = OrderEvent::Created { user_id: String::new() };
    assert_eq!(event.descriptor().fields[0].name, "user_id");
}
