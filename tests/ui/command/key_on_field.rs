#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[emit(Created { user_id, amount: 0.0 })]
struct Create {
    #[command(creates)]
    user_id: String,
}

fn main() {}
