use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(lock("OrderEvent"))]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
