//! What the tests stand on: events, streams, and the server as its administrator sees it.

use annals::{
    StreamName,
    journal::{Append, Expected, NewEvent},
};
use annals_test_support::RedisServer;
use redis::{Cmd, FromRedisValue, RedisResult, aio::MultiplexedConnection};
use std::collections::BTreeMap;

pub(crate) fn stream(id: &str) -> StreamName {
    StreamName::new("order", id)
}

/// This many events.
pub(crate) fn events(count: usize) -> Vec<NewEvent> {
    (1..=count).map(|number| NewEvent::new("Counted", format!(r#"{{"number":{number}}}"#))).collect()
}

pub(crate) fn append(id: &str, expected: Expected, count: usize) -> Append {
    Append::new(stream(id), expected, events(count))
}

/// The server, without a journal in between.
#[derive(Clone)]
pub(crate) struct Raw {
    connection: MultiplexedConnection,
}

impl Raw {
    /// As the user who may do everything.
    pub(crate) async fn on(server: &RedisServer) -> Self {
        Self::at(&server.admin_url()).await
    }

    pub(crate) async fn at(url: &str) -> Self {
        let client = redis::Client::open(url).unwrap();
        Self { connection: client.get_multiplexed_async_connection().await.unwrap() }
    }

    /// Runs a command.
    pub(crate) async fn run<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.send(redis::cmd(words[0]).arg(&words[1..])).await.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Runs a command that may be refused, and whose words need not be text.
    pub(crate) async fn send<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        command.query_async(&mut self.connection.clone()).await
    }

    /// Every key on the server, and what lies there, as the server dumps it.
    pub(crate) async fn everything(&self) -> BTreeMap<String, Vec<u8>> {
        let keys: Vec<String> = self.run(&["KEYS", "*"]).await;
        let mut all = BTreeMap::new();
        for key in keys {
            let value = self.send(redis::cmd("DUMP").arg(&key)).await.unwrap();
            all.insert(key, value);
        }
        all
    }
}
