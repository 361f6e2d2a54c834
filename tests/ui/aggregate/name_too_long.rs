#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, name = "an_order_of_a_customer_who_has_ordered_more_than_once_in_the_same_shop")]
struct Order {
    #[on(Created { user_id, .. })]
    user_id: String,
}

fn main() {}
