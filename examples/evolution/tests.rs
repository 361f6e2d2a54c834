//! The example, run as a reader would, in memory and on Redis; and the laws of its aggregate.

use super::{
    shipment::{Service, Shipment, ShipmentCommand, ShipmentEvent},
    tell_the_story,
};
use annals::{
    Store,
    testing::{given_stored, laws},
};
use annals_test_support::RedisServer;

async fn run(store: &Store) -> String {
    let mut out = Vec::new();
    tell_the_story(store, &mut out).await.expect("the story is told to its end");
    String::from_utf8(out).expect("it is text")
}

#[tokio::test]
async fn every_release_is_read_by_todays() {
    let output = run(&Store::memory()).await;
    for line in [
        // As it is stored …
        r#"  shipment-7@1  ShipmentRegistered 1  {"to":"Ann","kilograms":1.25}"#,
        "  shipment-7@2  ShipmentWeighed 1  {}",
        r#"  shipment-7@3  ShipmentHandedOver 1  {"signature":"A."}"#,
        r#"  shipment-8@1  ShipmentRegistered 2  {"recipient":"Bob","grams":300}"#,
        r#"  shipment-9@1  ShipmentRegistered 3  {"recipient":"Zoë","grams":900,"service":"Standard"}"#,
        // … and as it is read.
        r#"  1  Registered { recipient: "Ann", grams: 1250, service: Standard }"#,
        r#"  3  Delivered { signature: "A." }"#,
        "  7: 1250 g to Ann, Standard",
        "  8: 300 g to Bob, Standard",
        "  9: 900 g to Zoë, Express",
        r#"  service: "Standard" → "Express""#,
        "  3  Downgraded, which undoes event 2",
    ] {
        assert!(output.lines().any(|found| found == line), "`{line}` is missing in\n{output}");
    }
}

#[tokio::test]
async fn a_second_run_on_redis_adds_nothing_but_the_undo() {
    let server = RedisServer::start();
    let connect = || async { Store::connect(&server.url()).await.expect("the server is there") };
    let first = run(&connect().await).await;
    assert!(first.contains("which undoes event 2"), "{first}");
    let second = run(&connect().await).await;
    assert!(!second.contains("which undoes"), "{second}");
    let events = connect().await.events::<ShipmentEvent>().to_vec().await.expect("the log reads").len();
    let third = run(&connect().await).await;
    assert_eq!(second, third);
    assert_eq!(connect().await.events::<ShipmentEvent>().to_vec().await.expect("the log reads").len(), events);
}

#[test]
#[should_panic(expected = "schema version 1 does not turn into 2: -1 kg is no weight of a shipment")]
fn a_weight_that_is_none_is_an_error_with_its_reason() {
    given_stored([("ShipmentRegistered", 1, r#"{"to":"Ann","kilograms":-1.0}"#)])
        .when(ShipmentCommand::Upgrade)
        .then_nothing();
}

#[test]
fn what_the_first_release_stored_is_decided_on() {
    given_stored([("ShipmentRegistered", 1, r#"{"to":"Ann","kilograms":1.25}"#)])
        .when(ShipmentCommand::Upgrade)
        .then([ShipmentEvent::Upgraded]);
    given_stored([
        ("ShipmentRegistered", 1, r#"{"to":"Ann","kilograms":1.25}"#),
        ("ShipmentHandedOver", 1, r#"{"signature":"A."}"#),
    ])
    .when(ShipmentCommand::Upgrade)
    .then_nothing();
    let register = ShipmentCommand::Register { recipient: "Zoë".to_owned(), grams: 1, service: Service::Express };
    given_stored::<ShipmentEvent>([]).when(register).then([ShipmentEvent::Registered {
        recipient: "Zoë".to_owned(),
        grams: 1,
        service: Service::Express,
    }]);
}

#[test]
fn a_shipment_keeps_the_laws() {
    // With the samples of the lock, which are of one shipment: five kinds of events, one of them in three versions.
    let looked_at = laws::<Shipment>();
    assert_eq!((looked_at.samples, looked_at.undone > 0, looked_at.splits > 0), (8, true, true), "{looked_at:?}");
}
