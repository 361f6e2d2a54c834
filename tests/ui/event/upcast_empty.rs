use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(version = 2, upcast())]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
