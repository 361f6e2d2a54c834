#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[command(creates, any)]
    #[emit(Created { user_id, amount: 0.0 })]
    Create { user_id: String },
}

fn main() {}
