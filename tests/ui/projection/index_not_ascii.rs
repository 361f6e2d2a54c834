#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent), ignore(_))]
struct OrderSummary {
    #[key]
    order_id: String,
    #[index(range)]
    #[on(Created { amount, .. })]
    größe: f64,
}

fn main() {}
