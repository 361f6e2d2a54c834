#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Event, Serialize, Deserialize)]
enum InvoiceEvent {
    Created { user_id: String, amount: f64 },
    Confirmed,
}

#[derive(Aggregate, Default)]
#[aggregate(event = InvoiceEvent, ignore(Created, Confirmed))]
struct Invoice {}

#[derive(Command, Clone)]
#[command(order: Order)]
#[skip_if(order.confirmed)]
#[emit(Confirmed)]
struct Confirm;

async fn confirm(store: Store) {
    let outcome = store.repository::<Invoice>().execute("1", Confirm).await;
    drop(outcome);
}

fn main() {}
