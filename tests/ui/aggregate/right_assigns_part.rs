#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, ignore(LineAdded, Confirmed, Cancelled))]
struct Order {
    #[on(Created { amount, .. } => .net = *amount)]
    total: Money,
}

#[derive(Default)]
struct Money {
    net: f64,
}

fn main() {}
