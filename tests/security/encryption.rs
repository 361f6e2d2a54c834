//! TLS: whom a program trusts, whom it does not, and what it says then.

use crate::ground::append;
use annals::{
    Store, Version,
    journal::{ConnectError, Expected, Journal, RedisJournal, RedisOptions},
    testing::conformance,
};
use annals_test_support::{RedisServer, Tls};
use std::{
    env,
    fs::read,
    net::{Ipv4Addr, TcpListener},
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Names a server for [`in_a_program_of_its_own`].
const ELSEWHERE: &str = "ANNALS_TEST_TLS_URL";

fn trusting(server: &RedisServer) -> RedisOptions {
    RedisOptions::new().root_certificate(read(server.authority()).unwrap())
}

async fn refused(url: &str, options: &RedisOptions) -> ConnectError {
    let begun = Instant::now();
    let error = match RedisJournal::connect(url, options).await {
        Ok(journal) => panic!("{journal:?} was opened"),
        Err(error) => error,
    };
    assert!(begun.elapsed() < Duration::from_secs(4), "{error} came after {:?}", begun.elapsed());
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
    error
}

async fn unusable(url: &str, options: &RedisOptions, words: &str) {
    let error = refused(url, options).await;
    assert!(matches!(&error, ConnectError::Unusable { reason, .. } if reason.contains(words)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_a_journal_keeps_the_contract() {
    let server = RedisServer::builder().tls().start();
    // How many partitions there are does not touch the wire, so one number of them is enough.
    for (number, check) in conformance::checks().iter().enumerate() {
        let options = trusting(&server).namespace(format!("n{number}")).partitions(4);
        check.run(Arc::new(RedisJournal::connect(&server.tls_url(), &options).await.unwrap())).await;
    }
}

#[tokio::test]
async fn a_store_is_opened_over_tls_by_name_and_by_address() {
    let (server, other) = (RedisServer::builder().tls().start(), RedisServer::builder().tls().start());
    // One of several authorities is enough.
    let both = [read(other.authority()).unwrap(), read(server.authority()).unwrap()].concat();
    for url in [server.tls_url(), server.tls_url().replace("localhost", "127.0.0.1")] {
        let store = Store::options().root_certificate(&both).connect(&url).await.unwrap();
        assert_eq!(store.to_string(), url);
    }
}

#[tokio::test]
async fn a_connection_over_tls_is_made_again() {
    let mut server = RedisServer::builder().durable().tls().start();
    let journal = RedisJournal::connect(&server.tls_url(), &trusting(&server)).await.unwrap();
    let _ = journal.append(append("1", Expected::Missing, 1)).await.unwrap();
    server.restart();
    let _ = journal.append(append("1", Expected::Version(Version::new(1)), 1)).await.unwrap();
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_not_taken() {
    let (server, other) = (RedisServer::builder().tls().start(), RedisServer::builder().tls().start());
    for options in [RedisOptions::new(), trusting(&other)] {
        unusable(&server.tls_url(), &options, "an authority that is not trusted here; give that").await;
    }
}

#[tokio::test]
async fn a_certificate_of_another_host_is_not_taken() {
    let server = RedisServer::builder().tls_with(Tls::Elsewhere).start();
    unusable(&server.tls_url(), &trusting(&server), "that of another host").await;
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_not_taken() {
    let server = RedisServer::builder().tls_with(Tls::Expired).start();
    unusable(&server.tls_url(), &trusting(&server), "has expired").await;
}

#[tokio::test]
async fn a_server_without_tls_is_not_taken_for_one_with_it_and_not_the_other_way_round() {
    let server = RedisServer::builder().tls().start();
    let url = format!("rediss://:geheim@localhost:{}", server.port());
    let error = refused(&url, &trusting(&server)).await;
    // It answers what it takes for a command, or waits for more of it.
    assert!(error.to_string().contains("write `redis://` in the URL"), "{error}");
    let url = server.tls_url().replace("rediss://", "redis://:geheim@");
    let plain = refused(&url, &RedisOptions::new()).await;
    assert!(matches!(plain, ConnectError::Unusable { .. }), "{plain:?}");
    for error in [error, plain] {
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
    }
}

/// A password must not be sent before it is known who is there.
#[tokio::test]
async fn nothing_is_said_to_a_server_that_is_not_trusted() {
    let server = RedisServer::builder().tls().start();
    let url = server.tls_url().replace("rediss://", "rediss://default:geheim@");
    refused(&url, &RedisOptions::new()).await;
    let commands = server.info("commandstats", "cmdstat_auth");
    assert_eq!(commands, None);
}

#[tokio::test]
async fn what_is_silent_behind_tls_is_given_up_soon() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("rediss://localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    let error = refused(&url, &RedisOptions::new()).await;
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_may_want_to_see_a_certificate_of_its_clients() {
    let server = RedisServer::builder().tls_with(Tls::Mutual).start();
    let [certificate, key] = server.client_certificate().map(|file| read(file).unwrap());
    let options = trusting(&server).client_certificate(&certificate, &key);
    RedisJournal::connect(&server.tls_url(), &options).await.unwrap();
    let store = Store::options().root_certificate(read(server.authority()).unwrap());
    store.client_certificate(&certificate, &key).connect(&server.tls_url()).await.unwrap();

    unusable(&server.tls_url(), &trusting(&server), "wants to see a certificate of its clients").await;
    let other = RedisServer::builder().tls_with(Tls::Mutual).start();
    let [stranger, its_key] = other.client_certificate().map(|file| read(file).unwrap());
    let options = trusting(&server).client_certificate(&stranger, &its_key);
    unusable(&server.tls_url(), &options, "it broke TLS off").await;
    // A certificate with the key of another one is no certificate.
    let error = refused(&server.tls_url(), &trusting(&server).client_certificate(&certificate, &its_key)).await;
    assert!(error.to_string().contains("KeyMismatch"), "{error}");
}

#[tokio::test]
async fn certificates_that_do_not_read_or_would_not_be_used_are_refused_before_anything_is_sent() {
    let server = RedisServer::builder().tls().start();
    let authority = read(server.authority()).unwrap();
    for (url, options, words) in [
        ("rediss://localhost:1", RedisOptions::new().root_certificate("hello"), "the root certificate does not read"),
        ("rediss://localhost:1", RedisOptions::new().client_certificate("hello", "x"), "the client's certificate"),
        ("rediss://localhost:1", RedisOptions::new().client_certificate(&authority, "geheim"), "the client's key"),
        ("redis://localhost:1", RedisOptions::new().root_certificate(&authority), "write `rediss://` in the URL"),
    ] {
        let error = refused(url, &options).await;
        assert!(matches!(&error, ConnectError::Options { reason } if reason.contains(words)), "{error:?}");
        let told = format!("{error:?} {options:?}");
        assert!(!told.contains("geheim") && !told.contains("BEGIN CERTIFICATE-----\\nMII"), "{told}");
    }
}

#[tokio::test]
async fn the_systems_authorities_can_be_named_by_a_variable() {
    let server = RedisServer::builder().tls().start();
    let trusts = |file| {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "encryption::in_a_program_of_its_own", "--nocapture"])
            .env(ELSEWHERE, server.tls_url())
            .env("SSL_CERT_FILE", file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("1 passed") || error.contains("not trusted here"), "{said}{error}");
        output.status.success()
    };
    assert!(trusts(server.authority()));
    let other = RedisServer::builder().tls().start();
    assert!(!trusts(other.authority()));
}

/// What the variables of a program say holds for all of it, so this is a part of the test before it.
#[tokio::test]
async fn in_a_program_of_its_own() {
    if let Ok(url) = env::var(ELSEWHERE) {
        let journal = RedisJournal::connect(&url, &RedisOptions::new()).await;
        journal.unwrap_or_else(|error| panic!("{error}"));
    }
}
