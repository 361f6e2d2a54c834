#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    Confirm,
    #[emit(Cancelled { reason })]
    Cancel {
        reason: String,
    },
}

fn main() {}
