#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

use shop::OrderError;

#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(event = OrderEvent, id = u64, ignore(LineAdded, Cancelled))]
struct Order {
    #[on(Created { user_id, amount })]
    user_id: String,
    #[on(Confirmed => true)]
    confirmed: bool,
}

#[derive(Command, Clone)]
#[command(order: Order, cx: Context, error = OrderError)]
enum OrderCommand {
    #[command(creates)]
    #[emit(Created { user_id, amount: 0.0 })]
    Create { user_id: String },
    #[require(!order.confirmed, OrderError::NotOpen)]
    #[emit(Confirmed if cx.aggregate_id() != "0")]
    Confirm,
}

fn is_aggregate<A: Aggregate<Id = u64, Event = OrderEvent>>(_: &A) -> &'static str {
    A::NAME
}

fn folds(order: &mut Order, event: &OrderEvent, metadata: &Metadata) {
    order.apply(event, metadata);
    Aggregate::apply(order, event, metadata);
    assert_eq!(is_aggregate(order), Order::NAME);
}

async fn asks(store: Store) -> Result<(), Box<dyn std::error::Error>> {
    let orders = store.repository::<Order>();
    orders.execute(&7, OrderCommand::Create { user_id: "ann".to_owned() }).await?;
    orders.execute(&7, OrderCommand::Confirm).await?;
    let order = orders.load(&7).await?;
    assert!(order.state.confirmed);
    Ok(())
}

fn main() {}
