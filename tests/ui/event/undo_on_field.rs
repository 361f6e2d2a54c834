use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created {
        #[undo(never)]
        cents: u64,
    },
    Confirmed,
}

fn main() {}
