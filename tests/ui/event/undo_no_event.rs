use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo(1 + 2)]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
