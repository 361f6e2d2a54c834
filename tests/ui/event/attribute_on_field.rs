use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created {
        #[event(name = "user")]
        user_id: String,
    },
    Confirmed,
}

fn main() {}
