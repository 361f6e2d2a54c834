use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(lock = "A", lock = "B")]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
