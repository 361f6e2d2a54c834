use annals::prelude::*;

#[derive(Event)]
enum OrderEvent {
    Created { user_id: String, amount: f64 },
    Confirmed,
}

fn main() {}
