use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[serde(untagged)]
enum OrderEvent {
    Created { user_id: String },
    Confirmed { by: String },
}

fn main() {}
