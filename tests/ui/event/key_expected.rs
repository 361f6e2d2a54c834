use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event("OrderPlaced")]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
