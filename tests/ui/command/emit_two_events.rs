#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[emit(LineAdded { sku, quantity: 1 }, Confirmed)]
struct Buy {
    sku: String,
}

fn main() {}
