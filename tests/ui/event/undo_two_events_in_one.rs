use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo(Confirmed, Confirmed)]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
