use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(retired())]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
