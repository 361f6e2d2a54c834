//! Every engine that a program may run on.

use annals::{
    Store,
    journal::{Journal, MemoryJournal, RedisJournal, RedisOptions},
};
use annals_test_support::RedisServer;
use std::sync::Arc;

/// Fresh stores on every engine, with 1 and with 16 partitions, and what keeps their servers running.
pub(crate) struct Engines {
    pub(crate) stores: Vec<Store>,
    _server: RedisServer,
}

impl Engines {
    pub(crate) async fn start() -> Self {
        let server = RedisServer::start();
        let mut stores = Vec::new();
        for partitions in [1, 16] {
            let description = format!("memory with {partitions} partitions");
            stores.push(Store::on(MemoryJournal::with_partitions(partitions), description));
            let description = format!("Redis with {partitions} partitions");
            stores.push(Store::on(redis(&server, partitions).await, description));
        }
        Self { stores, _server: server }
    }
}

/// Two fresh journals on every engine, as [`Engines`] has one store on each.
pub(crate) struct Journals {
    pub(crate) pairs: Vec<(Arc<dyn Journal>, Arc<dyn Journal>)>,
    _server: RedisServer,
}

impl Journals {
    pub(crate) async fn start() -> Self {
        let server = RedisServer::start();
        let mut pairs = Vec::new();
        for partitions in [1, 16] {
            let memory = || Arc::new(MemoryJournal::with_partitions(partitions)) as Arc<dyn Journal>;
            pairs.push((memory(), memory()));
            let other = RedisOptions::new().namespace(format!("other{partitions}")).partitions(partitions);
            let other = RedisJournal::connect(&server.url(), &other).await.expect("the server was started for this");
            pairs.push((Arc::new(redis(&server, partitions).await), Arc::new(other)));
        }
        Self { pairs, _server: server }
    }
}

/// A fresh journal on this server: its namespace says how many partitions it has.
pub(crate) async fn redis(server: &RedisServer, partitions: u16) -> RedisJournal {
    let options = RedisOptions::new().namespace(format!("p{partitions}")).partitions(partitions);
    RedisJournal::connect(&server.url(), &options).await.expect("the server was started for this")
}

/// Runs a test on every engine; which one it was is printed, so that a failure names it.
macro_rules! on_every_engine {
    ($(async fn $name:ident($store:ident) $body:block)*) => {
        $(#[tokio::test]
        async fn $name() {
            let engines = crate::engines::Engines::start().await;
            for $store in &engines.stores {
                println!("on {}", $store);
                $body
            }
        })*
    };
}

/// Runs a test on a journal of every engine, with a second one for tests that need two.
macro_rules! on_every_journal {
    ($(async fn $name:ident($journal:pat, $other:pat) $body:block)*) => {
        $(#[tokio::test]
        async fn $name() {
            let journals = crate::engines::Journals::start().await;
            for pair in journals.pairs.iter().cloned() {
                println!("on {:?}", pair.0);
                let ($journal, $other) = pair;
                $body
            }
        })*
    };
}

pub(crate) use {on_every_engine, on_every_journal};
