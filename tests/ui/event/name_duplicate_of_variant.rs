use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(name = "OrderConfirmed")]
    Accepted,
    Confirmed,
}

fn main() {}
