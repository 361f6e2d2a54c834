//! The example, run as a reader would, with fewer orders, in memory and on Redis.

use super::{first, purchase::PurchaseEvent, second, show_everything};
use annals::{Single, Store};
use annals_test_support::RedisServer;

const ORDERS: u64 = 2_000;

async fn run(store: &Store, orders: u64) -> String {
    let mut out = Vec::new();
    show_everything(store, orders, &mut out).await.expect("everything is shown");
    String::from_utf8(out).expect("it is text")
}

/// Checks the new rows against a fold of its own.
async fn assert_version_2_is_whole(store: &Store) {
    let rows = store.projection::<second::Customer>().all().limit(1_000).await.expect("version 2 is read").rows;
    let events = store.events::<PurchaseEvent>().to_vec().await.expect("the log reads");
    let paid = events.iter().filter_map(|event| match &event.event {
        PurchaseEvent::Paid { cents, .. } => Some(*cents),
        PurchaseEvent::Placed { .. } | PurchaseEvent::Cancelled { .. } => None,
    });
    assert_eq!(rows.iter().map(|row| row.spent).sum::<i64>(), paid.clone().sum::<i64>());
    assert_eq!(rows.iter().map(|row| row.largest).max(), paid.max());
}

#[tokio::test]
async fn it_shows_three_read_models_and_rebuilds_one_under_live_writes() {
    let store = Store::memory();
    let output = run(&store, ORDERS).await;
    for part in ["All orders", "The best customers", "Orders of customer-007", "Some that are open"] {
        assert!(output.contains(part), "{part} is missing:\n{output}");
    }
    assert!(output.contains("version 2 has taken the place of version 1"), "{output}");
    assert!(output.contains("What is left: customers:2 (Serving)"), "{output}");
    let turnover =
        store.projection::<first::Turnover>().get(Single).await.expect("it is read").expect("there are orders");
    assert_eq!(turnover.orders, ORDERS);
    assert_version_2_is_whole(&store).await;
}

#[tokio::test]
async fn a_second_run_on_redis_finds_the_orders_of_the_first() {
    let server = RedisServer::start();
    let store = Store::connect(&server.url()).await.expect("the server is there");
    run(&store, ORDERS).await;
    let second = run(&store, ORDERS).await;
    assert!(second.contains("orders are there from an earlier run"), "{second}");
    assert!(second.contains("An earlier run has made version 2 of the customers"), "{second}");
    assert_version_2_is_whole(&store).await;
}
