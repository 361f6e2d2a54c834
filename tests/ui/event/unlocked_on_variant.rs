use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(unlocked)]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
