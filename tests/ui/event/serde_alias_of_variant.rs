use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String },
    #[serde(alias = "accepted")]
    Confirmed,
}

fn main() {}
