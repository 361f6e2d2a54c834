use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(colour = "red")]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
