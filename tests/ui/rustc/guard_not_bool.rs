use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String, amount: f64 },
    Confirmed,
}

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, ignore(Confirmed))]
struct Order {
    #[on(Created { amount, .. } if amount.round() => += amount)]
    total: f64,
}

fn main() {}
