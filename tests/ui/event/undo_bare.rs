use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
