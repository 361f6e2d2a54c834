use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "Order")]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

fn main() {}
