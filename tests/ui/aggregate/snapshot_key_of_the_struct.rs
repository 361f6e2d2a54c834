use annals::{Aggregate, Event};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String },
}

#[derive(Aggregate, Default, Serialize, Deserialize)]
#[aggregate(event = OrderEvent, snapshot(every = 100, name = "order"))]
struct Order {
    #[on(Created { user_id })]
    user_id: String,
}

fn main() {}
