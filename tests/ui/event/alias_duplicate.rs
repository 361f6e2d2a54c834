use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(alias = "OrderDone")]
    Shipped,
    #[event(alias = "OrderDone")]
    Confirmed,
}

fn main() {}
