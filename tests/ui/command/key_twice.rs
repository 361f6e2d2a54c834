#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
#[command(error = std::fmt::Error)]
enum OrderCommand {
    #[emit(Confirmed)]
    Confirm,
}

fn main() {}
