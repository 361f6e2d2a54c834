#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order, crate = ::event_store)]
#[skip_if(order.confirmed)]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
