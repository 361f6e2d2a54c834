use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(unlocked = true)]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
