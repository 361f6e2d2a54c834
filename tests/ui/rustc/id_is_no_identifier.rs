use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String, amount: f64 },
    Confirmed,
}

#[derive(Clone, Debug)]
struct OrderId(u64);

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, id = OrderId, ignore(Confirmed))]
struct Order {
    #[on(Created { amount, .. })]
    total: f64,
}

fn main() {}
