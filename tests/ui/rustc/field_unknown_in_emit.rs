#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
enum OrderCommand {
    #[require(order.total == 0.0, OrderError::NotOpen)]
    #[emit(Created { user_id, amount, currency })]
    Create { user_id: String, amount: f64, currency: String },
}

fn main() {}
