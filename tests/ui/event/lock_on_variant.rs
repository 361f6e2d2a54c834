use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(lock = "OrderEvent")]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
