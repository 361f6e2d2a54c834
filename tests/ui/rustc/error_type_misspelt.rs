#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderEror)]
enum OrderCommand {
    #[require(!order.confirmed, OrderError::NotOpen)]
    #[emit(Confirmed)]
    Confirm,
}

fn main() {}
