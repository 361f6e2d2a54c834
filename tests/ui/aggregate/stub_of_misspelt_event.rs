#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;

use shop::OrderError;

#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(evnet = shop::OrderEvent, ignore(LineAdded, Cancelled))]
struct Order {
    #[on(Created { user_id, .. })]
    user_id: String,
    #[on(Confirmed => true)]
    confirmed: bool,
}

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
enum OrderCommand {
    #[command(creates)]
    #[emit(Created { user_id, amount: 0.0 })]
    Create { user_id: String },
    #[require(!order.confirmed, OrderError::NotOpen)]
    #[emit(Confirmed)]
    Confirm,
}

async fn asks(store: Store) {
    let orders = store.repository::<Order>();
    let _new = orders.execute("1", OrderCommand::Create { user_id: "ann".to_owned() }).await;
    let _confirmed = orders.execute("1", OrderCommand::Confirm).await;
}

fn main() {}
