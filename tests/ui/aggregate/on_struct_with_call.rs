#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, ignore(LineAdded, Confirmed, Cancelled))]
#[on(Created { amount, .. } => .pay(*amount))]
struct Order {
    total: f64,
}

fn main() {}
