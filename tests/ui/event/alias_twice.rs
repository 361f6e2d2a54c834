use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String },
    #[event(alias = "OrderDone", alias = "OrderDone")]
    Confirmed,
}

fn main() {}
