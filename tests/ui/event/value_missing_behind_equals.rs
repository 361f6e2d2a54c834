use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(name =, alias = "OrderMade")]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
