use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(name = "OrderCreated\n")]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
