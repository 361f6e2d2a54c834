#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order, cx: Context)]
#[emit(Confirmed)]
struct Confirm {
    cx: String,
}

fn main() {}
