#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: "Order")]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
