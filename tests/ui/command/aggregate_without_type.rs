#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;

#[derive(Command, Clone)]
#[command(order: 7)]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
