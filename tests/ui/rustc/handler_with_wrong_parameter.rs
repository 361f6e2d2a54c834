#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderEvent};

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[handler(Order::cancel)]
    Cancel { reason: String },
}

impl Order {
    fn cancel(&self, reason: &str) -> OrderEvent {
        OrderEvent::Cancelled { reason: reason.to_owned() }
    }
}

fn main() {}
