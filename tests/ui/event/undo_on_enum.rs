use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[undo(never)]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
