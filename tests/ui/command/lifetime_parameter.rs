#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[emit(Cancelled { reason: reason.to_owned() })]
struct Cancel<'a> {
    reason: &'a str,
}

fn main() {}
