use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(version = 2, upcast(0 => CreatedV0))]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
