#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Order")]
enum PaymentEvent {
    Received { amount: f64 },
    Confirmed,
}

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "payments", events(OrderEvent, PaymentEvent), ignore(_))]
struct Payment {
    #[key]
    order_id: String,
    #[on(PaymentEvent::Received { amount })]
    paid: f64,
}

fn main() {}
