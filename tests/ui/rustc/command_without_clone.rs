#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command)]
#[command(order: Order)]
enum OrderCommand {
    #[skip_if(order.confirmed)]
    #[emit(Confirmed)]
    Confirm,
}

fn main() {}
