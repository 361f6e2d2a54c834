use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(version = 2, upcast(1 => CreatedV1))]
    Created { cents: u64 },
    Confirmed,
}

#[derive(Deserialize)]
struct CreatedV1 {
    euros: u64,
}

fn main() {}
