#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;

#[derive(Command, Clone)]
#[command]
#[emit(Confirmed)]
struct Confirm;

fn main() {}
