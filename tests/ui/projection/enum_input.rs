#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent), ignore(_))]
enum OrderSummary {
    Open { order_id: String },
    Confirmed { order_id: String },
}

fn main() {}
