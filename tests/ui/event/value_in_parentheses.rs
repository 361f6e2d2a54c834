use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(alias("OrderMade", "OrderPlaced"))]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
