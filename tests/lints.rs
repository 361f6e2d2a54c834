//! The whole language under every lint that a careful crate may set; also what `cargo clippy` checks.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    clippy::all,
    clippy::pedantic,
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::missing_docs_in_private_items,
    clippy::multiple_inherent_impl,
    clippy::shadow_unrelated,
    clippy::str_to_string,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    let_underscore_drop,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unreachable_pub,
    unused,
    unused_extern_crates,
    unused_import_braces,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    deprecated,
    future_incompatible,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility
)]

use annals::prelude::*;
use annals::{Fold, Or, Position, StreamName, Targeted, Undo, UnknownEvent, codec};
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, error::Error, fmt, num};

/// What happens to an order.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[event(prefix = "Order", crate = ::annals)]
pub enum OrderEvent {
    /// The customer has ordered.
    #[event(name = "OrderOpened", alias = "OrderCreated")]
    Created {
        /// Who.
        user_id: String,
        /// For how much.
        amount: f64,
    },
    /// A line was added.
    LineAdded(LineAdded),
    /// The order was confirmed.
    Confirmed,
    /// The order was given up.
    Cancelled {
        /// Why.
        reason: String,
    },
    /// Somebody looked.
    Viewed {},
}

/// A line of an order.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct LineAdded {
    /// What.
    pub sku: String,
    /// For how much a piece.
    pub price: f64,
    /// How many.
    pub quantity: u32,
}

/// What is paid.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(bound = "")]
pub enum PaymentEvent<N: Amount = u64> {
    /// Money came.
    Paid {
        /// For which order.
        order: String,
        /// How much.
        amount: N,
    },
    /// Money went back.
    Returned,
}

/// What happens to a ticket.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[event(retired("TicketHinted"))]
pub enum TicketEvent {
    /// It was sold.
    #[event(version = 3, upcast(1 => SoldV1, 2 => SoldV2))]
    #[undo(Returned { seat })]
    Sold {
        /// Where.
        seat: u64,
        /// To whom.
        to: String,
    },
    /// It came back.
    #[undo(never)]
    Returned {
        /// Where.
        seat: u64,
    },
    /// Whatever a newer program does with it.
    #[event(unknown)]
    Unknown(UnknownEvent),
}

/// A sale as it was stored first.
#[derive(Deserialize, Clone, Copy, Debug)]
pub struct SoldV1 {
    /// Where.
    pub seat: u32,
}

/// A sale as it was stored then.
#[derive(Deserialize, Clone, Copy, Debug)]
pub struct SoldV2 {
    /// Where.
    pub seat: u64,
}

impl From<SoldV1> for SoldV2 {
    fn from(old: SoldV1) -> Self {
        Self { seat: u64::from(old.seat) }
    }
}

impl From<SoldV2> for TicketEvent {
    fn from(old: SoldV2) -> Self {
        Self::Sold { seat: old.seat, to: String::new() }
    }
}

/// A number of money.
pub trait Amount: Serialize + DeserializeOwned + Clone + Default + fmt::Debug + Send + Sync + 'static {}

impl Amount for u64 {}

/// Where an order stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Before anything happened.
    #[default]
    New,
    /// Lines may be added.
    Open,
    /// Nothing changes any more.
    Closed,
}

/// An order.
#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(event = OrderEvent, id = u64, name = "order", ignore(Viewed), crate = ::annals)]
#[on(LineAdded(line), meta => { let _replaced = self.seen.insert(line.sku.clone(), meta.version); })]
#[on(Confirmed => self.total = self.total.round())]
pub struct Order {
    /// Who ordered.
    #[on(Created { user_id, .. })]
    pub user_id: String,
    /// Where it stands.
    #[on(Created { .. } => Status::Open)]
    #[on(Confirmed | Cancelled { .. } => Status::Closed)]
    pub status: Status,
    /// For how much.
    #[on(Created { amount, .. })]
    #[on(LineAdded(line) if line.quantity > 0 => += line.price * f64::from(line.quantity))]
    pub total: f64,
    /// The lines.
    #[on(LineAdded(LineAdded { sku, quantity, .. }) => .insert(sku.clone(), *quantity))]
    #[on(Cancelled { .. } => .clear())]
    pub lines: BTreeMap<String, u32>,
    /// When which line was added last.
    pub seen: BTreeMap<String, Version>,
    /// Why it was given up.
    #[on(OrderEvent::Cancelled { reason }, meta => Some(format!("{reason} at {}", meta.recorded_at)))]
    pub given_up: Option<String>,
}

/// A payment.
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(bound = "")]
#[aggregate(event = PaymentEvent<N>, ignore(Returned), snapshot(every = 100, version = 2))]
pub struct Payment<N: Amount> {
    /// How much.
    #[on(Paid { amount, .. })]
    pub amount: N,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderError {
    /// The amount is zero or less.
    NothingToPay,
    /// The order is closed or not there.
    NotOpen,
    /// The number is none.
    NoNumber(num::ParseIntError),
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for OrderError {}

impl From<num::ParseIntError> for OrderError {
    fn from(error: num::ParseIntError) -> Self {
        Self::NoNumber(error)
    }
}

/// What may be asked of an order.
#[derive(Command, Clone, Debug, PartialEq)]
#[command(order: Order, cx: Context, error = OrderError, crate = ::annals)]
#[non_exhaustive]
pub enum OrderCommand {
    /// To open it.
    #[command(creates)]
    #[require(amount > 0.0, OrderError::NothingToPay)]
    #[emit(Created { user_id, amount })]
    Create {
        /// Which.
        #[command(id)]
        id: u64,
        /// For whom.
        user_id: String,
        /// For how much.
        amount: f64,
    },
    /// To add a line.
    #[require(order.status == Status::Open, OrderError::NotOpen)]
    #[emit(LineAdded(LineAdded { sku, price: 2.5, quantity: quantity.parse()? }))]
    #[emit(Confirmed if last && cx.actor().is_none())]
    #[emit(OrderEvent::Viewed {} if order.total.is_sign_positive())]
    AddLine {
        /// To which.
        #[command(id)]
        id: u64,
        /// What.
        sku: String,
        /// How many.
        quantity: String,
        /// Whether it is the last.
        last: bool,
    },
    /// To confirm it.
    #[skip_if(order.status == Status::Closed)]
    #[require(order.status == Status::Open, OrderError::NotOpen)]
    #[emit(Confirmed)]
    Confirm {
        /// Which.
        #[command(id)]
        id: u64,
    },
    /// To give it up.
    #[command(any)]
    #[skip_if(reason.is_empty())]
    #[handler(Order::cancel)]
    Cancel {
        /// Which.
        #[command(id)]
        id: u64,
        /// Why.
        reason: String,
    },
}

impl Order {
    /// Gives the order up, once.
    fn cancel(&self, _: &Context, _: u64, reason: String) -> Result<Option<OrderEvent>, OrderError> {
        if self.status == Status::New {
            return Err(OrderError::NotOpen);
        }
        Ok(self.given_up.is_none().then_some(OrderEvent::Cancelled { reason }))
    }
}

/// To pay.
#[derive(Command, Clone, Debug, PartialEq)]
#[command(payment: Payment<N>)]
#[command(any)]
#[skip_if(format!("{:?}", payment.amount) == format!("{amount:?}"))]
#[emit(Paid { order, amount })]
pub struct Pay<N: Amount> {
    /// For which order.
    #[command(id)]
    pub order: String,
    /// How much.
    pub amount: N,
}

/// To do nothing much.
#[derive(Command, Clone, Copy, Debug, PartialEq, Eq)]
#[command(_order: Order)]
#[command(creates)]
#[handler(nothing)]
pub struct Nothing;

/// No event at all.
fn nothing(_: &Order) -> [OrderEvent; 0] {
    []
}

/// Orders as a list shows them.
#[derive(Projection, Clone, Debug, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent, PaymentEvent), crate = ::annals)]
#[projection(ignore(OrderEvent::Viewed, PaymentEvent::Returned))]
#[row(PaymentEvent::Paid { order, .. } => order)]
#[on(OrderEvent::Confirmed, meta => self.history.push(meta.version))]
#[remove(OrderEvent::Cancelled { reason } if reason == "mistake")]
pub struct OrderSummary {
    /// Which.
    #[key]
    #[index(range)]
    pub order_id: String,
    /// Who.
    #[index]
    #[on(OrderEvent::Created { user_id, .. })]
    pub user_id: String,
    /// How it is paid.
    #[index]
    way: Way,
    /// For how much.
    #[index(range)]
    #[index(range, per = user_id)]
    #[index(range, per = way)]
    #[on(OrderEvent::Created { amount, .. })]
    #[on(OrderEvent::LineAdded(line) => += line.price * f64::from(line.quantity))]
    pub amount: f64,
    /// What came.
    #[on(PaymentEvent::Paid { amount, .. } => += amount)]
    pub paid: u64,
    /// When it was confirmed.
    #[on(OrderEvent::Created { .. }, meta => Some(meta.recorded_at))]
    pub created_at: Option<Timestamp>,
    /// Where it stands.
    #[on(OrderEvent::Confirmed => "confirmed".to_owned())]
    #[on(OrderEvent::Cancelled { .. } => "cancelled".to_owned())]
    pub status: String,
    /// At which versions it was confirmed.
    pub history: Vec<Version>,
}

/// A way to pay.
#[derive(annals::Indexed, Clone, Copy, Debug, Default, Serialize, Deserialize)]
enum Way {
    /// With coins.
    #[default]
    Cash,
    /// With a number.
    Card,
}

/// A number of a card.
#[derive(annals::Indexed, Clone, Copy, Debug, Default)]
pub struct CardNumber(u64);

impl OrderSummary {
    /// How it is paid.
    #[must_use]
    pub const fn by_card(&self) -> bool {
        matches!(self.way, Way::Card)
    }
}

/// All orders together.
#[derive(Projection, Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[projection(name = "totals", events(OrderEvent), single, ignore(_))]
pub struct Totals {
    /// How many.
    #[on(Created { .. } => += 1)]
    pub orders: u64,
    /// For how much.
    #[on(Created { amount, .. } if *amount > 0.0 => += amount)]
    pub amount: f64,
}

/// Where nothing may be allowed again: an `#[allow]` in generated code would not compile. Serde's derives have some.
mod forbidding {
    #![forbid(
        warnings,
        clippy::all,
        clippy::pedantic,
        missing_docs,
        nonstandard_style,
        unused,
        unused_qualifications,
        unused_results
    )]

    use super::{LineAdded, OrderError, OrderEvent};
    use annals::{Aggregate, Command, Version};

    /// How often an order was looked at.
    #[derive(Aggregate, Clone, Copy, Debug, Default)]
    #[aggregate(event = OrderEvent, name = "looks", ignore(Created, Cancelled))]
    #[on(LineAdded(LineAdded { quantity, .. }) if *quantity > 9, meta => self.last = meta.version)]
    pub(crate) struct Looks {
        /// How often.
        #[on(Viewed { .. } => += 1)]
        #[on(Confirmed => 0)]
        pub(crate) number: u64,
        /// Where the last long line is.
        pub(crate) last: Version,
    }

    /// To look once more.
    #[derive(Command, Clone, Debug)]
    #[command(looks: Looks, error = OrderError)]
    pub(crate) enum Look {
        /// At the order.
        #[command(any)]
        #[require(looks.number < 3, OrderError::NotOpen)]
        #[skip_if(absent)]
        #[emit(Viewed {})]
        #[emit(Confirmed if looks.number == 2)]
        Again {
            /// At which.
            #[command(id)]
            order: String,
            /// Whether nobody looks.
            absent: bool,
        },
        /// Somewhere else.
        #[handler(away)]
        Away {
            /// From which.
            #[command(id)]
            order: String,
        },
    }

    /// Nothing happens to the order.
    fn away(_: &Looks, _: String) -> Option<OrderEvent> {
        None
    }
}

/// A context without annotations.
fn context() -> Context {
    Context::new("7", Version::new(1), Timestamp::UNIX_EPOCH, Annotations::default())
}

/// The metadata of an event of order 7.
fn metadata() -> Metadata {
    let (stream, version) = (StreamName::new(Order::NAME, "7"), Version::new(1));
    Metadata::new(stream, version, Position::from(1), Timestamp::UNIX_EPOCH, Annotations::default())
}

#[test]
fn the_language_means_the_same_under_every_lint() {
    let commands = [
        OrderCommand::Create { id: 7, user_id: "ann".to_owned(), amount: 10.25 },
        OrderCommand::AddLine { id: 7, sku: "tea".to_owned(), quantity: "2".to_owned(), last: true },
        OrderCommand::Confirm { id: 7 },
        OrderCommand::Cancel { id: 7, reason: "late".to_owned() },
        OrderCommand::Cancel { id: 7, reason: "late".to_owned() },
    ];
    let (mut order, mut summary, mut totals) = (Order::default(), None, Totals::default());
    let mut names = Vec::new();
    for command in commands {
        assert_eq!(command.target(), 7);
        for event in command.decide(&order, &context()).expect("no rule is against it") {
            order.apply(&event, &metadata());
            names.push(event.event_type());
            assert_eq!(totals.apply(&event, &metadata()), Fold::Keep);
            let either = Or::First(event);
            for key in OrderSummary::keys(&either, &metadata()).expect("any text is a key") {
                let row = summary.get_or_insert_with(|| OrderSummary::open(&key));
                assert_eq!(row.apply(&either, &metadata()), Fold::Keep);
            }
        }
    }
    assert_eq!(names, ["OrderOpened", "OrderLineAdded", "OrderConfirmed", "OrderViewed", "OrderCancelled"]);
    assert_eq!(
        (order.user_id.as_str(), order.status, order.total.to_bits()),
        ("ann", Status::Closed, 15_f64.to_bits())
    );
    assert_eq!((order.lines.len(), order.seen.get("tea"), order.given_up.is_some()), (0, Some(&Version::new(1)), true));
    let summary = summary.expect("the order has a row");
    assert!(!summary.by_card());
    assert_eq!(OrderSummary::by_user_id_and_amount("ann", 15.0..).index(), "user_id.amount");
    assert_eq!(
        (summary.order_id.as_str(), summary.user_id.as_str(), summary.status.as_str()),
        ("7", "ann", "cancelled")
    );
    assert_eq!((summary.amount.to_bits(), summary.paid, summary.history.len()), (15.25_f64.to_bits(), 0, 1));
    assert_eq!((summary.created_at, totals.orders), (Some(Timestamp::UNIX_EPOCH), 1));
    assert_eq!(totals.amount.to_bits(), 10.25_f64.to_bits());
}

#[test]
fn rules_hold_under_every_lint() {
    let decide = |command: OrderCommand| command.decide(&Order::default(), &context());
    let create = OrderCommand::Create { id: 7, user_id: String::new(), amount: f64::NAN };
    assert_eq!(decide(create), Err(OrderError::NothingToPay));
    assert_eq!(decide(OrderCommand::Confirm { id: 7 }), Err(OrderError::NotOpen));
    assert_eq!(decide(OrderCommand::Cancel { id: 7, reason: String::new() }), Ok(vec![]));
    assert_eq!(decide(OrderCommand::Cancel { id: 7, reason: "no".to_owned() }), Err(OrderError::NotOpen));
    assert_eq!(Nothing.decide(&Order::default(), &context()), Ok(vec![]));
    let pay = Pay { order: "7".to_owned(), amount: 5_u64 };
    assert_eq!(pay.target(), "7");
    let paid = pay.decide(&Payment::default(), &context());
    assert_eq!(paid, Ok(vec![PaymentEvent::Paid { order: "7".to_owned(), amount: 5 }]));
}

#[test]
fn what_outlives_its_code_does_so_under_every_lint() {
    let sold = codec::decode::<TicketEvent>("TicketSold", 1, "{\"seat\":7}").expect("it was stored so");
    assert_eq!(sold, TicketEvent::Sold { seat: 7, to: String::new() });
    assert_eq!(sold.undo(), Undo::With(vec![TicketEvent::Returned { seat: 7 }]));
}

#[test]
fn nothing_is_allowed_that_was_forbidden() {
    use forbidding::{Look, Looks};
    let order = || "7".to_owned();
    let look = Look::Again { order: order(), absent: false };
    assert_eq!(look.target(), "7");
    let mut looks = Looks::default();
    let mut emitted = Vec::new();
    while let Ok(events) = look.clone().decide(&looks, &context()) {
        for event in events.iter().take(1) {
            looks.apply(event, &metadata());
        }
        emitted.push(events.len());
    }
    assert_eq!((emitted, looks.number, looks.last), (vec![1, 1, 2], 3, Version::NONE));
    assert_eq!(Look::Away { order: order() }.decide(&looks, &context()), Ok(vec![]));
}
