#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(self: Order)]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
