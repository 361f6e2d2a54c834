//! A server as its administrator sees it, without a journal in between.

use crate::RedisServer;
use redis::{Cmd, FromRedisValue, RedisResult, aio::MultiplexedConnection};
use std::collections::BTreeMap;

/// A connection of its own, to do behind the journal's back what others do.
#[derive(Clone, Debug)]
pub struct Raw {
    connection: MultiplexedConnection,
}

impl Raw {
    /// As the user who may do everything.
    ///
    /// # Panics
    ///
    /// If it lets nobody in.
    pub async fn on(server: &RedisServer) -> Self {
        Self::at(&server.admin_url()).await
    }

    /// As the user of this URL.
    ///
    /// # Panics
    ///
    /// If it is none of Redis, or nobody is let in.
    pub async fn at(url: &str) -> Self {
        let client = redis::Client::open(url).expect("the URL is one of Redis");
        Self { connection: client.get_multiplexed_async_connection().await.expect("the server lets us in") }
    }

    /// Runs a command.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn run<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_run(words).await.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Runs a command that may be refused.
    ///
    /// # Errors
    ///
    /// What the server says when it refuses.
    pub async fn try_run<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut self.connection.clone()).await
    }

    /// Runs a command whose words need not be text.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn send<T: FromRedisValue>(&self, command: &Cmd) -> T {
        command.query_async(&mut self.connection.clone()).await.expect("the command is one that is carried out")
    }

    /// Every key on the server, and what lies there, as the server dumps it.
    ///
    /// # Panics
    ///
    /// If the server refuses to tell.
    pub async fn everything(&self) -> BTreeMap<String, Vec<u8>> {
        let keys: Vec<String> = self.run(&["KEYS", "*"]).await;
        let mut all = BTreeMap::new();
        for key in keys {
            let value = self.send(redis::cmd("DUMP").arg(&key)).await;
            all.insert(key, value);
        }
        all
    }
}
