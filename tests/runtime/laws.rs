//! The laws, held against derived aggregates by invented and by generated histories.

use annals::{
    prelude::*,
    testing::{laws, laws_of},
};
use proptest::{collection, prelude::*};
use std::collections::BTreeMap;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum CartEvent {
    #[undo(never)]
    Opened {
        by: String,
        at: Timestamp,
    },
    #[undo(Removed { sku, quantity: 0 })]
    #[event(version = 2, upcast(1 => AddedV1))]
    Added {
        sku: String,
        quantity: u32,
    },
    #[undo(Added { sku, quantity })]
    Removed {
        sku: String,
        quantity: u32,
    },
    CheckedOut(Payment),
    #[event(unknown)]
    Unknown(annals::UnknownEvent),
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Payment {
    cents: u64,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Deserialize)]
struct AddedV1 {
    sku: String,
}

impl From<AddedV1> for CartEvent {
    fn from(old: AddedV1) -> Self {
        Self::Added { sku: old.sku, quantity: 1 }
    }
}

#[derive(Aggregate, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[aggregate(event = CartEvent, snapshot(every = 10), ignore(Unknown))]
struct Cart {
    #[on(Opened { by, .. } => Some(by.clone()))]
    by: Option<String>,
    #[on(Added { sku, quantity } => .insert(sku.clone(), *quantity))]
    #[on(Removed { sku, .. } => .remove(sku))]
    lines: BTreeMap<String, u32>,
    #[on(CheckedOut(payment) => payment.cents)]
    paid: u64,
    #[on(Opened { .. }, meta => Some(meta.recorded_at))]
    opened_at: Option<Timestamp>,
}

#[test]
fn a_derived_aggregate_keeps_the_laws_with_invented_events() {
    let looked_at = laws::<Cart>();
    assert_eq!((looked_at.events, looked_at.samples, looked_at.splits, looked_at.undone), (4, 0, 5, 2));
}

/// Lines come and go as they may: what is added was not there, what is removed was.
fn histories() -> impl Strategy<Value = Vec<CartEvent>> {
    collection::vec(("[a-c]", 0..9_u32, any::<Option<String>>()), 0..30).prop_map(|wishes| {
        let mut lines = BTreeMap::new();
        let mut events = vec![CartEvent::Opened { by: "ann".to_owned(), at: Timestamp::UNIX_EPOCH }];
        for (sku, quantity, note) in wishes {
            if let Some(quantity) = lines.remove(&sku) {
                events.push(CartEvent::Removed { sku, quantity });
            } else if quantity == 0 {
                events.push(CartEvent::CheckedOut(Payment { cents: 100, note }));
            } else {
                lines.insert(sku.clone(), quantity);
                events.push(CartEvent::Added { sku, quantity });
            }
        }
        events
    })
}

proptest! {
    #[test]
    fn a_derived_aggregate_keeps_the_laws_with_generated_histories(history in histories()) {
        let lines = history.iter().filter(|event| matches!(event.descriptor().name, "Added" | "Removed")).count();
        let length = history.len();
        let looked_at = laws_of::<Cart>(history);
        prop_assert_eq!((looked_at.events, looked_at.splits, looked_at.undone), (length, length + 1, lines));
    }
}

#[test]
#[should_panic(
    expected = "a law is broken by `Cart`: what undoes an event gives the state before it\nat event 2 of 2, \
                           `CartAdded`"
)]
fn a_history_that_the_undo_does_not_hold_for_is_found() {
    let added = |quantity| CartEvent::Added { sku: "a".to_owned(), quantity };
    laws_of::<Cart>([added(1), added(2)]);
}
