#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[handler(Order::cancel)]
    Cancel { reason: String },
}

impl Order {
    fn cancel(&self, reason: String) -> String {
        reason
    }
}

fn main() {}
