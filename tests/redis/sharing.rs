//! Appends that share a call and a barrier: how few there are, a verdict each, and nobody is held up by another's wait.

use crate::ground::{append, counted, journal, pair, stream, whole};
use annals::{
    StreamName, Version,
    journal::{
        After, Append, Appended, Durability, Expected, Journal, JournalError, LogRead, RedisJournal, RedisOptions,
        Risk, Verdict,
    },
};
use annals_test_support::{Direction, Lose, Marker, Proxy, Raw, RedisServer, until};
use futures_util::future::join_all;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How often a server has run a command.
fn calls(server: &RedisServer, command: &str) -> u64 {
    let told = server.info("commandstats", &format!("cmdstat_{command}"));
    let count = told.as_deref().and_then(|told| told.strip_prefix("calls=")?.split(',').next()?.parse().ok());
    count.unwrap_or_default()
}

async fn replicated(url: &str, confirm_within: Duration) -> RedisJournal {
    let options = RedisOptions::new().durability(Durability::Replicated(1)).accept(Risk::FewReplicas);
    RedisJournal::connect(url, &options.confirm_within(confirm_within)).await.unwrap()
}

fn of(id: usize) -> StreamName {
    stream(&id.to_string())
}

#[tokio::test]
async fn one_barrier_serves_many_appends() {
    const APPENDS: usize = 64;
    let (master, _replica) = pair().await;
    let journal = replicated(&master.url(), Durability::WITHIN).await;
    let (waits, fcalls) = (calls(&master, "wait"), calls(&master, "fcall"));
    let appends = (0..APPENDS).map(|id| journal.append(Append::new(of(id), Expected::Missing, counted(1))));
    for answer in join_all(appends).await {
        assert!(matches!(answer, Ok(Verdict::Appended(_))), "{answer:?}");
    }
    let (waits, fcalls) = (calls(&master, "wait") - waits, calls(&master, "fcall") - fcalls);
    assert!((1..=8).contains(&waits), "{APPENDS} appends were waited for with {waits} WAIT");
    assert!((1..=8).contains(&fcalls), "{APPENDS} appends were sent with {fcalls} FCALL");
}

/// What an append of the burst is, and so how it is to be answered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Creates,
    /// Expects what is not there.
    Conflicts,
    /// Was appended before.
    Repeats,
    /// Goes to a key that is not ours.
    Strays,
    Extends,
}

#[tokio::test]
async fn a_burst_shares_calls_and_each_append_has_its_own_verdict() {
    const APPENDS: usize = 256;
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    let (full, foreign) = (stream("full"), stream("foreign"));
    append(&journal, &full, Expected::Missing, 3).await;
    let _: () = raw.run(&["SET", &format!("{{annals:0}}:s:{foreign}"), "mine"]).await;
    let mut burst = Vec::new();
    for id in 0..APPENDS {
        let (kind, append) = match id % 8 {
            1 => (Kind::Conflicts, Append::new(full.clone(), Expected::Version(Version::new(1)), counted(2))),
            3 => {
                let before = Append::new(of(id), Expected::Any, counted(2));
                assert!(matches!(journal.append(before.clone()).await, Ok(Verdict::Appended(_))));
                (Kind::Repeats, before)
            }
            5 => (Kind::Strays, Append::new(foreign.clone(), Expected::Any, counted(1))),
            6 => (Kind::Extends, Append::new(stream("shared"), Expected::Any, counted(1))),
            _ => (Kind::Creates, Append::new(of(id), Expected::Missing, counted(1 + id % 3))),
        };
        burst.push((kind, append));
    }
    let (fcalls, head) = (calls(&server, "fcall"), journal.head(0).await.unwrap().unwrap().number);
    let answers = join_all(burst.iter().map(|(_, append)| journal.append(append.clone()))).await;
    let fcalls = calls(&server, "fcall") - fcalls;
    assert!((4..=16).contains(&fcalls), "{APPENDS} appends were sent with {fcalls} FCALL");

    let mut added = 0;
    for ((kind, append), answer) in burst.iter().zip(answers) {
        match (kind, answer) {
            (Kind::Creates | Kind::Extends, Ok(Verdict::Appended(appended))) => {
                assert_eq!(usize::try_from(appended.count), Ok(append.events.len()));
                let there = journal.read_stream(&append.stream, Version::NONE, 100).await.unwrap();
                let mine = there.iter().filter(|event| event.append_id() == append.id.as_str());
                let versions: Vec<_> = mine.map(annals::journal::StoredEvent::version).collect();
                assert_eq!(
                    versions.first().zip(versions.last()),
                    Some((appended.versions().start(), appended.versions().end()))
                );
                added += append.events.len();
            }
            (Kind::Conflicts, Ok(Verdict::Conflict(conflict))) => {
                assert_eq!((conflict.actual, conflict.missed.len()), (Version::new(3), 2));
            }
            (Kind::Repeats, Ok(Verdict::Duplicate(appended))) => {
                assert_eq!(appended.versions(), Version::new(1)..=Version::new(2));
            }
            (Kind::Strays, Err(JournalError::Foreign { place, .. })) => assert!(place.contains("foreign"), "{place}"),
            (kind, answer) => panic!("an append that {kind:?} was answered with {answer:?}"),
        }
    }
    let log = journal.read_log(LogRead::new(0, After::Start, 10_000)).await.unwrap();
    assert_eq!(log.events.len(), usize::try_from(head).unwrap() + added, "the log is whole, and has nothing else");
}

#[tokio::test]
async fn an_append_that_waits_for_nothing_is_not_held_up_by_one_that_waits() {
    let (master, replica) = pair().await;
    let journal = Arc::new(journal(&master).await);
    replica.pause();
    let waiting = {
        let journal = Arc::clone(&journal);
        let append = Append::new(of(1), Expected::Any, counted(1)).durability(Durability::Replicated(1));
        tokio::spawn(async move { journal.append(append).await })
    };
    until("a client waits", || master.info("clients", "blocked_clients").as_deref() == Some("1")).await;
    let begun = Instant::now();
    append(&journal, &of(1), Expected::Any, 1).await;
    assert_eq!(whole(&journal, &of(1)).await.len(), 2);
    assert!(begun.elapsed() < Duration::from_secs(1), "it took {:?}", begun.elapsed());
    assert!(!waiting.is_finished(), "the replica is frozen, so the other one waits still");
    replica.resume();
    assert!(matches!(waiting.await.unwrap(), Ok(Verdict::Appended(_))));
}

#[tokio::test]
async fn an_append_that_is_given_up_before_its_turn_is_never_sent() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let journal = Arc::new(RedisJournal::connect(&proxy.url(), &RedisOptions::new()).await.unwrap());
    append(&journal, &of(0), Expected::Missing, 1).await;
    let send = |id| {
        let (journal, append) = (Arc::clone(&journal), Append::new(of(id), Expected::Any, counted(1)));
        tokio::spawn(async move { journal.append(append).await })
    };
    // The first is on its way, with whatever is sent behind it on its connection.
    proxy.hold(Direction::ToServer, "append");
    let mut going = vec![send(1)];
    proxy.held(1).await;
    let seen = proxy.counts().requests;
    going.push(send(2));
    until("a second call is on its way", || proxy.counts().requests > seen).await;
    // For more there is no place yet.
    let (given_up, waiting) = (send(3), send(4));
    tokio::time::sleep(Duration::from_millis(50)).await;
    given_up.abort();
    assert!(given_up.await.is_err_and(|error| error.is_cancelled()));
    proxy.let_go();
    going.push(waiting);
    for append in going {
        assert!(matches!(append.await.unwrap(), Ok(Verdict::Appended(_))));
    }
    append(&journal, &of(5), Expected::Missing, 1).await;
    assert_eq!(journal.stream_version(&of(3)).await, Ok(Version::NONE), "what nobody waited for was sent");
    assert_eq!(journal.head(0).await.unwrap().unwrap().number, 5);
}

#[tokio::test]
async fn a_connection_that_is_cut_between_an_append_and_its_wait_is_made_again_and_waited_on() {
    let (master, replica) = pair().await;
    let proxy = Proxy::to(&master);
    let journal = replicated(&proxy.url(), Durability::WITHIN).await;
    append(&journal, &of(1), Expected::Missing, 1).await;
    let mut version = Version::new(1);
    for (number, lose) in (1..).zip([Lose::Reply, Lose::Request]) {
        for expected in [Expected::Any, Expected::Existing, Expected::Version(version.after(2))] {
            let waits = calls(&master, "wait");
            proxy.lose(lose, Marker::text("\r\nWAIT\r\n"), 1, 1);
            let append = Append::new(of(1), expected, counted(1));
            let appended = match journal.append(append).await {
                Ok(Verdict::Duplicate(appended)) => appended,
                other => panic!("{lose:?} of WAIT, expected the second try to find the first, found {other:?}"),
            };
            version = version.next();
            assert_eq!(appended.versions(), version..=version);
            let retried = calls(&master, "wait") - waits;
            assert_eq!(retried, if lose == Lose::Reply { 2 } else { 1 }, "it was waited for again");
            assert_eq!(replica.command(&["LLEN", "{annals:0}:s:order-1"]), version.to_string());
        }
        assert_eq!(proxy.lost_replies() + proxy.lost_requests(), 3 * number, "as often as was asked");
    }
    assert_eq!(whole(&journal, &of(1)).await.len(), 7);
}

#[tokio::test]
async fn appends_of_many_partitions_share_a_barrier_too() {
    const APPENDS: usize = 64;
    let (master, _replica) = pair().await;
    let options = RedisOptions::new().durability(Durability::Replicated(1)).accept(Risk::FewReplicas).partitions(16);
    let journal = RedisJournal::connect(&master.url(), &options).await.unwrap();
    let waits = calls(&master, "wait");
    let appends = (0..APPENDS).map(|id| journal.append(Append::new(of(id), Expected::Missing, counted(1))));
    let mut partitions: Vec<_> = Vec::new();
    for answer in join_all(appends).await {
        let Ok(Verdict::Appended(Appended { partition, .. })) = answer else { panic!("{answer:?}") };
        partitions.push(partition);
    }
    partitions.sort_unstable();
    partitions.dedup();
    assert!(partitions.len() > 8, "the streams lie in {partitions:?} alone");
    let waits = calls(&master, "wait") - waits;
    assert!((1..=8).contains(&waits), "{APPENDS} appends were waited for with {waits} WAIT");
}
