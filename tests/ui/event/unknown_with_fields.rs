use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(unknown)]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
