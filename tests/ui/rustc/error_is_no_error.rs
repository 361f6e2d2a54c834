#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Clone, Debug)]
struct Refused;

#[derive(Command, Clone)]
#[command(order: Order, error = Refused)]
enum OrderCommand {
    #[require(!order.confirmed, Refused)]
    #[emit(Confirmed)]
    Confirm,
}

fn main() {}
