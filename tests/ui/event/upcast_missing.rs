use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(version = 3)]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
