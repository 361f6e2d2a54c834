#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[require(!order.confirmed, OrderError::NotOpen)]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
