use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo(Confirmed if cents > 5)]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
