//! `#[derive(Projection)]`.

use crate::places;
use annals::{Event, EventSet, Fold, Keys, Or, Projection, Single, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum OrderEvent {
    Created { user_id: String, amount: f64 },
    LineAdded { price: f64, quantity: u32 },
    Confirmed,
    Cancelled { reason: String },
}

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum PaymentEvent {
    Received { order: String, cents: u64 },
    Refunded,
}

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum ShippingEvent {
    Sent,
    Lost,
}

fn created(user: &str, amount: f64) -> OrderEvent {
    OrderEvent::Created { user_id: user.to_owned(), amount }
}

fn cancelled(reason: &str) -> OrderEvent {
    OrderEvent::Cancelled { reason: reason.to_owned() }
}

/// The row after these events of the order 1, and what became of it.
fn fold<P: Projection>(key: &P::Key, events: impl IntoIterator<Item = P::Events>) -> (P, Fold) {
    let (mut row, mut fate) = (P::open(key), Fold::Keep);
    for (event, version) in events.into_iter().zip(1..) {
        fate = row.apply(&event, &places::order("1", version));
    }
    (row, fate)
}

/// The keys of an event of the order 1.
fn keys<P: Projection>(event: impl Into<P::Events>) -> Result<Keys<P::Key>, String> {
    P::keys(&event.into(), &places::order("1", 1))
}

#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent))]
struct OrderSummary {
    #[key]
    order_id: String,
    #[on(Created { user_id, .. })]
    user_id: String,
    #[on(Created { amount, .. })]
    #[on(LineAdded { price, quantity, .. } => += price * f64::from(*quantity))]
    amount: f64,
    #[on(Created { .. }, meta => Some(meta.recorded_at))]
    created_at: Option<Timestamp>,
    #[on(Confirmed => "confirmed".to_owned())]
    #[on(Cancelled { .. } => "cancelled".to_owned())]
    status: String,
}

#[test]
fn a_row_follows_the_events_of_its_aggregate() {
    let events = [created("ann", 1.0), OrderEvent::LineAdded { price: 2.0, quantity: 3 }, OrderEvent::Confirmed];
    let (row, fate) = fold::<OrderSummary>(&"1".to_owned(), events);
    let expected = OrderSummary {
        order_id: "1".to_owned(),
        user_id: "ann".to_owned(),
        amount: 7.0,
        created_at: Some(Timestamp::UNIX_EPOCH),
        status: "confirmed".to_owned(),
    };
    assert_eq!((row, fate), (expected, Fold::Keep));
    assert_eq!(OrderSummary::NAME, "order-summary");
    assert_eq!(keys::<OrderSummary>(OrderEvent::Confirmed), Ok(Keys::one("1".to_owned())));
    assert_eq!(fold::<OrderSummary>(&String::new(), [cancelled("")]).0.status, "cancelled");
}

#[test]
fn a_row_begins_with_its_key_and_defaults() {
    let row = OrderSummary::open(&"7".to_owned());
    assert_eq!(row, OrderSummary { order_id: "7".to_owned(), ..OrderSummary::default() });
}

#[test]
fn a_key_may_have_a_type() {
    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "numbered", events(OrderEvent), ignore(_))]
    struct Numbered {
        #[key]
        number: u64,
        #[on(Confirmed => true)]
        confirmed: bool,
    }
    assert_eq!(keys::<Numbered>(OrderEvent::Confirmed), Ok(Keys::one(1)));
    let problem = Numbered::keys(&OrderEvent::Confirmed, &places::order("one", 1)).unwrap_err();
    assert!(problem.contains("`one`") && problem.contains("u64"), "{problem}");
    assert_eq!(Numbered::open(&3), Numbered { number: 3, confirmed: false });
    assert!(fold::<Numbered>(&1, [OrderEvent::Confirmed]).0.confirmed);
}

#[test]
fn an_event_goes_to_the_row_that_is_said() {
    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "user-orders", events(OrderEvent), ignore(Confirmed))]
    #[row(Created { user_id, amount } if *amount > 0.0 => user_id)]
    #[row(Created { user_id, .. } => format!("free-{user_id}"))]
    #[row(Cancelled { .. }, meta => meta.actor.clone().unwrap_or_default())]
    struct UserOrders {
        #[key]
        user_id: String,
        #[on(Created { .. } | LineAdded { .. } => += 1)]
        #[on(Cancelled { .. } => -= 1)]
        orders: i32,
    }
    assert_eq!(keys::<UserOrders>(created("ann", 1.0)), Ok(Keys::one("ann".to_owned())));
    assert_eq!(keys::<UserOrders>(created("ann", 0.0)), Ok(Keys::one("free-ann".to_owned())));
    assert_eq!(keys::<UserOrders>(cancelled("")), Ok(Keys::one("clerk".to_owned())));
    assert_eq!(keys::<UserOrders>(OrderEvent::LineAdded { price: 0.0, quantity: 0 }), Ok(Keys::one("1".to_owned())));
    assert_eq!(keys::<UserOrders>(OrderEvent::Confirmed), Ok(Keys::none()));
    assert_eq!(fold::<UserOrders>(&"ann".to_owned(), [created("ann", 1.0), cancelled("")]).0.orders, 0);
}

#[test]
fn what_is_ignored_concerns_no_row() {
    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "amounts", events(OrderEvent), ignore(LineAdded, Confirmed, OrderEvent::Cancelled))]
    struct Some_ {
        #[key]
        id: String,
        #[on(Created { amount, .. })]
        amount: f64,
    }
    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "amounts", events(OrderEvent), ignore(_))]
    #[remove(Cancelled { .. })]
    struct Rest {
        #[key]
        id: String,
        #[on(Created { amount, .. })]
        amount: f64,
    }
    let all =
        [created("", 1.0), OrderEvent::LineAdded { price: 0.0, quantity: 0 }, OrderEvent::Confirmed, cancelled("")];
    let concerned = |keys: fn(OrderEvent) -> Result<Keys<String>, String>| {
        all.clone().map(|event| keys(event).unwrap().iter().count())
    };
    assert_eq!(concerned(keys::<Some_>), [1, 0, 0, 0]);
    assert_eq!(concerned(keys::<Rest>), [1, 0, 0, 1]);
    assert!((fold::<Some_>(&String::new(), all.clone()).0.amount - 1.0).abs() < f64::EPSILON);
    assert_eq!(fold::<Rest>(&String::new(), all).1, Fold::Remove);
}

#[test]
fn a_row_is_removed_by_its_events() {
    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "open-orders", events(OrderEvent))]
    #[remove(Confirmed)]
    #[remove(Cancelled { reason } if reason != "test", meta)]
    #[remove(LineAdded { .. } if self.lines > 1)]
    struct OpenOrder {
        #[key]
        id: String,
        #[on(Created { user_id, .. })]
        user_id: String,
        #[on(LineAdded { .. } => += 1)]
        lines: u32,
    }
    let line = || OrderEvent::LineAdded { price: 0.0, quantity: 0 };
    let id = "1".to_owned();
    for (events, expected) in [
        (vec![created("ann", 0.0)], Fold::Keep),
        (vec![OrderEvent::Confirmed], Fold::Remove),
        (vec![cancelled("rain")], Fold::Remove),
        (vec![cancelled("test")], Fold::Keep),
        (vec![line()], Fold::Keep),
        (vec![line(), line()], Fold::Remove),
    ] {
        assert_eq!(fold::<OpenOrder>(&id, events.clone()).1, expected, "{events:?}");
    }
    assert_eq!(fold::<OpenOrder>(&id, [created("ann", 0.0)]).0.user_id, "ann");
}

#[test]
fn a_single_row_takes_everything() {
    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "turnover", events(OrderEvent), ignore(Confirmed, Cancelled), single)]
    struct Turnover {
        #[on(Created { amount, .. } => += amount)]
        #[on(LineAdded { price, quantity } => += price * f64::from(*quantity))]
        total: f64,
    }
    assert_eq!(keys::<Turnover>(created("ann", 1.0)), Ok(Keys::one(Single)));
    assert_eq!(keys::<Turnover>(OrderEvent::Confirmed), Ok(Keys::none()));
    let (row, _) = fold::<Turnover>(&Single, [created("ann", 1.0), created("bob", 2.0)]);
    assert_eq!(row, Turnover { total: 3.0 });
}

#[test]
fn a_row_may_follow_several_kinds_of_aggregates() {
    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "journeys", events(OrderEvent, PaymentEvent, ShippingEvent), ignore(OrderEvent::LineAdded))]
    #[on(ShippingEvent::Sent | OrderEvent::Confirmed => self.steps += 10)]
    #[row(PaymentEvent::Received { order, .. } => order)]
    #[remove(ShippingEvent::Lost | PaymentEvent::Refunded)]
    struct Journey {
        #[key]
        order: String,
        #[on(OrderEvent::Created { .. } => += 1)]
        #[on(PaymentEvent::Received { .. } | OrderEvent::Cancelled { .. } => += 100)]
        steps: u32,
        #[on(PaymentEvent::Received { cents, .. })]
        cents: u64,
        #[on(event @ (OrderEvent::Confirmed | OrderEvent::Cancelled { .. }) => event.event_type().to_owned())]
        last: String,
    }
    type Events = Or<OrderEvent, Or<PaymentEvent, ShippingEvent>>;
    let payment = || Events::Second(Or::First(PaymentEvent::Received { order: "9".to_owned(), cents: 5 }));
    let shipping = |event| Events::Second(Or::Second(event));
    assert_eq!(<Journey as Projection>::Events::event_types(), Events::event_types());
    assert_eq!(keys::<Journey>(payment()), Ok(Keys::one("9".to_owned())));
    assert_eq!(keys::<Journey>(shipping(ShippingEvent::Sent)), Ok(Keys::one("1".to_owned())));
    assert_eq!(keys::<Journey>(Or::First(OrderEvent::LineAdded { price: 0.0, quantity: 0 })), Ok(Keys::none()));
    let order = "1".to_owned();
    let (row, fate) = fold::<Journey>(
        &order,
        [Or::First(created("", 0.0)), payment(), shipping(ShippingEvent::Sent), Or::First(OrderEvent::Confirmed)],
    );
    let expected = Journey { order: order.clone(), steps: 121, cents: 5, last: "OrderConfirmed".to_owned() };
    assert_eq!((row, fate), (expected, Fold::Keep));
    assert_eq!(fold::<Journey>(&order, [shipping(ShippingEvent::Lost)]).1, Fold::Remove);
    assert_eq!(fold::<Journey>(&order, [Or::Second(Or::First(PaymentEvent::Refunded))]).1, Fold::Remove);
    assert_eq!(fold::<Journey>(&order, [Or::First(cancelled(""))]).0.steps, 100);
}

#[test]
fn the_rest_of_several_enums_is_ignored_at_once() {
    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "lost", events(ShippingEvent, PaymentEvent), ignore(_), single)]
    struct Losses {
        #[on(ShippingEvent::Lost => += 1)]
        lost: u32,
    }
    type Events = Or<ShippingEvent, PaymentEvent>;
    assert_eq!(keys::<Losses>(Events::First(ShippingEvent::Lost)), Ok(Keys::one(Single)));
    assert_eq!(keys::<Losses>(Events::First(ShippingEvent::Sent)), Ok(Keys::none()));
    assert_eq!(keys::<Losses>(Events::Second(PaymentEvent::Refunded)), Ok(Keys::none()));
    assert_eq!(fold::<Losses>(&Single, [Or::First(ShippingEvent::Lost)]).0, Losses { lost: 1 });
}

#[test]
fn a_row_may_be_generic() {
    #[derive(Event, Serialize, Deserialize)]
    enum NoteEvent<T> {
        Written { text: T },
    }
    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "notes", events(NoteEvent<T>, ShippingEvent), ignore(_))]
    #[serde(bound = "T: Serialize + serde::de::DeserializeOwned")]
    struct Notes<T: Clone + Default> {
        #[key]
        id: String,
        #[on(NoteEvent::Written { text })]
        text: T,
    }
    let (row, _) = fold::<Notes<u8>>(&"1".to_owned(), [Or::First(NoteEvent::Written { text: 4 })]);
    assert_eq!(row, Notes { id: "1".to_owned(), text: 4 });
}

#[test]
fn an_event_may_belong_to_several_rows() {
    #[derive(Event, Serialize, Deserialize)]
    enum TransferEvent {
        Sent { from: String, to: String },
        Shared { among: Vec<String> },
        Booked { accounts: [u32; 2] },
        Refunded { to: Option<String> },
        Closed,
    }
    #[derive(Projection, Default, Serialize, Deserialize)]
    #[projection(name = "accounts", events(TransferEvent), ignore(Closed))]
    #[row(Sent { from, to } => [from, to])]
    #[row(Shared { among } => among)]
    #[row(Booked { accounts } => accounts.iter().map(ToString::to_string))]
    #[row(Refunded { to } => to.as_deref())]
    struct Account {
        #[key]
        id: String,
        #[on(Sent { .. } | Shared { .. } | Booked { .. } | Refunded { .. } => += 1)]
        moves: u32,
    }
    let keys = |event| keys::<Account>(event).unwrap().into_iter().collect::<Vec<_>>();
    let text = ToOwned::to_owned;
    assert_eq!(keys(TransferEvent::Sent { from: text("ann"), to: text("bob") }), ["ann", "bob"]);
    assert_eq!(
        keys(TransferEvent::Shared { among: vec![text("ann"), text("bob"), text("eve")] }),
        ["ann", "bob", "eve"]
    );
    assert_eq!(keys(TransferEvent::Shared { among: Vec::new() }), [""; 0]);
    assert_eq!(keys(TransferEvent::Booked { accounts: [7, 9] }), ["7", "9"]);
    assert_eq!(keys(TransferEvent::Refunded { to: Some(text("ann")) }), ["ann"]);
    assert_eq!(keys(TransferEvent::Refunded { to: None }), [""; 0]);
    assert_eq!(keys(TransferEvent::Closed), [""; 0]);
}

#[test]
fn the_row_of_an_unread_event_is_known_where_its_aggregate_is_enough() {
    #[derive(Projection, Default, Serialize, Deserialize)]
    #[projection(name = "numbered", events(OrderEvent), ignore(_))]
    struct Numbered {
        #[key]
        number: u64,
        #[on(Confirmed => true)]
        confirmed: bool,
    }
    #[derive(Projection, Default, Serialize, Deserialize)]
    #[projection(name = "users", events(OrderEvent), ignore(_))]
    #[row(Created { user_id, .. } => user_id)]
    struct User {
        #[key]
        id: String,
        #[on(Created { .. } | Confirmed => += 1)]
        orders: u32,
    }
    #[derive(Projection, Default, Serialize, Deserialize)]
    #[projection(name = "all", events(OrderEvent), ignore(_), single)]
    struct All {
        #[on(Confirmed => += 1)]
        confirmed: u32,
    }
    let (one, other) = (places::order("1", 1), places::order("one", 1));
    assert_eq!((Numbered::key_of_unread(&one), Numbered::key_of_unread(&other)), (Some(1), None));
    assert_eq!(User::key_of_unread(&one), None);
    assert_eq!(All::key_of_unread(&other), Some(Single));
}

#[test]
fn the_rows_have_a_version() {
    #[derive(Projection, Default, Serialize, Deserialize)]
    #[projection(name = "second", events(OrderEvent), ignore(_), single, version = 2)]
    struct Second {
        #[on(Confirmed => += 1)]
        confirmed: u32,
    }
    assert_eq!((OrderSummary::VERSION, Second::VERSION), (1, 2));
}
