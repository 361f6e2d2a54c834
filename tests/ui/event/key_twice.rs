use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(name = "OrderPlaced", name = "OrderMade")]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
