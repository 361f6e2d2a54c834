#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderEvent};

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[handler(Order::cancle)]
    Cancel { reason: String },
}

impl Order {
    fn cancel(&self, reason: String) -> OrderEvent {
        OrderEvent::Cancelled { reason }
    }
}

fn main() {}
