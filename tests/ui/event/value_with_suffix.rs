use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(name = "OrderPlaced"u8)]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
