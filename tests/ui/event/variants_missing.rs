use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {}

fn main() {}
