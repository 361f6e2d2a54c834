#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order, cx: Metadata)]
enum OrderCommand {
    #[skip_if(order.confirmed || cx.actor.is_none())]
    #[emit(Confirmed)]
    Confirm,
}

fn main() {}
