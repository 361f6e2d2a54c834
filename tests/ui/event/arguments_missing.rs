use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
