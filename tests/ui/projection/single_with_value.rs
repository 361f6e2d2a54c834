#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent), ignore(_), single = true)]
struct OrderSummary {
    #[on(Created { amount, .. })]
    amount: f64,
}

fn main() {}
