//! Servers that are full, and servers that would throw something away when they are.

use crate::{dice::dice, load::Load};
use annals::journal::{Journal, RedisJournal, RedisOptions, Risk};
use annals_test_support::RedisServer;

/// Sets the limit below what is in use.
fn fill(server: &RedisServer) {
    let used: u64 = server.info("memory", "used_memory").and_then(|used| used.parse().ok()).expect("it is a number");
    server.command(&["CONFIG", "SET", "maxmemory", &(used / 2).to_string()]);
}

fn evicted(server: &RedisServer) -> Option<String> {
    server.info("stats", "evicted_keys")
}

/// Fills the server under load and makes room again, twice.
async fn filled(test: &str, server: &RedisServer) {
    let load = Load::on(server, &mut dice(test)).await;
    load.goes_on().await;
    for _ in 0..2 {
        fill(server);
        load.hears("appends are refused", 20, |told| &told.refused).await;
        load.hears("reads go on", 20, |told| &told.reads).await;
        server.command(&["CONFIG", "SET", "maxmemory", "0"]);
        load.goes_on().await;
    }
    let refusals = load.told().refusals();
    let says_why = |refusal: &String| refusal.contains("OOM") && refusal.contains("maxmemory");
    assert!(!refusals.is_empty() && refusals.iter().all(says_why), "{refusals:?}");
    load.end().await;
    assert_eq!(evicted(server).as_deref(), Some("0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_refuses_whole_appends_and_goes_on_when_there_is_room() {
    filled("a full server", &RedisServer::builder().args(["--maxmemory-policy", "noeviction"]).start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eviction_policy_that_changes_under_load_is_found_by_a_look_at_the_health() {
    let server = RedisServer::start();
    let load = Load::on(&server, &mut dice("eviction policies")).await;
    let journal = RedisJournal::connect(&server.url(), &RedisOptions::new()).await.expect("it does not evict yet");
    for policy in ["allkeys-lru", "volatile-ttl", "allkeys-random", "noeviction"] {
        server.command(&["CONFIG", "SET", "maxmemory-policy", policy]);
        assert!(server.command(&["CONFIG", "GET", "maxmemory-policy"]).ends_with(policy));
        let health = journal.health().await.expect("the server runs");
        let found: Vec<_> = health.findings.iter().map(|finding| finding.risk).collect();
        let expected = if policy == "noeviction" { vec![] } else { vec![Risk::Eviction] };
        assert_eq!(found, expected, "after {policy}");
        let another = RedisJournal::connect(&server.url(), &RedisOptions::new()).await;
        assert_eq!(another.is_err(), policy != "noeviction", "connecting after {policy}");
        load.goes_on().await;
    }
    load.end().await;
    assert_eq!(evicted(&server).as_deref(), Some("0"));
}
