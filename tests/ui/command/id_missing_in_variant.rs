#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[emit(Confirmed)]
    Confirm {
        #[command(id)]
        order_id: String,
    },
    #[emit(Cancelled { reason })]
    Cancel { reason: String },
}

fn main() {}
