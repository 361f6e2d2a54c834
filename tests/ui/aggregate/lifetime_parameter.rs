#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, ignore(LineAdded, Confirmed, Cancelled))]
struct Order<'a> {
    #[on(Created { .. } => "somebody")]
    user_id: &'a str,
}

fn main() {}
