use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String },
    #[event(prefix = "Shop")]
    Confirmed,
}

fn main() {}
