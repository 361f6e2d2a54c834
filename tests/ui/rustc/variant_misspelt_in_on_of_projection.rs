#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Event, Serialize, Deserialize)]
enum PaymentEvent {
    Received { amount: f64 },
}

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "payments", events(OrderEvent, PaymentEvent), ignore(_))]
struct Payment {
    #[key]
    order_id: String,
    #[on(PaymentEvent::Recieved { amount } => += amount)]
    paid: f64,
}

fn main() {}
