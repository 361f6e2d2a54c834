use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(nmae = "OrderPlaced")]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
