use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(unlock)]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
