use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderCreated {
    user_id: String,
}

fn main() {}
