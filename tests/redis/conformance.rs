//! The contract that every engine keeps.

use crate::ground::open;
use annals::{journal::Journal, testing::conformance};
use annals_test_support::RedisServer;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_redis_journal_keeps_the_contract() {
    let server = RedisServer::start();
    let namespaces = AtomicU32::new(0);
    conformance::run(async |partitions| {
        let namespace = format!("n{}", namespaces.fetch_add(1, Ordering::Relaxed));
        Arc::new(open(&server, &namespace, partitions).await) as Arc<dyn Journal>
    })
    .await;
}
