use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(retired("OrderPromised"))]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
