#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[skip_if(order.confirmed)]
    #[emit(Confirmd)]
    Confirm,
}

fn main() {}
