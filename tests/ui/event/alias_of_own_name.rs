use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(alias = "OrderCreated")]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
