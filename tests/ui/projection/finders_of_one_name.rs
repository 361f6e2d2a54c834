#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent), ignore(_))]
struct OrderSummary {
    #[key]
    order_id: String,
    #[index]
    user_and_amount: String,
    user: String,
    #[index(range, per = user)]
    #[on(Created { amount, .. })]
    amount: f64,
}

fn main() {}
