#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
#[emit(Created { user_id: String::new(), amount: if amount > 0.0 { amount } else { return Err(OrderError::NothingToPay) } })]
struct Create {
    amount: f64,
}

fn main() {}
