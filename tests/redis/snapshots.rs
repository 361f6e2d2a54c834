//! Snapshots on the server: what a load costs there.

use crate::ground::{append, journal, stream};
use annals::{
    Version,
    journal::{Expected, Fingerprint, Journal, RedisJournal, Snapshot},
};
use annals_test_support::{Raw, RedisServer};

const FOLD: Fingerprint = Fingerprint::new(1);

async fn keep(journal: &RedisJournal, version: u64) {
    let last = journal.read_stream(&stream("1"), Version::new(version - 1), 1).await.unwrap().remove(0);
    let snapshot = Snapshot::new(stream("1"), last.version(), last.log_id(), FOLD, "{}");
    assert_eq!(journal.write_snapshot(snapshot).await, Ok(true));
}

/// The commands that clients sent since the last time, with how often.
async fn commands(raw: &Raw) -> Vec<(String, u64)> {
    let statistics: String = raw.run(&["INFO", "commandstats"]).await;
    let _: () = raw.run(&["CONFIG", "RESETSTAT"]).await;
    let line = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
    };
    statistics
        .lines()
        .filter_map(line)
        .filter(|(name, _)| !matches!(name.as_str(), "info" | "config|resetstat"))
        .collect()
}

#[tokio::test]
async fn a_load_from_a_snapshot_is_one_call_that_touches_few_events() {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    append(&journal, &stream("1"), Expected::Missing, 10_000).await;
    for (version, lists) in [(9_990, 1), (8_190, 2), (8_192, 1), (8_193, 1)] {
        let _: () = raw.run(&["DEL", "{annals:0}:snap:order-1"]).await;
        keep(&journal, version).await;
        commands(&raw).await;
        let restored = journal.restore(&stream("1"), FOLD, 1_000).await.unwrap();
        assert_eq!(restored.snapshot.unwrap().version, Version::new(version));
        assert_eq!(restored.events.len(), usize::try_from(10_000 - version).unwrap().min(1_000));
        let mut found = commands(&raw).await;
        // Redis looks for what lies behind only where the stream ended before the limit, at the border of two lists.
        found.retain(|(name, _)| name != "exists");
        found.sort();
        let expected = [("fcall", 1), ("get", 1), ("lindex", 1), ("lrange", lists)];
        assert_eq!(found, expected.map(|(name, times)| (name.to_owned(), times)), "from version {version}");
    }
}

#[tokio::test]
async fn without_one_a_load_is_one_call_too() {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    append(&journal, &stream("1"), Expected::Missing, 100).await;
    commands(&raw).await;
    assert_eq!(journal.restore(&stream("1"), FOLD, 1_000).await.unwrap().events.len(), 100);
    let mut found = commands(&raw).await;
    found.sort();
    assert_eq!(found, [("fcall", 1), ("get", 1), ("lrange", 1)].map(|(name, times)| (name.to_owned(), times)));
}
