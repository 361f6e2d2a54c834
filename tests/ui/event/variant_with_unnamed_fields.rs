use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    LineAdded(String, u32),
    Confirmed,
}

fn main() {}
