#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;

#[derive(Command, Clone)]
#[command(any)]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
