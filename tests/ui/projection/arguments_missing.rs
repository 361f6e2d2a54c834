#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection]
struct OrderSummary {
    #[key]
    order_id: String,
    #[on(Created { amount, .. })]
    amount: f64,
}

fn main() {}
