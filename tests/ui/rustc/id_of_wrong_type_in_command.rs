#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[skip_if(order.confirmed)]
#[emit(Confirmed)]
struct Confirm {
    #[command(id)]
    order_id: u64,
}

fn main() {}
