#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[emit(Cancelled { reason })]
struct Cancel {
    #[command(id)]
    order_id: String,
    #[command(id)]
    reason: String,
}

fn main() {}
