//! Opening a store: what works, and what is said where it does not.

use crate::domain::{Account, deposit, open};
use annals::{Store, Version, journal::ConnectError};
use annals_test_support::RedisServer;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_store_in_memory_is_empty_and_its_own() {
    let (one, other) = (Store::connect("memory:").await.unwrap(), Store::connect("memory:").await.unwrap());
    one.repository::<Account>().execute("1", open("ann")).await.unwrap();
    assert!(one.clone().repository::<Account>().load("1").await.unwrap().exists());
    assert!(!other.repository::<Account>().load("1").await.unwrap().exists());
    assert_eq!(one.to_string(), "memory:");
}

#[tokio::test]
async fn a_store_on_redis_is_found_again() {
    let server = RedisServer::start();
    let store = Store::connect(&server.url()).await.unwrap();
    store.repository::<Account>().execute("1", open("ann")).await.unwrap();
    let again = Store::connect(&server.url()).await.unwrap();
    assert_eq!(again.repository::<Account>().load("1").await.unwrap().state.owner, "ann");

    let other = Store::options().namespace("other").connect(&server.url()).await.unwrap();
    assert!(!other.repository::<Account>().load("1").await.unwrap().exists(), "namespaces share nothing");
}

#[tokio::test]
async fn what_is_no_store_is_said_to_be_none() {
    for (url, reason) in [
        ("", "expected"),
        ("memory", "expected"),
        ("memory:x", "write `memory:`"),
        ("http://127.0.0.1/", "expected"),
        ("redis://127.0.0.1:6379/zero", "database"),
        ("redis://127.0.0.1:port/", "port"),
    ] {
        let error = Store::connect(url).await.unwrap_err();
        assert!(matches!(error, ConnectError::Url { .. }), "{url}: {error:?}");
        assert!(error.to_string().contains(reason), "{url}: {error}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
}

#[tokio::test]
async fn an_unreachable_server_is_said_in_one_line_within_seconds() {
    let begin = Instant::now();
    let error = Store::connect("redis://user:geheim@127.0.0.1:1/").await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(8), "it took {:?}", begin.elapsed());
    let told = format!("{error} {error:?}");
    assert!(!told.contains("geheim") && told.contains("127.0.0.1:1"), "{told}");
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}

#[tokio::test]
async fn a_store_made_with_other_partitions_is_not_opened() {
    let server = RedisServer::start();
    Store::options().partitions(4).connect(&server.url()).await.unwrap();
    let error = Store::options().partitions(8).connect(&server.url()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the journal `annals` was made with 4 as the number of partitions, and is opened with 8"
    );
    // Who does not say takes what is there.
    Store::connect(&server.url()).await.unwrap();
    let error = Store::options().partitions(0).connect(&server.url()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot open the journal: expected at least one partition, found 0");
}

#[tokio::test]
async fn the_program_goes_on_after_a_restart_of_the_server() {
    let mut server = RedisServer::builder().arg("--appendonly").arg("yes").arg("--appendfsync").arg("always").start();
    let store = Store::connect(&server.url()).await.unwrap();
    let accounts = store.repository::<Account>();
    accounts.execute("1", open("ann")).await.unwrap();
    server.restart();
    accounts.execute("1", deposit(5)).await.unwrap();
    let account = accounts.load("1").await.unwrap();
    assert_eq!((account.state.balance, account.version), (5, Version::new(2)));
}
