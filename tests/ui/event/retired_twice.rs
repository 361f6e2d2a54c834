use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(retired("OrderPromised", "OrderPromised"))]
enum OrderEvent {
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
