#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct OrderId(u64);

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent), ignore(_))]
struct OrderSummary {
    #[key]
    order_id: OrderId,
    #[on(Created { amount, .. })]
    amount: f64,
}

fn main() {}
