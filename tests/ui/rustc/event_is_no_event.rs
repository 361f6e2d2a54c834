use annals::prelude::*;

#[derive(Serialize, Deserialize)]
enum OrderEvent {
    Confirmed,
}

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent)]
struct Order {
    #[on(Confirmed => true)]
    confirmed: bool,
}

fn main() {}
