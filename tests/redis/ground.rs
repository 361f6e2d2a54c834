//! What the tests stand on: opening journals, and looking at the server behind their backs.

use annals::{
    StreamName, Version,
    journal::{Append, Appended, Expected, Journal, NewEvent, RedisJournal, RedisOptions, StoredEvent, Verdict},
};
use annals_test_support::{Builder, RedisServer, until};

/// A journal of its own on this server.
pub(crate) async fn open(server: &RedisServer, namespace: &str, partitions: u16) -> RedisJournal {
    let options = RedisOptions::new().namespace(namespace).partitions(partitions);
    RedisJournal::connect(&server.url(), &options).await.expect("the server was started for this")
}

/// The journal `annals` with one partition.
pub(crate) async fn journal(server: &RedisServer) -> RedisJournal {
    open(server, "annals", 1).await
}

/// A master and its replica.
pub(crate) async fn pair() -> (RedisServer, RedisServer) {
    let master = RedisServer::start();
    let replica = follow(&master, RedisServer::builder()).await;
    (master, replica)
}

/// A replica of this server.
pub(crate) async fn follow(master: &RedisServer, replica: Builder) -> RedisServer {
    let replica = replica.replica_of(master).start();
    heard(master).await;
    replica
}

/// Waits until a master has heard from its replica: before that, it sends it nothing.
pub(crate) async fn heard(master: &RedisServer) {
    // Something that is replicated, and kept nowhere.
    master.command(&["PUBLISH", "replicas", "hello"]);
    let has_heard = |line: String| line.contains("state=online") && !line.contains("offset=0,");
    until("the master hears from its replica", || master.info("replication", "slave0").is_some_and(has_heard)).await;
}

pub(crate) fn stream(id: &str) -> StreamName {
    StreamName::new("order", id)
}

/// This many events of the type `Counted`, which tell their number.
pub(crate) fn counted(count: usize) -> Vec<NewEvent> {
    (1..=count).map(|number| NewEvent::new("Counted", format!(r#"{{"number":{number}}}"#))).collect()
}

pub(crate) async fn append(journal: &RedisJournal, stream: &StreamName, expected: Expected, count: usize) -> Appended {
    match journal.append(Append::new(stream.clone(), expected, counted(count))).await {
        Ok(Verdict::Appended(appended)) => appended,
        other => panic!("expected the events to be appended, found {other:?}"),
    }
}

pub(crate) async fn whole(journal: &RedisJournal, stream: &StreamName) -> Vec<StoredEvent> {
    journal.read_stream(stream, Version::NONE, usize::MAX).await.unwrap()
}
