//! What is measured on: a server on a core of its own, a store on it, and the bare client.

use super::spent::Clock;
use annals::{
    Store,
    journal::{Journal, RedisJournal, RedisOptions},
};
use annals_test_support::RedisServer;
use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo, Value, aio::MultiplexedConnection, io::tcp::TcpSettings,
};
use std::{
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

const SERVER_CORE: &str = "0";
const CLIENT_CORE: &str = "1";

/// What the server does before it acknowledges a write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Durability {
    Memory,
    EverySecond,
    Always,
}

impl Durability {
    pub(crate) const ALL: [Self; 3] = [Self::Memory, Self::EverySecond, Self::Always];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "none",
            Self::EverySecond => "AOF everysec",
            Self::Always => "AOF always",
        }
    }

    fn fsync(self) -> Option<&'static str> {
        match self {
            Self::Memory => None,
            Self::EverySecond => Some("everysec"),
            Self::Always => Some("always"),
        }
    }
}

/// A server, and what talks to it.
#[derive(Debug)]
pub(crate) struct Ground {
    server: RedisServer,
    pub(crate) journal: Arc<RedisJournal>,
    pub(crate) store: Store,
    /// The bare client, set up as the library sets up its own.
    pub(crate) raw: MultiplexedConnection,
}

impl Ground {
    pub(crate) async fn start(durability: Durability) -> Self {
        Self::of_partitions(durability, 1).await
    }

    pub(crate) async fn of_partitions(durability: Durability, partitions: u16) -> Self {
        let mut builder = RedisServer::builder();
        if let Some(fsync) = durability.fsync() {
            // A rewrite of the file would be work of another kind in the middle of a round.
            let no_rewrite = ["--auto-aof-rewrite-percentage", "0"];
            builder = builder.args(["--appendonly", "yes", "--appendfsync", fsync]).args(no_rewrite);
        }
        let server = builder.start();
        pin(server.pid(), SERVER_CORE);
        let journal =
            Arc::new(RedisJournal::connect(&server.url(), &RedisOptions::new().partitions(partitions)).await.unwrap());
        // What a repository does before its first append.
        journal.claim(super::data::AGGREGATE, vec![super::data::TYPE.to_owned()]).await.unwrap();
        let store = Store::on(Arc::clone(&journal), "the bench's server");
        let raw = connect(&server, Some(Duration::from_secs(5))).await;
        Self { server, journal, store, raw }
    }

    /// Measures from now on.
    pub(crate) fn clock(&self) -> Clock {
        Clock::start(self.server.pid())
    }

    /// One more connection of the bare client, whose answers may take for ever.
    pub(crate) async fn patient(&self) -> MultiplexedConnection {
        connect(&self.server, None).await
    }

    /// A number that `INFO memory` tells.
    pub(crate) async fn memory(&self, name: &str) -> u64 {
        let info: String = redis::cmd("INFO").arg("memory").query_async(&mut self.raw.clone()).await.unwrap();
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap().parse().unwrap()
    }
}

async fn connect(server: &RedisServer, timeout: Option<Duration>) -> MultiplexedConnection {
    let info = server.url().into_connection_info().unwrap();
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let config = AsyncConnectionConfig::new().set_response_timeout(timeout).set_pipeline_buffer_size(1_024);
    Client::open(info).unwrap().get_multiplexed_async_connection_with_config(&config).await.unwrap()
}

/// The elements of an answer that is a list, untouched.
pub(crate) fn array(answer: Value) -> Vec<Value> {
    match answer {
        Value::Array(values) => values,
        other => panic!("expected a list, found {other:?}"),
    }
}

/// Keeps this process, and what it starts, on one core; says where everything runs.
pub(crate) fn pin_client() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 {
        "not pinned: there is one core, for the server and the client".to_owned()
    } else if pin(std::process::id(), CLIENT_CORE) {
        format!("the servers run on core {SERVER_CORE}, the client on core {CLIENT_CORE}, of {cores}")
    } else {
        format!("not pinned, since `taskset` cannot do it here: servers and client share {cores} cores")
    }
}

fn pin(process: u32, core: &str) -> bool {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 && core == CLIENT_CORE {
        return false;
    }
    let mut taskset = Command::new("taskset");
    taskset.args(["--all-tasks", "--cpu-list", "--pid", core]).arg(process.to_string());
    taskset.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
