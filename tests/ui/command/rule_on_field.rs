#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
#[emit(Created { user_id: String::new(), amount })]
struct Create {
    #[require(amount > 0.0, OrderError::NothingToPay)]
    amount: f64,
}

fn main() {}
