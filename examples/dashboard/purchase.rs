//! An order in a shop: placed, paid, perhaps cancelled; and orders that are made up, the same in every run.

use annals::prelude::*;

/// What happens to an order. Each event says whose it is, since a customer's row follows them all.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum PurchaseEvent {
    Placed { customer: String, cents: i64 },
    Paid { customer: String, cents: i64 },
    Cancelled { customer: String, cents: i64 },
}

/// An order, as its events add up.
#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(event = PurchaseEvent, id = u64)]
pub(crate) struct Purchase {
    #[on(Placed { customer, .. })]
    customer: String,
    #[on(Placed { cents, .. })]
    cents: i64,
    #[on(Placed { .. } => true)]
    #[on(Paid { .. } | Cancelled { .. } => false)]
    open: bool,
}

/// What may be asked of an order.
#[derive(Command, Clone, Debug)]
#[command(purchase: Purchase)]
pub(crate) enum PurchaseCommand {
    #[command(creates)]
    #[emit(Placed { customer, cents })]
    Place { customer: String, cents: i64 },

    #[skip_if(!purchase.open)]
    #[emit(Paid { customer: purchase.customer.clone(), cents: purchase.cents })]
    Pay,

    #[skip_if(!purchase.open)]
    #[emit(Cancelled { customer: purchase.customer.clone(), cents: purchase.cents })]
    Cancel,
}

/// What is asked of the order of this number: it is placed by one of 500 customers; most are paid, some are cancelled, and
/// some stay open.
pub(crate) fn invented(number: u64) -> Vec<PurchaseCommand> {
    let mut dice = fastrand::Rng::with_seed(number);
    let customer = format!("customer-{:03}", dice.u32(..500));
    let mut commands = vec![PurchaseCommand::Place { customer, cents: dice.i64(100..100_000) }];
    match dice.u8(..10) {
        0..7 => commands.push(PurchaseCommand::Pay),
        7 => commands.push(PurchaseCommand::Cancel),
        _ => {}
    }
    commands
}
