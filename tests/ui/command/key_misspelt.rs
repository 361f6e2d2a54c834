#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order, eror = OrderError)]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
