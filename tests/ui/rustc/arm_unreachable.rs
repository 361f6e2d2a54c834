#![deny(unreachable_patterns)]

use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String, amount: f64 },
    Confirmed,
}

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent)]
struct Order {
    #[on(Created { .. } => false)]
    #[on(Confirmed => true)]
    #[on(Created { .. } | Confirmed => true)]
    confirmed: bool,
}

fn main() {}
