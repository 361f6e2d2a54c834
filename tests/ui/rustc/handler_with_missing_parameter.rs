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
    fn cancel(&self) -> OrderEvent {
        OrderEvent::Cancelled { reason: String::new() }
    }
}

fn main() {}
