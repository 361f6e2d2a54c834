#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Aggregate)]
#[aggregate(event = OrderEvent)]
union Order {
    total: u64,
    items: u32,
}

fn main() {}
