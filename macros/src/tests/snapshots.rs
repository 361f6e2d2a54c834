//! What the derives make of a whole example and of one with mistakes, as files to read and to review.
//!
//! `UPDATE_SNAPSHOTS=1` rewrites the files.

use super::DERIVES;
use std::{
    env, fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

/// Each snapshot's name, its derive, and its input.
const INPUTS: [(&str, &str, &str); 14] = [
    (
        "event",
        "Event",
        r#"
        /// What happens to an order.
        #[event(retired("OrderPromised"))]
        pub enum OrderEvent {
            /// The customer has ordered.
            #[event(name = "OrderPlaced", alias = "OrderMade")]
            #[event(version = 3, upcast(2 => PlacedV2, 1 => old::PlacedV1))]
            #[undo(never)]
            Created {
                /// Who ordered.
                user_id: String,
                amount: f64,
            },
            #[undo(Refunded(payload.cents))]
            Paid(Payment),
            #[undo(LineRemoved { sku, note: format!("{quantity}") })]
            #[undo(Self::Confirmed)]
            LineAdded {
                sku: String,
                quantity: u32,
                price: f64,
            },
            Refunded(u64),
            LineRemoved { sku: String, note: String },
            Confirmed,
            #[event(unknown)]
            Unknown(UnknownEvent),
        }
        "#,
    ),
    (
        "event_locked",
        "Event beside a lock",
        r#"
        #[event(retired("OrderPromised"), lock = "OrderEvent")]
        pub enum SaleEvent {
            #[event(name = "OrderPlaced", alias = "OrderCreated")]
            #[event(version = 3, upcast(1 => PlacedV1, 2 => old::PlacedV2))]
            Placed {
                #[serde(rename = "user-id")]
                user_id: String,
                #[serde(default)]
                r#type: Vec<u8>,
            },
            #[event(name = "OrderPaid")]
            Paid(Payment),
            #[event(name = "OrderConfirmed")]
            Confirmed,
            #[event(unknown)]
            Unknown(UnknownEvent),
        }
        "#,
    ),
    (
        "event_locked_errors",
        "Event beside a lock",
        r"
        pub enum OrderEvent {
            Created {
                user: String,
                amount: String,
            },
            Paid(Payment),
            Confirmed,
        }
        ",
    ),
    (
        "event_errors",
        "Event",
        r#"
        #[event(nme = "order")]
        #[serde(tag = "type")]
        pub enum OrderEvent<T> {
            #[event(name = "order placed")]
            Created(T),
            Paid(Payment),
            Moved(f64, f64),
        }
        "#,
    ),
    (
        "aggregate",
        "Aggregate",
        r"
        #[aggregate(event = OrderEvent, id = OrderId, ignore(Viewed), snapshot(every = 100, version = 2))]
        #[on(Cancelled { .. } => self.lines.clear())]
        pub struct Order {
            #[on(Created { user_id, .. })]
            user_id: String,
            #[on(Created { .. } => Status::Open)]
            #[on(Confirmed | Paid(_) => Status::Confirmed)]
            status: Status,
            #[on(Created { amount, .. } if meta.version.number() == 1, meta => *amount)]
            #[on(LineAdded { price, quantity, .. } => += price * f64::from(*quantity))]
            total: f64,
            #[on(LineAdded { sku, quantity, .. } => .insert(sku.clone(), *quantity))]
            lines: BTreeMap<String, u32>,
            note: String,
        }
        ",
    ),
    (
        "aggregate_errors",
        "Aggregate",
        r#"
        #[aggregate(name = "order-line", ignore(_))]
        pub struct Order<const N: usize> {
            #[on(Created { user_id, amount })]
            user_id: String,
        }
        "#,
    ),
    (
        "command",
        "Command",
        r"
        #[command(order: Order, cx: Context, error = OrderError)]
        pub enum OrderCommand {
            #[command(creates)]
            #[require(amount > 0.0, OrderError::NothingToPay)]
            #[emit(Created { user_id, amount })]
            #[emit(Noted(cx.now()) if amount > 100.0)]
            Create {
                #[command(id)]
                id: u64,
                user_id: String,
                amount: f64,
            },
            #[skip_if(order.status == Status::Confirmed)]
            #[require(order.status == Status::Open, OrderError::NotOpen)]
            #[emit(Confirmed)]
            Confirm {
                #[command(id)]
                id: u64,
            },
            #[command(any)]
            #[handler(Order::cancel)]
            Cancel {
                #[command(id)]
                id: u64,
                reason: String,
            },
        }
        ",
    ),
    (
        "command_errors",
        "Command",
        r"
        #[command(order: Order, eror = OrderError)]
        pub enum OrderCommand<T: Payload> {
            #[command(creates, any)]
            #[require(amount > 0.0)]
            #[emit(Created { amount })]
            Create {
                #[command(id)]
                id: u64,
                amount: T,
            },
            Confirm,
        }
        ",
    ),
    (
        "projection",
        "Projection",
        r#"
        #[projection(name = "journeys", events(OrderEvent, PaymentEvent, ShippingEvent), ignore(OrderEvent::Viewed))]
        #[row(PaymentEvent::Received { order, .. } => order)]
        #[remove(ShippingEvent::Lost | PaymentEvent::Refunded)]
        pub struct Journey<T> {
            #[key]
            order: String,
            #[on(OrderEvent::Created { .. } => += 1)]
            steps: u32,
            #[on(OrderEvent::Noted { note } | PaymentEvent::Received { note, .. })]
            note: T,
        }
        "#,
    ),
    (
        "projection_indexed",
        "Projection",
        r#"
        #[projection(name = "order-summary", events(OrderEvent), version = 2)]
        pub struct OrderSummary {
            #[key]
            #[index(range)]
            order_id: String,
            #[index]
            #[on(Created { user_id, .. })]
            user_id: Option<UserId>,
            #[index(range)]
            #[index(range, per = user_id)]
            #[on(Created { amount, .. })]
            amount: f64,
        }
        "#,
    ),
    (
        "projection_errors",
        "Projection",
        r"
        #[projection(events(OrderEvent, OrderEvent))]
        pub struct Journey {
            order: String,
            #[on(OrderEvnt::Created { .. } => += 1)]
            steps: u32,
        }
        ",
    ),
    (
        "projection_indexed_errors",
        "Projection",
        r#"
        #[projection(name = "order-summary", events(OrderEvent), version = 0)]
        pub(crate) struct OrderSummary {
            #[key]
            #[index]
            order_id: String,
            #[index]
            user_id: UserId,
            #[index(rnge, per = user_id)]
            #[index(range, per = usr_id)]
            amount: f64,
        }
        "#,
    ),
    ("indexed", "Indexed", "pub enum Status { Open, Confirmed {}, Cancelled() }"),
    ("indexed_errors", "Indexed", "pub struct Money<T> { amount: T, currency: String }"),
];

#[test]
fn the_expansions_are_as_they_were_reviewed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/snapshots");
    for (name, derive, input) in INPUTS {
        let derive = DERIVES.iter().find(|(known, _)| *known == derive).unwrap().1;
        let expansion = formatted(&derive(&syn::parse_str(input).unwrap()).to_string());
        let path = folder.join(format!("{name}.rs"));
        if env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &expansion).unwrap();
        }
        let reviewed = fs::read_to_string(&path).unwrap();
        assert!(expansion == reviewed, "{name} has changed; review it with UPDATE_SNAPSHOTS=1:\n{expansion}");
    }
}

/// The code as rustfmt writes it.
fn formatted(code: &str) -> String {
    let rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", "max_width=120"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut rustfmt = rustfmt.expect("rustfmt is part of the toolchain");
    rustfmt.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
    let output = rustfmt.wait_with_output().unwrap();
    assert!(output.status.success(), "the expansion is no code:\n{code}");
    String::from_utf8(output.stdout).unwrap()
}
