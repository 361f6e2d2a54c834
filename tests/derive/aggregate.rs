//! `#[derive(Aggregate)]`.

use crate::places;
use annals::{Aggregate, Event, Metadata};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum OrderEvent {
    Created { user_id: String, amount: f64 },
    LineAdded { sku: String, price: f64, quantity: u32 },
    Paid(Payment),
    Confirmed,
    Cancelled { reason: Option<String> },
    Viewed,
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
struct Payment {
    cents: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Status {
    #[default]
    None,
    Open,
    Confirmed,
    Cancelled,
}

fn created(user: &str, amount: f64) -> OrderEvent {
    OrderEvent::Created { user_id: user.to_owned(), amount }
}

fn line(sku: &str, price: f64, quantity: u32) -> OrderEvent {
    OrderEvent::LineAdded { sku: sku.to_owned(), price, quantity }
}

/// The state after these events of the order 1.
fn fold<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> A {
    let mut state = A::default();
    for (event, version) in events.into_iter().zip(1..) {
        state.apply(&event, &places::order("1", version));
    }
    state
}

#[test]
fn an_order_follows_its_events() {
    #[derive(Aggregate, Clone, Debug, Default, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(Viewed))]
    struct Order {
        #[on(Created { user_id, .. })]
        user_id: String,
        #[on(Created { .. } => Status::Open)]
        #[on(Confirmed => Status::Confirmed)]
        #[on(Cancelled { .. } => Status::Cancelled)]
        status: Status,
        #[on(Created { amount, .. })]
        #[on(LineAdded { price, quantity, .. } => += price * f64::from(*quantity))]
        total: f64,
        #[on(LineAdded { sku, quantity, .. } => .insert(sku.clone(), *quantity))]
        lines: BTreeMap<String, u32>,
        #[on(Paid(payment))]
        payment: Payment,
        untouched: u8,
    }
    let order: Order = fold([
        created("ann", 1.0),
        line("tea", 2.5, 2),
        OrderEvent::Viewed,
        OrderEvent::Paid(Payment { cents: 600 }),
        OrderEvent::Confirmed,
    ]);
    let expected = Order {
        user_id: "ann".to_owned(),
        status: Status::Confirmed,
        total: 6.0,
        lines: BTreeMap::from([("tea".to_owned(), 2)]),
        payment: Payment { cents: 600 },
        untouched: 0,
    };
    assert_eq!(order, expected);
    let order: Order = fold([created("ann", 1.0), OrderEvent::Cancelled { reason: None }]);
    assert_eq!(order.status, Status::Cancelled);
}

#[test]
fn an_aggregate_is_named_after_its_type() {
    #[derive(Event, Serialize, Deserialize)]
    enum TickEvent {
        Ticked,
    }
    #[derive(Aggregate, Default)]
    #[aggregate(event = TickEvent, ignore(Ticked))]
    struct HTTPClockV2;
    #[derive(Aggregate, Default)]
    #[aggregate(event = TickEvent, name = "Clock.wall", ignore(TickEvent::Ticked))]
    struct WallClock {}
    #[derive(Aggregate, Default)]
    #[aggregate(event = TickEvent, ignore(Ticked))]
    #[allow(non_camel_case_types)]
    struct r#loop;
    assert_eq!(HTTPClockV2::NAME, "http_clock_v2");
    assert_eq!(WallClock::NAME, "Clock.wall");
    assert_eq!(r#loop::NAME, "loop");
    assert_eq!(TickEvent::Ticked.event_type(), "TickTicked");
}

#[test]
fn an_id_is_text_unless_it_has_a_type() {
    #[derive(Aggregate, Default)]
    #[aggregate(event = OrderEvent, ignore(Created, LineAdded, Paid, Confirmed, Cancelled, Viewed))]
    struct Named;
    #[derive(Aggregate, Default)]
    #[aggregate(event = OrderEvent, id = u64, ignore(Created, LineAdded, Paid, Confirmed, Cancelled, Viewed))]
    struct Numbered;
    let (_, _): (<Named as Aggregate>::Id, <Numbered as Aggregate>::Id) = (String::new(), 7_u64);
}

#[test]
fn a_state_is_kept_where_that_is_said() {
    #[derive(Aggregate, Default)]
    #[aggregate(event = OrderEvent, ignore(Created, LineAdded, Paid, Confirmed, Cancelled, Viewed))]
    struct Never;
    #[derive(Aggregate, Default, Serialize, Deserialize)]
    #[aggregate(event = OrderEvent, ignore(Created, LineAdded, Paid, Confirmed, Cancelled, Viewed), snapshot(every = 7))]
    struct Often {
        #[serde(skip)]
        untouched: u32,
    }
    #[derive(Aggregate, Default, Serialize, Deserialize)]
    #[aggregate(snapshot(version = 2, every = 4_294_967_295))]
    #[aggregate(event = OrderEvent, ignore(Created, LineAdded, Paid, Confirmed, Cancelled, Viewed))]
    struct Seldom {}
    assert!(Never::SNAPSHOTS.is_none());
    assert_eq!(Often::SNAPSHOTS.map(|snapshots| snapshots.every()), Some(7));
    assert_eq!(Seldom::SNAPSHOTS.map(|snapshots| snapshots.every()), Some(u32::MAX));
    assert_eq!(Often::default().untouched, 0);
}

#[test]
fn a_guard_decides_whether_an_arm_is_meant() {
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(Paid, Confirmed, Cancelled, Viewed))]
    struct Order {
        #[on(LineAdded { price, .. } if *price > 10.0 => += 1)]
        dear: u32,
        #[on(LineAdded { price, .. } if *price > 10.0 => .push("dear"))]
        #[on(LineAdded { .. } if meta.version.number() == 2, meta => .push("second"))]
        #[on(LineAdded { .. } => .push("any"))]
        kinds: Vec<&'static str>,
        #[on(Created { amount, .. } if amount.is_finite() && self.dear == 0)]
        amount: f64,
    }
    let order: Order =
        fold([created("", 1.0), line("", 1.0, 1), line("", 11.0, 1), line("", 2.0, 1), created("", 2.0)]);
    assert_eq!(order, Order { dear: 1, kinds: vec!["second", "dear", "any"], amount: 1.0 });
}

#[test]
fn a_guard_may_take_a_part_of_the_event() {
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(Created, LineAdded, Paid, Confirmed, Viewed))]
    struct Order {
        #[on(Cancelled { reason } if let Some(reason) = reason && !reason.is_empty() => reason.clone())]
        reason: String,
    }
    for (reason, expected) in [(None, ""), (Some(""), ""), (Some("rain"), "rain")] {
        let order: Order = fold([OrderEvent::Cancelled { reason: reason.map(str::to_owned) }]);
        assert_eq!(order.reason, expected);
    }
}

#[test]
#[deny(deprecated)]
fn deprecated_events_are_ignored_in_silence_and_followed_where_that_is_allowed() {
    #[derive(Event, Serialize, Deserialize)]
    enum DoorEvent {
        Opened,
        #[deprecated = "doors open"]
        Broken,
    }
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = DoorEvent, ignore(Broken))]
    struct Careful {
        #[on(Opened => true)]
        open: bool,
    }
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = DoorEvent)]
    #[allow(deprecated)]
    struct Careless {
        #[on(Opened | Broken => true)]
        open: bool,
    }
    assert!(fold::<Careful>([DoorEvent::Opened]).open);
    assert!(fold::<Careless>([DoorEvent::Opened]).open);
}

#[test]
fn the_first_arm_that_matches_is_the_only_one_that_runs() {
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(Created, LineAdded, Paid, Confirmed, Viewed))]
    struct Order {
        #[on(Cancelled { reason: Some(reason) } => reason.clone())]
        #[on(Cancelled { .. } => "no reason".to_owned())]
        reason: String,
    }
    let order: Order = fold([OrderEvent::Cancelled { reason: Some("rain".to_owned()) }]);
    assert_eq!(order.reason, "rain");
    let order: Order = fold([OrderEvent::Cancelled { reason: None }]);
    assert_eq!(order.reason, "no reason");
}

#[test]
fn several_variants_share_an_arm() {
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(Viewed))]
    struct Order {
        #[on(Confirmed | OrderEvent::Cancelled { .. } => true)]
        closed: bool,
        #[on(| Created { amount: money, .. } | LineAdded { price: money, .. })]
        last_money: f64,
        #[on(event @ (Paid(_) | Confirmed) => .push(event.event_type()))]
        seen: Vec<&'static str>,
        #[on(Paid(Payment { cents }))]
        cents: u64,
    }
    let order: Order =
        fold([created("", 1.0), OrderEvent::Paid(Payment { cents: 9 }), line("", 3.0, 1), OrderEvent::Confirmed]);
    assert_eq!(order, Order { closed: true, last_money: 3.0, seen: vec!["OrderPaid", "OrderConfirmed"], cents: 9 });
    assert!(fold::<Order>([OrderEvent::Cancelled { reason: None }]).closed);
}

#[test]
fn metadata_goes_by_the_name_it_is_given() {
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(LineAdded, Paid, Cancelled, Viewed))]
    #[on(Confirmed, meta => self.confirmed_in = meta.stream.to_string())]
    struct Order {
        #[on(Created { user_id, .. }, meta => format!("{user_id} by {:?}", meta.actor))]
        by: String,
        #[on(Created { .. } | Confirmed, at => .push(at.version.number()))]
        versions: Vec<u64>,
        confirmed_in: String,
    }
    let order: Order = fold([created("ann", 0.0), OrderEvent::Viewed, OrderEvent::Confirmed]);
    let expected =
        Order { by: "ann by Some(\"clerk\")".to_owned(), versions: vec![1, 3], confirmed_in: "order-1".to_owned() };
    assert_eq!(order, expected);
}

#[test]
fn every_compound_assignment_works_as_in_rust() {
    #[derive(Event, Serialize, Deserialize)]
    enum SumEvent {
        Set { by: i64 },
        Applied { by: i64 },
    }
    #[derive(Aggregate, Clone, Copy, Debug, Default, PartialEq)]
    #[aggregate(event = SumEvent)]
    struct Sum {
        #[on(Set { by })]
        #[on(Applied { by } => += by)]
        add: i64,
        #[on(Set { by })]
        #[on(Applied { by } => -= by)]
        sub: i64,
        #[on(Set { by })]
        #[on(Applied { by } => *= by)]
        mul: i64,
        #[on(Set { by })]
        #[on(Applied { by } => /= by)]
        div: i64,
        #[on(Set { by })]
        #[on(Applied { by } => %= by)]
        rem: i64,
        #[on(Set { by })]
        #[on(Applied { by } => ^= by)]
        xor: i64,
        #[on(Set { by })]
        #[on(Applied { by } => &= by)]
        and: i64,
        #[on(Set { by })]
        #[on(Applied { by } => |= by)]
        or: i64,
        #[on(Set { by })]
        #[on(Applied { by } => <<= by)]
        shl: i64,
        #[on(Set { by })]
        #[on(Applied { by } => >>= by)]
        shr: i64,
    }
    let sum: Sum = fold([SumEvent::Set { by: 29 }, SumEvent::Applied { by: 3 }]);
    let expected = Sum {
        add: 29 + 3,
        sub: 29 - 3,
        mul: 29 * 3,
        div: 29 / 3,
        rem: 29 % 3,
        xor: 0b1_1101 ^ 0b11,
        and: 0b1_1101 & 0b11,
        or: 0b1_1101 | 0b11,
        shl: 29 << 3,
        shr: 29 >> 3,
    };
    assert_eq!(sum, expected);
}

#[test]
fn methods_are_called_on_the_field() {
    #[derive(Debug, Default, PartialEq)]
    struct Basket {
        skus: Vec<String>,
        counts: (u32, Vec<u32>),
    }
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(Paid, Confirmed, Viewed))]
    struct Order {
        #[on(LineAdded { sku, .. } => .skus.push(sku.clone()))]
        #[on(Created { .. } => .counts.1.push(7))]
        #[on(Cancelled { .. } => .skus.retain(|sku| sku != "tea"))]
        basket: Basket,
        #[on(LineAdded { sku, quantity, .. } => .entry(sku.clone()).or_default().push(*quantity))]
        #[on(Cancelled { .. } => .clear())]
        quantities: BTreeMap<String, Vec<u32>>,
    }
    let mut events = vec![created("", 0.0), line("tea", 0.0, 1), line("tea", 0.0, 2), line("jam", 0.0, 3)];
    let order: Order = fold(events.clone());
    assert_eq!(order.quantities, BTreeMap::from([("tea".to_owned(), vec![1, 2]), ("jam".to_owned(), vec![3])]));
    events.push(OrderEvent::Cancelled { reason: None });
    let order: Order = fold(events);
    let basket = Basket { skus: vec!["jam".to_owned()], counts: (0, vec![7]) };
    assert_eq!(order, Order { basket, quantities: BTreeMap::new() });
}

#[test]
fn fields_are_updated_in_their_order_and_read_each_other() {
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(Created, Paid, Confirmed, Cancelled, Viewed))]
    #[on(LineAdded { .. } => self.log.push(self.after))]
    #[on(LineAdded { quantity, .. } if *quantity > 1 => self.log.push(0))]
    struct Order {
        #[on(LineAdded { .. } => self.count)]
        before: u32,
        #[on(LineAdded { quantity, .. } => += quantity)]
        count: u32,
        #[on(LineAdded { .. } => self.before * 100 + self.count)]
        after: u32,
        log: Vec<u32>,
    }
    let order: Order = fold([line("", 0.0, 1), line("", 0.0, 2)]);
    assert_eq!(order, Order { before: 1, count: 3, after: 103, log: vec![1, 103, 0] });
}

#[test]
fn a_struct_runs_an_expression_on_its_events() {
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(Paid, Confirmed, Cancelled, Viewed))]
    #[on(Created { user_id, amount } => self.open(user_id, *amount))]
    #[on(LineAdded { sku, .. } => if sku.is_empty() { self.nameless += 1 })]
    struct Order {
        title: String,
        nameless: u32,
    }
    impl Order {
        fn open(&mut self, user_id: &str, amount: f64) {
            self.title = format!("{user_id}: {amount}");
        }
    }
    let order: Order = fold([created("ann", 2.5), line("", 0.0, 0), line("tea", 0.0, 0)]);
    assert_eq!(order, Order { title: "ann: 2.5".to_owned(), nameless: 1 });
}

#[test]
fn an_expression_may_be_a_block() {
    #[derive(Aggregate, Debug, Default)]
    #[aggregate(event = OrderEvent, ignore(Created, Paid, Confirmed, Cancelled, Viewed))]
    struct Order {
        #[on(LineAdded { quantity, .. } => {
            let twice = quantity * 2;
            twice + 1
        })]
        last: u32,
    }
    assert_eq!(fold::<Order>([line("", 0.0, 4)]).last, 9);
}

mod elsewhere {
    use super::{Deserialize, Event, Serialize};

    #[derive(Event, Serialize, Deserialize)]
    pub(super) enum DoorEvent<T> {
        Opened { by: T },
        Closed,
    }
}

#[test]
fn events_may_be_of_another_module_and_generic() {
    #[derive(Aggregate, Debug, Default, PartialEq)]
    #[aggregate(event = elsewhere::DoorEvent<T>)]
    struct Door<T: Clone + Serialize, const N: usize>
    where
        T: for<'de> Deserialize<'de>,
    {
        #[on(Opened { by } => Some(by.clone()))]
        #[on(DoorEvent::Closed => None)]
        open_by: Option<T>,
        #[on(elsewhere::DoorEvent::Opened { .. } => += N)]
        steps: usize,
    }
    let door: Door<u8, 3> = fold([elsewhere::DoorEvent::Opened { by: 5 }]);
    assert_eq!(door, Door { open_by: Some(5), steps: 3 });
    let door: Door<u8, 3> = fold([elsewhere::DoorEvent::Opened { by: 5 }, elsewhere::DoorEvent::Closed]);
    assert_eq!(door, Door { open_by: None, steps: 3 });
    assert_eq!(Door::<u8, 3>::NAME, "door");
}

#[test]
fn an_enum_may_go_by_another_name() {
    use OrderEvent as Happening;
    #[derive(Aggregate, Debug, Default)]
    #[aggregate(event = Happening, ignore(LineAdded, OrderEvent::Paid, Confirmed, Cancelled, Viewed))]
    struct Order {
        #[on(OrderEvent::Created { amount, .. })]
        amount: f64,
    }
    assert!((fold::<Order>([created("", 2.0)]).amount - 2.0).abs() < f64::EPSILON);
}

#[test]
fn an_aggregate_by_hand_and_a_derived_one_are_alike() {
    #[derive(Default, Debug, PartialEq)]
    struct ByHand(u32);
    impl Aggregate for ByHand {
        type Id = String;
        type Event = OrderEvent;
        const NAME: &'static str = "by_hand";
        fn apply(&mut self, event: &OrderEvent, _: &Metadata) {
            if let OrderEvent::LineAdded { quantity, .. } = event {
                self.0 += quantity;
            }
        }
    }
    #[derive(Aggregate, Default, Debug, PartialEq)]
    #[aggregate(event = OrderEvent, ignore(Created, Paid, Confirmed, Cancelled, Viewed))]
    struct Derived {
        #[on(LineAdded { quantity, .. } => += quantity)]
        sum: u32,
    }
    let events = || [line("", 0.0, 4), OrderEvent::Confirmed, line("", 0.0, 3)];
    assert_eq!(fold::<ByHand>(events()).0, fold::<Derived>(events()).sum);
}
