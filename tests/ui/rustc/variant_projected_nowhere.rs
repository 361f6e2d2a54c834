#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Event, Serialize, Deserialize)]
enum PaymentEvent {
    Received { amount: f64 },
    Refunded { amount: f64 },
}

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent, PaymentEvent))]
#[projection(ignore(OrderEvent::LineAdded, OrderEvent::Confirmed, OrderEvent::Cancelled))]
struct OrderSummary {
    #[key]
    order_id: String,
    #[on(OrderEvent::Created { amount, .. })]
    due: f64,
    #[on(PaymentEvent::Received { amount } => += amount)]
    paid: f64,
}

fn main() {}
