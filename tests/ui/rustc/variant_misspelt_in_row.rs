#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "users", events(OrderEvent), ignore(_))]
#[row(Craeted { user_id, .. } => user_id)]
struct User {
    #[key]
    user_id: String,
    #[on(Created { amount, .. } => += amount)]
    total: f64,
}

fn main() {}
