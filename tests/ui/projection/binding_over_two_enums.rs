#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Event, Serialize, Deserialize)]
enum PaymentEvent {
    Received { order_id: String, amount: f64 },
    Refunded { order_id: String },
}

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "open-amounts", events(OrderEvent, PaymentEvent), ignore(_))]
#[row(PaymentEvent::Received { order_id, .. } => order_id)]
struct OpenAmount {
    #[key]
    order_id: String,
    #[on(event @ (OrderEvent::Created { .. } | PaymentEvent::Received { .. }) => amount_of(event))]
    amount: f64,
}

fn main() {}
