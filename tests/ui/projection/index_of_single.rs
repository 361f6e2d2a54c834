#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "turnover", events(OrderEvent), ignore(_), single)]
struct Turnover {
    #[index(range)]
    #[on(Created { amount, .. } => += amount)]
    amount: f64,
}

fn main() {}
