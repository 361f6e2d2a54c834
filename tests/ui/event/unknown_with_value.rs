use annals::{UnknownEvent, prelude::*};

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(unknown = true)]
    Created (UnknownEvent),
    Confirmed,
}

fn main() {}
