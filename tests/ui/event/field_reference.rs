use annals::prelude::*;

#[derive(Event, Serialize)]
enum OrderEvent {
    Created { user_id: &'static str },
    Confirmed,
}

fn main() {}
