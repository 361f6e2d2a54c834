use annals::{UnknownEvent, prelude::*};

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(unknown)]
    Created (UnknownEvent),
    #[event(unknown)]
    Other(UnknownEvent),
}

fn main() {}
