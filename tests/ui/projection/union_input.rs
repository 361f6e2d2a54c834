#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection)]
#[projection(name = "order-summary", events(OrderEvent), ignore(_))]
union OrderSummary {
    amount: f64,
    quantity: u32,
}

fn main() {}
