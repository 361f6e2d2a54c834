#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "open-orders", events(OrderEvent), ignore(_))]
#[remove(Canceled { .. })]
struct OpenOrder {
    #[key]
    order_id: String,
    #[on(Created { amount, .. })]
    total: f64,
}

fn main() {}
