#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(shop::OrderEvent PaymentEvent), ignore(_))]
struct OrderSummary {
    #[key]
    order_id: String,
    #[on(Created { amount, .. })]
    amount: f64,
}

fn main() {}
