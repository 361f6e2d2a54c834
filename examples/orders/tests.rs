//! The example, run as a reader would, in memory and on Redis.

use super::{
    order::{Order, OrderCommand, OrderError, OrderEvent},
    tell_the_story,
};
use annals::{Store, testing::given};
use annals_test_support::RedisServer;

const LINES: [&str; 2] = ["Order ID: 1, User ID: user1, Amount: 99.99", "Order ID: 2, User ID: user2, Amount: 49.99"];

async fn run(store: &Store) -> String {
    let mut out = Vec::new();
    tell_the_story(store, &mut out).await.expect("the story is told to its end");
    String::from_utf8(out).expect("it is text")
}

fn orders_of(output: &str) -> Vec<&str> {
    output.lines().filter(|line| line.starts_with("Order ID:")).collect()
}

#[tokio::test]
async fn it_prints_both_orders_from_the_projection() {
    let output = run(&Store::memory()).await;
    assert_eq!(orders_of(&output), LINES);
    assert!(output.contains("rejected: the order is not open any more"), "{output}");
    assert!(output.contains("Confirmed\n\nOrder 1 as it was at version 1"), "{output}");
}

#[tokio::test]
async fn a_second_run_on_redis_adds_nothing_and_prints_the_same_orders() {
    let server = RedisServer::start();
    let first = run(&Store::connect(&server.url()).await.expect("the server is there")).await;
    let store = Store::connect(&server.url()).await.expect("the server is there");
    let events = store.events::<OrderEvent>().to_vec().await.expect("the log reads").len();
    let second = run(&store).await;
    assert_eq!(orders_of(&first), LINES);
    assert_eq!(orders_of(&second), LINES);
    assert!(second.contains("it is there already, at version 2"), "{second}");
    assert_eq!(store.events::<OrderEvent>().to_vec().await.expect("the log reads").len(), events);
}

#[test]
fn an_order_that_is_worth_nothing_is_rejected() {
    let create = |amount| OrderCommand::Create { user_id: "user1".to_owned(), amount };
    given([]).when(create(0.0)).then_rejected(OrderError::NothingToPay);
    given([]).when(create(1.0)).then([OrderEvent::Created { user_id: "user1".to_owned(), amount: 1.0 }]);
}

#[test]
fn an_order_is_cancelled_once() {
    let cancel = OrderCommand::Cancel { reason: "changed my mind".to_owned() };
    let created = OrderEvent::Created { user_id: "user1".to_owned(), amount: 1.0 };
    let cancelled = OrderEvent::Cancelled { reason: "changed my mind".to_owned() };
    given([created.clone()]).when(cancel.clone()).then([cancelled.clone()]);
    given([created, cancelled]).when(cancel).then_rejected(OrderError::NotOpen);
}

#[test]
fn lines_add_to_the_total() {
    let line = |sku: &str, price, quantity| OrderEvent::LineAdded { sku: sku.to_owned(), price, quantity };
    let command = OrderCommand::AddLine { sku: "tea".to_owned(), price: 4.5, quantity: 2 };
    let created = OrderEvent::Created { user_id: "user1".to_owned(), amount: 1.0 };
    let order: Order = given([created]).when(command).then([line("tea", 4.5, 2)]).state();
    assert_eq!(format!("{order:?}"), r#"Order { user_id: "user1", status: Open, total: 10.0, lines: {"tea": 2} }"#);
}
