use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(unknown)]
    Created,
    Confirmed,
}

fn main() {}
