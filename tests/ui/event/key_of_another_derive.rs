use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(ignore(Confirmed))]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

fn main() {}
