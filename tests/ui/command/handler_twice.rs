#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[handler(Order::confirm)]
#[handler(Order::close)]
struct Confirm;

fn main() {}
