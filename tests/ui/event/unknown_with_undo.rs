use annals::{UnknownEvent, prelude::*};

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(unknown)]
    #[undo(Confirmed)]
    Created (UnknownEvent),
    Confirmed,
}

fn main() {}
