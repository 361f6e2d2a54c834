#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, name = "order-line", colour, ignore(Confirmed, Cancelled, Confirmed))]
#[on(LineAdded { .. })]
struct Order {
    #[on(Created { .. })]
    user_id: String,
    #[on(Created { amount, .. } => = *amount)]
    #[on(_ => 0.0)]
    total: f64,
    #[on(LineAdded { quantity, .. } => += quantity)]
    #[on(Cancelled { .. } => self.items = 0)]
    #[aggregate(id)]
    items: u32,
}

fn main() {}
