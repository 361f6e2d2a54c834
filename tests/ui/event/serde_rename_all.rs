use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

fn main() {}
