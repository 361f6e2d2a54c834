use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(crate = annals)]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

fn main() {}
