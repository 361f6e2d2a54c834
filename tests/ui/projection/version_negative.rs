#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent), ignore(_), version = -1)]
struct OrderSummary {
    #[key]
    order_id: String,
    #[on(Created { user_id, .. })]
    user_id: String,
    #[on(Created { amount, .. })]
    amount: f64,
}

fn main() {}
