#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[emit(LineAdded { sku, quantity })]
struct AddLine {
    sku: String,
    quantity: u32 = 1,
}

fn main() {}
