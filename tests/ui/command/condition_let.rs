#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[skip_if(let Some(reason) = &reason && reason.is_empty())]
#[emit(Confirmed)]
struct Confirm {
    reason: Option<String>,
}

fn main() {}
