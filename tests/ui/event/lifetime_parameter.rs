use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent<'a> {
    Created { user_id: std::borrow::Cow<'a, str> },
    Confirmed,
}

fn main() {}
