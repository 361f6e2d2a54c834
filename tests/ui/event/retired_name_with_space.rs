use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(retired("order promised"))]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
