#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate = "order"]
struct Order {
    #[on(Created { user_id, .. })]
    user_id: String,
}

fn main() {}
