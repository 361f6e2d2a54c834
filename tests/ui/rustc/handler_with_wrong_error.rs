#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError, OrderEvent};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
enum OrderCommand {
    #[handler(Order::cancel)]
    Cancel { reason: String },
}

impl Order {
    fn cancel(&self, reason: String) -> Result<OrderEvent, std::fmt::Error> {
        Ok(OrderEvent::Cancelled { reason })
    }
}

fn main() {}
