#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-count", events(OrderEvent), single, ignore(_))]
struct OrderCount(#[on(Created { .. } => += 1)] u64);

fn main() {}
