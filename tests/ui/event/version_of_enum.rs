use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2)]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
