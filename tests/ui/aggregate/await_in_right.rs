#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, ignore(LineAdded, Confirmed, Cancelled))]
struct Order {
    #[on(Created { amount, .. } => price(*amount).await)]
    total: f64,
}

async fn price(amount: f64) -> f64 {
    amount
}

fn main() {}
