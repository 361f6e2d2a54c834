use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "shop order.")]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

fn main() {}
