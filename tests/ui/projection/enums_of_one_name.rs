#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Wholesale")]
enum OrderEvent {
    Created { amount: f64 },
}

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent, shop::OrderEvent), ignore(_))]
struct OrderSummary {
    #[key]
    order_id: String,
    #[on(OrderEvent::Created { amount, .. })]
    amount: f64,
}

fn main() {}
