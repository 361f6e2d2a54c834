#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent), ignore(_))]
#[row(Created { amount, .. } => [*amount, 1.0])]
#[row(Confirmed => vec![7_u32])]
struct OrderSummary {
    #[key]
    order_id: String,
    #[on(Created { user_id, .. })]
    user_id: String,
    #[on(Confirmed => true)]
    confirmed: bool,
}

fn main() {}
