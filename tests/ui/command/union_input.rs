#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone, Copy)]
#[command(order: Order)]
union Confirm {
    force: bool,
}

fn main() {}
