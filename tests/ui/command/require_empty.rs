#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
#[require()]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
