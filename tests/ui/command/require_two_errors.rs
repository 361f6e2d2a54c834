#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
#[require(!order.confirmed, OrderError::NotOpen, OrderError::NothingToPay)]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
