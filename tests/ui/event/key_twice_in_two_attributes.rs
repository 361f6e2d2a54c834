use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Shop")]
#[event(prefix = "Order")]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

fn main() {}
