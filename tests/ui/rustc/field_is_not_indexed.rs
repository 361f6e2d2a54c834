#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Clone, Default, Serialize, Deserialize)]
struct Place {
    latitude: f64,
    longitude: f64,
}

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent), ignore(_))]
struct OrderSummary {
    #[key]
    order_id: String,
    #[index]
    place: Place,
    #[index(range)]
    stops: Vec<Place>,
    #[index(range, per = place)]
    #[on(Created { amount, .. })]
    amount: f64,
}

fn main() {}
