#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
#[require(is_known(&user_id).await, OrderError::NotOpen)]
#[emit(Created { user_id, amount: 0.0 })]
struct Create {
    user_id: String,
}

fn main() {}
