use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String, amount: f64 },
    Confirmed,
}

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, ignore(Created))]
struct Order {
    #[on(Confirmd => true)]
    #[on(Confirmed => true)]
    confirmed: bool,
}

fn main() {}
