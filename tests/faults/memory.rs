//! Servers that are full, and servers that would throw something away when they are.

use crate::{dice::dice, load::Load};
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
async fn a_full_server_that_evicts_what_expires_finds_nothing_of_ours() {
    filled("a full server, evicting", &RedisServer::builder().args(["--maxmemory-policy", "volatile-lru"]).start())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eviction_policy_may_change_under_load_while_there_is_room() {
    let server = RedisServer::start();
    let load = Load::on(&server, &mut dice("eviction policies")).await;
    let mut changes = 0;
    for policy in ["allkeys-lru", "volatile-ttl", "allkeys-random", "noeviction"] {
        server.command(&["CONFIG", "SET", "maxmemory-policy", policy]);
        changes += u32::from(server.command(&["CONFIG", "GET", "maxmemory-policy"]).ends_with(policy));
        load.goes_on().await;
    }
    assert_eq!(changes, 4);
    load.end().await;
    assert_eq!(evicted(&server).as_deref(), Some("0"));
}
