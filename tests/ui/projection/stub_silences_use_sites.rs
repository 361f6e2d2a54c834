#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::OrderEvent;

#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "order summary", events(OrderEvent), ignore(_))]
struct OrderSummary {
    #[key]
    order_id: u64,
    #[index(range)]
    #[index(range, per = customer)]
    #[on(Created { amount, .. })]
    amount: f64,
    #[index]
    customer: String,
}

fn is_projection<P: Projection<Key = u64, Events = OrderEvent>>(_: &P) -> &'static str {
    P::NAME
}

fn folds(event: &OrderEvent, metadata: &Metadata) -> annals::Fold {
    let mut row = OrderSummary::open(&7);
    assert_eq!(is_projection(&row), OrderSummary::NAME);
    assert_eq!(OrderSummary::keys(event, metadata), Ok(annals::Keys::one(row.order_id)));
    Projection::apply(&mut row, event, metadata);
    row.apply(event, metadata)
}

fn finds() -> [annals::index::Query<OrderSummary>; 3] {
    let by_customer = OrderSummary::by_customer("ann");
    [by_customer, OrderSummary::by_amount(50.0..), OrderSummary::by_customer_and_amount("ann", ..9.5)]
}

async fn asks(store: Store) -> Result<(), Box<dyn std::error::Error>> {
    let summaries = store.projection::<OrderSummary>();
    summaries.catch_up().await?;
    assert_eq!(summaries.get(&7).await?, Some(OrderSummary::default()));
    summaries.rebuild().await?;
    Ok(())
}

fn main() {}
