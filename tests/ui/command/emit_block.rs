#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[emit(if order.confirmed { Confirmed } else { Cancelled { reason } })]
struct Close {
    reason: String,
}

fn main() {}
