use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(unknown)]
    Created (String),
    Confirmed,
}

fn main() {}
