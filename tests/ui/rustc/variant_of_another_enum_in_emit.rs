#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Event, Serialize, Deserialize)]
enum PaymentEvent {
    Received,
}

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[skip_if(order.confirmed)]
    #[emit(PaymentEvent::Received)]
    Pay,
}

fn main() {}
