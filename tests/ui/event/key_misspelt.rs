use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(prefx = "Shop")]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

fn main() {}
