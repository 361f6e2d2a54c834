use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(unknown)]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
