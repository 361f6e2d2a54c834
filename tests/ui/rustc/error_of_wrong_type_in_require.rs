#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
enum OrderCommand {
    #[require(!order.confirmed, "it is confirmed already")]
    #[emit(Confirmed)]
    Confirm,
}

fn main() {}
