#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "the-summary-of-every-order-of-every-customer-of-the-whole-shop-ever", events(OrderEvent), ignore(_))]
struct OrderSummary {
    #[key]
    order_id: String,
    #[on(Created { amount, .. })]
    amount: f64,
}

fn main() {}
