use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(version = 99999999999)]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
