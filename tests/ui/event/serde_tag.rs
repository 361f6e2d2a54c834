use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[serde(tag = "type")]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

fn main() {}
