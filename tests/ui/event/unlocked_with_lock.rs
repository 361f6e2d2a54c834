use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(unlocked, lock = "OrderEvent")]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
