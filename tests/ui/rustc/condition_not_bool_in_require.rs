#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
enum OrderCommand {
    #[require(order.items, OrderError::NothingToPay)]
    #[emit(Confirmed)]
    Confirm,
}

fn main() {}
