use annals::{UnknownEvent, prelude::*};

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(unknown, name = "OrderOther", version = 2, upcast(1 => CreatedV1), alias = "OrderElse")]
    Created (UnknownEvent),
    Confirmed,
}

fn main() {}
