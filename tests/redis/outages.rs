//! Servers that stop, crash, freeze and refuse.

use crate::ground::{append, counted, journal, stream, whole};
use annals::{
    StreamName, Version,
    journal::{
        After, Append, Commit, Expected, Journal, JournalError, LogId, LogRead, ReadModel, RedisJournal, RowChange,
        Verdict,
    },
};
use annals_test_support::{Raw, RedisServer};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Writers that append to streams of their own until they are stopped, and check every answer.
struct Load {
    journal: Arc<RedisJournal>,
    done: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    writers: Vec<tokio::task::JoinHandle<u64>>,
}

impl Load {
    fn on(journal: RedisJournal) -> Self {
        let journal = Arc::new(journal);
        let (done, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let writers = (0..4)
            .map(|writer: u64| {
                let (journal, done, acknowledged) =
                    (Arc::clone(&journal), Arc::clone(&done), Arc::clone(&acknowledged));
                tokio::spawn(async move {
                    let mut version = 0;
                    while !done.load(Ordering::Relaxed) {
                        let expected = if writer.is_multiple_of(2) {
                            Expected::Version(Version::new(version))
                        } else {
                            Expected::Any
                        };
                        let stream = StreamName::new("order", &writer.to_string());
                        match journal.append(Append::new(stream.clone(), expected, counted(2))).await {
                            Ok(Verdict::Appended(appended) | Verdict::Duplicate(appended)) => {
                                assert_eq!(appended.first_version, Version::new(version + 1));
                            }
                            other => panic!("{other:?}"),
                        }
                        version += 2;
                        acknowledged.fetch_add(2, Ordering::Relaxed);
                        let found = journal.stream_version(&stream).await.unwrap();
                        assert_eq!(found, Version::new(version));
                    }
                    version
                })
            })
            .collect();
        Self { journal, done, acknowledged, writers }
    }

    /// Waits until some more events were acknowledged.
    async fn goes_on(&self) {
        let (begun, before) = (Instant::now(), self.acknowledged.load(Ordering::Relaxed));
        while self.acknowledged.load(Ordering::Relaxed) < before + 100 {
            assert!(begun.elapsed() < Duration::from_secs(20), "nothing is appended any more");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops, and compares what was acknowledged with what is there.
    async fn end(self) {
        self.done.store(true, Ordering::Relaxed);
        let mut total = 0;
        for writer in self.writers {
            total += writer.await.unwrap();
        }
        let log = self.journal.read_log(LogRead::new(0, After::Start, 1_000_000)).await.unwrap();
        assert_eq!(log.events.len() as u64, total);
        assert!(log.end);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_is_survived() {
    let mut server = RedisServer::builder().durable().start();
    let load = Load::on(journal(&server).await);
    load.goes_on().await;
    server.restart();
    load.goes_on().await;
    server.stop();
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.start_again();
    load.goes_on().await;
    load.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_a_server_that_syncs_every_write_loses_and_doubles_nothing() {
    let mut server = RedisServer::builder().durable().start();
    let load = Load::on(journal(&server).await);
    for _ in 0..3 {
        load.goes_on().await;
        server.kill9();
        server.start_again();
    }
    load.goes_on().await;
    load.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_freezes_for_a_while_is_waited_for() {
    let server = RedisServer::start();
    let load = Load::on(journal(&server).await);
    load.goes_on().await;
    server.pause();
    tokio::time::sleep(Duration::from_secs(6)).await;
    server.resume();
    load.goes_on().await;
    load.end().await;
}

#[tokio::test]
async fn a_server_that_is_gone_is_called_unavailable_after_some_seconds() {
    let mut server = RedisServer::start();
    let journal = journal(&server).await;
    append(&journal, &stream("1"), Expected::Missing, 1).await;
    server.stop();
    // The first who notices cannot know whether it was sent in time; with nobody there, nothing is sent any more.
    let first = journal.append(Append::new(stream("2"), Expected::Any, counted(1)));
    let _ = tokio::time::timeout(Duration::from_millis(100), first).await;
    let _ = tokio::time::timeout(Duration::from_millis(100), journal.head(0)).await;
    let begun = Instant::now();
    let model = ReadModel::new("OrderList", 1);
    let commit = Commit::new(model.clone(), 0, None, LogId::new(1, 1), vec![RowChange::write("1", "{}")]);
    let (appended, read, log, committed, page) = tokio::join!(
        journal.append(Append::new(stream("1"), Expected::Any, counted(1))),
        journal.read_stream(&stream("1"), Version::NONE, 10),
        journal.read_log(LogRead::new(0, After::Start, 10)),
        journal.commit(commit),
        journal.rows_page(&model, None, 10),
    );
    let errors =
        [appended.unwrap_err(), read.unwrap_err(), log.unwrap_err(), committed.unwrap_err(), page.unwrap_err()];
    for error in errors {
        assert!(matches!(error, JournalError::Unavailable { .. }), "{error}");
    }
    assert!(begun.elapsed() > Duration::from_secs(5), "given up after {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(15), "given up after {:?}", begun.elapsed());
}

#[tokio::test]
async fn an_append_to_a_server_that_froze_for_good_is_called_unknown() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    append(&journal, &stream("1"), Expected::Missing, 1).await;
    server.pause();
    let begun = Instant::now();
    let request = Append::new(stream("1"), Expected::Any, counted(1));
    match journal.append(request.clone()).await {
        Err(JournalError::Unknown { id, .. }) => assert_eq!(id, request.id),
        other => panic!("expected an unknown outcome, found {other:?}"),
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "given up after {:?}", begun.elapsed());
    server.resume();
    // It was in the server's hands all the while; asked again, it happened once.
    assert!(matches!(journal.append(request).await, Ok(Verdict::Appended(_) | Verdict::Duplicate(_))));
    assert_eq!(whole(&journal, &stream("1")).await.len(), 2);
}

#[tokio::test]
async fn what_a_server_refuses_changed_nothing_and_is_told_at_once() {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    append(&journal, &stream("1"), Expected::Missing, 1).await;
    let model = ReadModel::new("OrderList", 1);
    let user = server.user();
    for (refuse, code, mend) in [
        (["CONFIG", "SET", "maxmemory", "1"], "OOM", ["CONFIG", "SET", "maxmemory", "0"]),
        (["ACL", "SETUSER", user, "-xadd"], "NOPERM", ["ACL", "SETUSER", user, "+@all"]),
        (["ACL", "SETUSER", user, "-rpush"], "NOPERM", ["ACL", "SETUSER", user, "+@all"]),
        (["ACL", "SETUSER", user, "-set"], "NOPERM", ["ACL", "SETUSER", user, "+@all"]),
    ] {
        let _: () = raw.run(&refuse).await;
        let begun = Instant::now();
        let answer = journal.append(Append::new(stream("1"), Expected::Any, counted(3))).await;
        let Err(JournalError::Refused { reason, .. }) = answer else { panic!("{refuse:?} gave {answer:?}") };
        assert!(reason.to_uppercase().contains(code), "{refuse:?} gave {reason}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{reason} came after {:?}", begun.elapsed());
        let _: () = raw.run(&mend).await;
    }
    for command in ["-hset", "-hdel", "-zadd", "-zrem"] {
        let _: () = raw.run(&["ACL", "SETUSER", user, command]).await;
        let changes = vec![RowChange::write("1", "{}"), RowChange::delete("2")];
        let commit = Commit::new(model.clone(), 0, None, LogId::new(1, 1), changes);
        let answer = journal.commit(commit).await;
        assert!(
            matches!(&answer, Err(JournalError::Refused { reason, .. }) if reason.contains("NOPERM")),
            "{answer:?}"
        );
        let _: () = raw.run(&["ACL", "SETUSER", user, "+@all"]).await;
    }
    let keys: Vec<String> = raw.run(&["KEYS", "*OrderList*"]).await;
    assert_eq!(keys, [""; 0]);
    assert_eq!(
        journal.head(0).await.unwrap().map(|head| head.number).unwrap_or_default(),
        whole(&journal, &stream("1")).await.len() as u64
    );
}

#[tokio::test]
async fn what_a_server_refuses_for_a_while_is_waited_for() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    append(&journal, &stream("1"), Expected::Missing, 1).await;
    let port = other.port().to_string();
    for (refuse, mend) in [
        (
            ["CONFIG", "SET", "min-replicas-to-write", "1"].as_slice(),
            ["CONFIG", "SET", "min-replicas-to-write", "0"].as_slice(),
        ),
        (&["REPLICAOF", "127.0.0.1", &port], &["REPLICAOF", "NO", "ONE"]),
    ] {
        let _: () = raw.run(refuse).await;
        let append = Append::new(stream("2"), Expected::Any, counted(1));
        let (answer, ()) = tokio::join!(journal.append(append), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let refused: redis::RedisResult<()> = raw.try_run(&["SET", "x", "1"]).await;
            assert!(refused.is_err(), "the server takes writes after {refuse:?}");
            let _: () = raw.run(mend).await;
        });
        assert!(matches!(answer, Ok(Verdict::Appended(_))), "after {refuse:?}: {answer:?}");
    }
}

#[tokio::test]
async fn what_a_server_refuses_for_long_did_not_happen() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    append(&journal, &stream("1"), Expected::Missing, 1).await;
    let _: () = raw.run(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]).await;
    let answer = journal.append(Append::new(stream("1"), Expected::Any, counted(3))).await;
    assert!(
        matches!(&answer, Err(JournalError::Unavailable { reason, .. }) if reason.contains("READONLY")),
        "{answer:?}"
    );
}
