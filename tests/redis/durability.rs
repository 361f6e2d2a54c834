//! Durability by name: what is acknowledged is as safe as was asked for, and what is not is told, with how far it came.

use crate::ground::{append, counted, follow, journal, pair, stream, whole};
use annals::{
    StreamName, Version,
    journal::{
        Append, Appended, ConnectError, Durability, Expected, Journal, JournalError, NewEvent, Reached, RedisJournal,
        RedisOptions, Risk, Unconfirmed, Verdict,
    },
};
use annals_test_support::{RedisServer, until};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// For how long these tests wait for a replica that is frozen.
const SHORT: Duration = Duration::from_millis(300);

/// A server whose append-only file is fsynced about every second.
fn everysec() -> RedisServer {
    RedisServer::builder().args(["--appendonly", "yes", "--appendfsync", "everysec"]).start()
}

/// A server that takes `Fsynced`: where it cannot be waited for its file, it fsyncs always.
fn fsyncing() -> RedisServer {
    let server = everysec();
    if !server.version().has_waitaof() {
        server.command(&["CONFIG", "SET", "appendfsync", "always"]);
    }
    server
}

async fn connect(server: &RedisServer, options: RedisOptions) -> RedisJournal {
    RedisJournal::connect(&server.url(), &options).await.unwrap()
}

async fn refused(server: &RedisServer, durability: Durability) -> ConnectError {
    match RedisJournal::connect(&server.url(), &RedisOptions::new().durability(durability)).await {
        Err(error) => error,
        Ok(journal) => panic!("{journal} was opened for {durability}"),
    }
}

/// An append of one event to the end of a stream.
fn one(stream: &StreamName) -> Append {
    Append::new(stream.clone(), Expected::Any, counted(1))
}

fn confirmed(answer: Result<Verdict, JournalError>) -> Appended {
    match answer {
        Ok(Verdict::Appended(appended)) => appended,
        other => panic!("expected the events to be appended, and confirmed, found {other:?}"),
    }
}

fn duplicate(answer: Result<Verdict, JournalError>) -> Appended {
    match answer {
        Ok(Verdict::Duplicate(appended)) => appended,
        other => panic!("expected a duplicate, and confirmed, found {other:?}"),
    }
}

fn unconfirmed(answer: Result<Verdict, JournalError>) -> Unconfirmed {
    match answer {
        Err(JournalError::Unconfirmed(unconfirmed)) => *unconfirmed,
        other => panic!("expected it to be recorded and unconfirmed, found {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_as_fsynced_is_there_after_a_kill_at_that_moment() {
    const TIMES: u64 = 8;
    const MUCH: usize = 20_000;
    let mut server = fsyncing();
    for round in 1..=TIMES {
        if !server.version().has_waitaof() {
            server.command(&["CONFIG", "SET", "appendfsync", "always"]);
        }
        let safe = connect(&server, RedisOptions::new().durability(Durability::Fsynced)).await;
        let fast = Arc::new(connect(&server, RedisOptions::new()).await);
        // Others write all the while and do not wait for the file, so that there is always something that is not in it.
        let (done, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let others = (0..4).map(|writer| {
            let (fast, done, written) = (Arc::clone(&fast), Arc::clone(&done), Arc::clone(&written));
            let stream = StreamName::new("other", &format!("{round}-{writer}"));
            let much = vec![NewEvent::new("Counted", format!(r#""{}""#, "x".repeat(MUCH)))];
            tokio::spawn(async move {
                let append = || Append::new(stream.clone(), Expected::Any, much.clone());
                while !done.load(Ordering::Relaxed) && fast.append(append()).await.is_ok() {
                    written.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let others: Vec<_> = others.collect();
        confirmed(safe.append(one(&stream("safe"))).await);
        until("others write", || written.load(Ordering::Relaxed) >= 20).await;
        let last = confirmed(safe.append(one(&stream("safe"))).await);
        server.kill9();
        done.store(true, Ordering::Relaxed);
        assert_eq!(last.first_version, Version::new(round * 2), "what was acknowledged before was there");
        server.start_again();
        let found = journal(&server).await.stream_version(&stream("safe")).await.unwrap();
        assert_eq!(found, last.first_version, "round {round}: an event was acknowledged as fsynced, and is lost");
        for other in others {
            other.abort();
        }
    }
}

#[tokio::test]
async fn everysec_is_enough_only_where_the_file_can_be_waited_for() {
    let server = everysec();
    let fast = journal(&server).await;
    if server.version().has_waitaof() {
        let safe = connect(&server, RedisOptions::new().durability(Durability::Fsynced)).await;
        confirmed(safe.append(one(&stream("1"))).await);
        confirmed(fast.append(one(&stream("1")).durability(Durability::Fsynced)).await);
        return;
    }
    let error = refused(&server, Durability::Fsynced).await;
    let ConnectError::Unsafe { findings, .. } = &error else { panic!("{error}") };
    assert_eq!(findings.iter().map(|finding| finding.risk).collect::<Vec<_>>(), [Risk::NoFsync]);
    for words in ["`appendfsync` is `everysec`", "CONFIG SET appendfsync always", "Risk::NoFsync"] {
        assert!(error.to_string().contains(words), "{words} is not in: {error}");
    }

    // One append that asks for more than its store is there, and is told to be no safer than the store makes it.
    let told = unconfirmed(fast.append(one(&stream("1")).durability(Durability::Fsynced)).await);
    assert_eq!(told.reached, Reached { fsynced: Some(false), ..Reached::default() });
    assert!(told.reason.contains("appendfsync everysec"), "{told}");
    assert_eq!(told.appended.versions(), Version::new(1)..=Version::new(1));
    assert_eq!(whole(&fast, &stream("1")).await.len(), 1);
}

#[tokio::test]
async fn a_server_that_stops_fsyncing_is_noticed_by_the_next_append() {
    let server = RedisServer::builder().durable().start();
    let journal = connect(&server, RedisOptions::new().durability(Durability::Fsynced)).await;
    confirmed(journal.append(one(&stream("1"))).await);

    server.command(&["CONFIG", "SET", "appendfsync", "everysec"]);
    let append = one(&stream("1"));
    if server.version().has_waitaof() {
        confirmed(journal.append(append).await);
    } else {
        let told = unconfirmed(journal.append(append.clone()).await);
        assert_eq!(told.reached.fsynced, Some(false));
        assert!(told.reason.contains("appendfsync everysec"), "{told}");
        server.command(&["CONFIG", "SET", "appendfsync", "always"]);
        assert_eq!(duplicate(journal.append(append).await), told.appended);
    }

    server.command(&["CONFIG", "SET", "appendonly", "no"]);
    let told = unconfirmed(journal.append(one(&stream("1"))).await);
    assert_ne!(told.reached.fsynced, Some(true), "{told}");
    assert!(told.reason.contains("appendonly"), "{told}");
    assert_eq!(whole(&journal, &stream("1")).await.len(), 3);
}

#[tokio::test]
async fn a_replica_in_step_confirms() {
    let (master, replica) = pair().await;
    master.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    // With that, there is nothing to accept.
    let journal = connect(&master, RedisOptions::new().durability(Durability::Replicated(1))).await;
    for number in 1..=20 {
        let appended = confirmed(journal.append(one(&stream("1"))).await);
        // Looked at behind the journal's back, at once.
        let there = replica.command(&["LLEN", "{annals:0}:s:order-1"]);
        assert_eq!(there, number.to_string(), "{appended:?} was acknowledged, and the replica does not have it");
    }
    let two = unconfirmed(
        connect(&master, RedisOptions::new().confirm_within(SHORT))
            .await
            .append(one(&stream("1")).durability(Durability::Replicated(2)))
            .await,
    );
    assert_eq!(two.reached, Reached { replicas: Some(1), ..Reached::default() }, "{two}");
}

#[tokio::test]
async fn what_a_frozen_replica_does_not_have_is_unconfirmed_until_it_has_it() {
    let (master, replica) = pair().await;
    let options = RedisOptions::new().accept(Risk::FewReplicas).confirm_within(SHORT);
    let journal = connect(&master, options.durability(Durability::Replicated(1))).await;
    confirmed(journal.append(one(&stream("1"))).await);
    for expected in [Expected::Any, Expected::Existing, Expected::Version(Version::new(5))] {
        let before = journal.stream_version(&stream("1")).await.unwrap();
        replica.pause();
        let append = Append::new(stream("1"), expected, counted(2));
        let begun = Instant::now();
        let told = unconfirmed(journal.append(append.clone()).await);
        assert!((SHORT..Duration::from_secs(4)).contains(&begun.elapsed()), "told after {:?}", begun.elapsed());
        assert_eq!(told.reached, Reached { replicas: Some(0), ..Reached::default() });
        assert_eq!((told.stream.clone(), told.id.clone()), (stream("1"), append.id.clone()));
        assert_eq!(told.appended.versions(), before.next()..=before.after(2));
        let there = whole(&journal, &stream("1")).await;
        assert_eq!(there.last().map(annals::journal::StoredEvent::version), Some(before.after(2)));

        // A duplicate is no safer than what it is a duplicate of.
        let again = unconfirmed(journal.append(append.clone()).await);
        assert_eq!((again.reached, again.appended), (told.reached, told.appended));

        replica.resume();
        assert_eq!(duplicate(journal.append(append).await), told.appended);
        let there = replica.command(&["LLEN", "{annals:0}:s:order-1"]);
        assert_eq!(there, before.after(2).to_string());
    }
}

/// What a store of another program has written lies behind no barrier of ours, unless we see to it.
#[tokio::test]
async fn what_another_connection_has_written_is_waited_for_too() {
    let (master, replica) = pair().await;
    let options = RedisOptions::new().accept(Risk::FewReplicas).confirm_within(SHORT);
    let (fast, safe) = (journal(&master).await, connect(&master, options.durability(Durability::Replicated(1))).await);
    replica.pause();
    let append = one(&stream("1"));
    let appended = confirmed(fast.append(append.clone()).await);
    let told = unconfirmed(safe.append(append.clone()).await);
    assert_eq!((told.appended, told.reached.replicas), (appended, Some(0)));
    let id = append.id.clone();
    match safe.wait_for_durability(&stream("1"), id.clone(), appended, Durability::Memory).await {
        Err(JournalError::Unconfirmed(told)) => assert_eq!(told.reached.replicas, Some(0)),
        other => panic!("the replica is frozen, and cannot have confirmed: {other:?}"),
    }
    replica.resume();
    assert_eq!(safe.wait_for_durability(&stream("1"), id, appended, Durability::Memory).await, Ok(()));
    assert_eq!(replica.command(&["LLEN", "{annals:0}:s:order-1"]), "1");
}

#[tokio::test]
async fn the_disks_of_replicas_are_waited_for_where_the_server_can() {
    let master = everysec();
    let replica =
        RedisServer::builder().args(["--appendonly", "yes", "--appendfsync", "everysec"]).replica_of(&master).start();
    let both = Durability::ReplicatedFsynced(1);
    let fast = journal(&master).await;
    if !master.version().has_waitaof() {
        let error = refused(&master, both).await;
        assert!(matches!(&error, ConnectError::Unusable { reason, .. } if reason.contains("Redis 7.2")), "{error}");
        let answer = fast.append(one(&stream("1")).durability(both)).await;
        assert!(
            matches!(&answer, Err(JournalError::Refused { reason, .. }) if reason.contains("Redis 7.2")),
            "{answer:?}"
        );
        assert_eq!(fast.stream_version(&stream("1")).await, Ok(Version::NONE), "it was refused, and written");
        assert_eq!(fast.head(0).await, Ok(None));
        return;
    }
    let options = RedisOptions::new().accept(Risk::FewReplicas).durability(both);
    let safe = connect(&master, options.clone()).await;
    for _ in 0..2 {
        confirmed(safe.append(one(&stream("1"))).await);
    }

    let short = connect(&master, options.confirm_within(SHORT)).await;
    replica.command(&["CONFIG", "SET", "appendonly", "no"]);
    let told = unconfirmed(short.append(one(&stream("1"))).await);
    assert_eq!(
        told.reached,
        Reached { fsynced: Some(true), replicas: None, fsynced_replicas: Some(0) },
        "the replica has it in its memory alone: {told}"
    );
}

#[tokio::test]
async fn both_levels_of_a_store_and_its_append_are_waited_for() {
    let master = fsyncing();
    let replica = follow(&master, RedisServer::builder()).await;
    let options = RedisOptions::new().durability(Durability::Fsynced).confirm_within(SHORT);
    let journal = connect(&master, options).await;
    let raised = || one(&stream("1")).durability(Durability::Replicated(1));
    confirmed(journal.append(raised()).await);
    replica.pause();
    let told = unconfirmed(journal.append(raised()).await);
    assert_eq!(told.reached, Reached { fsynced: Some(true), replicas: Some(0), fsynced_replicas: None });
    assert_eq!(told.asked, "fsynced here, replicated to 1");
    // What its append does not raise does not wait for the replica.
    confirmed(journal.append(one(&stream("1"))).await);
}

#[tokio::test]
async fn a_conflict_is_told_and_not_waited_for_in_vain() {
    let (master, replica) = pair().await;
    let options = RedisOptions::new().accept(Risk::FewReplicas).confirm_within(SHORT);
    let journal = connect(&master, options.durability(Durability::Replicated(1))).await;
    confirmed(journal.append(one(&stream("1"))).await);
    replica.pause();
    let answer = journal.append(Append::new(stream("1"), Expected::Missing, counted(1))).await;
    assert!(matches!(&answer, Ok(Verdict::Conflict(conflict)) if conflict.actual == Version::new(1)), "{answer:?}");
}

#[tokio::test]
async fn a_replica_that_is_gone_for_good_leaves_appends_unconfirmed_or_refused_as_the_server_says() {
    let (master, mut replica) = pair().await;
    master.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    let options = RedisOptions::new().durability(Durability::Replicated(1)).confirm_within(SHORT);
    let journal = connect(&master, options).await;
    confirmed(journal.append(one(&stream("1"))).await);
    replica.kill9();
    until("the master misses its replica", || master.info("replication", "connected_slaves").as_deref() == Some("0"))
        .await;
    let answer = journal.append(one(&stream("1"))).await;
    assert!(
        matches!(&answer, Err(JournalError::Unavailable { reason, .. }) if reason.contains("NOREPLICAS")),
        "{answer:?}"
    );
    assert_eq!(journal.stream_version(&stream("1")).await, Ok(Version::new(1)), "it was refused, and written");
    master.command(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    let told = unconfirmed(journal.append(one(&stream("1"))).await);
    assert_eq!(told.reached.replicas, Some(0));
    append(&crate::ground::journal(&master).await, &stream("1"), Expected::Version(Version::new(2)), 1).await;
}
