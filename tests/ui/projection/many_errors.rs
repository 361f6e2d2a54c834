#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order:summary", events(OrderEvent), version = 0, ignore(Confirmed, LineAdded))]
#[row(Created { user_id, .. })]
#[remove(Cancelled { .. } => true)]
struct OrderSummary {
    #[key]
    #[on(Created { user_id, .. })]
    user_id: String,
    #[key]
    order_id: String,
    #[on(Created { amount, .. }, amount => *amount)]
    #[on(Confirmed)]
    #[index(rnage)]
    #[index(range, per = usr_id)]
    #[index(per = user_id)]
    amount: f64,
    #[on(Confirmed => true)]
    #[projection(skip)]
    confirmed: bool,
}

fn main() {}
