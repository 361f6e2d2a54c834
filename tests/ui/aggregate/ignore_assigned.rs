#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, ignore = Confirmed)]
struct Order {
    #[on(Created { user_id, .. })]
    user_id: String,
}

fn main() {}
