#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order = Order, eror = OrderError)]
enum OrderCommand {
    #[command(creates, any)]
    #[require(amount > 0.0)]
    #[emit(Created { user_id, amount }, Confirmed)]
    Create {
        user_id: String,
        amount: f64,
    },
    Confirm,
    #[handler(Order::cancel(reason))]
    Cancel {
        order: String,
        reason: String,
    },
    #[emit(Confirmed)]
    Close(u8),
}

fn main() {}
