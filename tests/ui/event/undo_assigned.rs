use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo = "Cancelled"]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
