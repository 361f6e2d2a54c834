use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String, amount: f64 },
    Confirmed,
}

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, ignore(Confirmed))]
struct Order {
    fee: f64,
    #[on(Created { amount, .. } => amount + self.fees)]
    total: f64,
}

fn main() {}
