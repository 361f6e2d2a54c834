#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order, id)]
#[emit(Confirmed)]
struct Confirm {
    order_id: String,
}

fn main() {}
