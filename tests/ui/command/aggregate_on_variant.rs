#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[command(order: Order)]
    #[emit(Confirmed)]
    Confirm,
}

fn main() {}
