#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[emit(Confirmed)]
#[handler(Order::confirm)]
struct Confirm;

fn main() {}
