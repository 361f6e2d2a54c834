#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Aggregate)]
#[aggregate(event = OrderEvent)]
enum Order {
    Open { user_id: String },
    Confirmed,
}

fn main() {}
