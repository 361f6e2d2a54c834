#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[handler(Order::cancel(reason))]
struct Cancel {
    reason: String,
}

fn main() {}
