use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(name = "order/created/")]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
