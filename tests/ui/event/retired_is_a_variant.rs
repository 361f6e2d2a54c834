use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(retired("OrderCreated", "OrderMade"))]
enum OrderEvent {
    #[event(alias = "OrderMade")]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
