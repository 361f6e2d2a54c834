#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[handler(|order| order.confirm())]
struct Confirm;

fn main() {}
