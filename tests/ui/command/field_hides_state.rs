#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[emit(Confirmed)]
struct Confirm {
    order: String,
}

fn main() {}
