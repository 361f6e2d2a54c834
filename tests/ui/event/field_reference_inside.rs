use annals::prelude::*;

#[derive(Event, Serialize)]
enum OrderEvent {
    Created { tags: Vec<(u32, &'static str)> },
    Confirmed,
}

fn main() {}
