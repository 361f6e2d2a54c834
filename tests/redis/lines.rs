//! The connections that logs are read on: who they are to the server, how many there are, and what breaks them.

use crate::ground::{append, journal, open, stream};
use annals::journal::{After, Expected, Journal, JournalError, LogBatch, LogRead, RedisJournal, RedisOptions};
use annals_test_support::{Direction, Lose, Marker, Proxy, RedisServer};
use futures_util::future::join_all;
use std::{
    process::{Command, Stdio},
    time::Duration,
};

async fn log(journal: &RedisJournal) -> Result<LogBatch, JournalError> {
    journal.read_log(LogRead::new(0, After::Start, 1_000)).await
}

async fn connect(url: &str) -> RedisJournal {
    RedisJournal::connect(url, &RedisOptions::new()).await.unwrap()
}

/// Appends and reads it back: what is there, and what comes.
async fn round_trip(journal: &RedisJournal) {
    append(journal, &stream("1"), Expected::Any, 3).await;
    let batch = log(journal).await.unwrap();
    assert_eq!(batch.events.len(), 3);
    let follow = |after| journal.follow(vec![LogRead::new(0, after, 10)], Duration::from_secs(5));
    let seen = After::Checkpoint(batch.checkpoint().unwrap());
    let other = stream("2");
    let (come, _) = tokio::join!(follow(seen), append(journal, &other, Expected::Any, 1));
    assert_eq!(come.unwrap()[0].events.len(), 1);
    assert_eq!(journal.head(0).await.unwrap().unwrap().number, 4);
}

#[tokio::test]
async fn a_log_is_read_by_who_asks_from_the_database_that_was_chosen() {
    let server = RedisServer::builder().args(["--requirepass", "right-secret"]).unix_socket().start();
    let tcp = server.url().replace("redis://", "redis://:right-secret@");
    round_trip(&connect(&format!("{tcp}/3")).await).await;
    round_trip(&connect(&format!("{}?db=4&user=default&pass=right-secret", server.unix_url())).await).await;
}

#[tokio::test]
async fn whoever_is_let_in_no_more_is_told_so_without_a_password() {
    let server = RedisServer::start();
    server.command(&["ACL", "SETUSER", "reader", "on", ">right-secret", "~*", "+@all"]);
    let journal = connect(&server.admin_url().replace("redis://", "redis://reader:right-secret@")).await;
    round_trip(&journal).await;
    server.command(&["ACL", "SETUSER", "reader", "resetpass", ">other"]);
    server.command(&["CLIENT", "KILL", "USER", "reader"]);
    let error = log(&journal).await.unwrap_err();
    assert!(matches!(&error, JournalError::Refused { reason, .. } if reason.contains("WRONGPASS")), "{error}");
    assert!(!format!("{error} {error:?} {journal:?}").contains("secret"), "{error:?}");
    server.command(&["ACL", "SETUSER", "reader", ">right-secret", "-xrange"]);
    let error = log(&journal).await.unwrap_err();
    assert!(matches!(&error, JournalError::Refused { reason, .. } if reason.contains("NOPERM")), "{error}");
}

#[tokio::test]
async fn many_readers_share_some_lines() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    append(&journal, &stream("1"), Expected::Any, 10).await;
    let connections = || server.info("stats", "total_connections_received").unwrap().parse::<u64>().unwrap();
    log(&journal).await.unwrap();
    let before = connections();
    for _ in 0..20 {
        log(&journal).await.unwrap();
    }
    // The looks at the server are connections as well.
    assert_eq!(connections() - before, 1);
    for _ in 0..5 {
        let read = join_all((0..100).map(|_| log(&journal))).await;
        assert!(read.into_iter().all(|batch| batch.unwrap().events.len() == 10));
    }
    let made = connections() - before;
    assert!(made <= 2 + 8, "{made} connections were made");
}

#[tokio::test]
async fn a_read_that_is_given_up_or_lost_midway_leaves_nothing_for_the_next() {
    let server = RedisServer::start();
    let (direct, proxy) = (journal(&server).await, Proxy::to(&server));
    let slow = connect(&proxy.url()).await;
    append(&direct, &stream("1"), Expected::Any, 100).await;
    append(&direct, &stream("2"), Expected::Any, 1).await;
    let whole = log(&direct).await.unwrap().events;
    assert_eq!(log(&slow).await.unwrap().events, whole);

    proxy.freeze(Direction::ToClient);
    let given_up = tokio::time::timeout(Duration::from_millis(100), log(&slow)).await;
    assert!(given_up.is_err());
    proxy.thaw();
    let second = slow.read_log(LogRead::new(0, After::Position(100), 10)).await.unwrap();
    assert_eq!(second.events, whole[100..]);

    proxy.lose(Lose::Reply, Marker::text("LRANGE"), 2, 3);
    for _ in 0..3 {
        assert_eq!(log(&slow).await.unwrap().events, whole);
    }
    assert_eq!(proxy.lost_replies(), 3);
    proxy.cut();
    assert_eq!(log(&slow).await.unwrap().events, whole);
}

#[tokio::test]
async fn a_key_of_another_type_is_named_wherever_it_stands_among_others() {
    let server = RedisServer::start();
    let journal = open(&server, "annals", 1).await;
    for id in ["1", "2", "3"] {
        append(&journal, &stream(id), Expected::Any, 2).await;
    }
    server.command(&["DEL", "{annals:0}:s:order-2"]);
    server.command(&["SET", "{annals:0}:s:order-2", "mine"]);
    let error = log(&journal).await.unwrap_err();
    let JournalError::Foreign { place, reason } = &error else { panic!("{error:?}") };
    assert_eq!(place, "key `{annals:0}:s:order-2`");
    assert_eq!(reason, "expected a list, found a string");
}

/// The URL of the server that a process of its own is to read from.
const TLS_URL: &str = "ANNALS_TEST_TLS_URL";

/// Whom a process trusts is said before it starts, so this test starts itself once more.
#[tokio::test]
async fn a_log_is_read_over_tls_too() {
    if let Ok(url) = std::env::var(TLS_URL) {
        return round_trip(&connect(&url).await).await;
    }
    let server = RedisServer::builder().tls().start();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "lines::a_log_is_read_over_tls_too"]);
    again.env(TLS_URL, server.tls_url()).env("SSL_CERT_FILE", server.authority()).stdin(Stdio::null());
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}
