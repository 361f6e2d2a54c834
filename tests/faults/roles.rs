//! A master that becomes a replica while it is written to, and a master again.

use crate::{dice::dice, load::Load};
use annals_test_support::{RedisServer, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_demoted_for_a_while_is_waited_for() {
    let server = RedisServer::start();
    // What it is to follow says nothing, so that it keeps what it has.
    let silent = RedisServer::start();
    silent.pause();
    let load = Load::on(&server, &mut dice("a demoted master")).await;
    load.goes_on().await;
    for round in 1..=3 {
        server.demote_to(&silent);
        assert!(!server.is_master());
        until("appends meet a replica", || refused(&server) >= 5 * round).await;
        load.hears("reads go on", 20, |told| &told.reads).await;
        server.promote();
        assert!(server.is_master());
        load.goes_on().await;
    }
    assert_eq!(load.told().refusals(), [""; 0]);
    load.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_demoted_for_long_has_none_of_the_appends_that_it_refused() {
    let server = RedisServer::start();
    let silent = RedisServer::start();
    silent.pause();
    let load = Load::on(&server, &mut dice("a demoted master, for long")).await;
    load.goes_on().await;
    server.demote_to(&silent);
    load.hears("appends are given up", 4, |told| &told.unavailable).await;
    assert!(refused(&server) > 0);
    server.promote();
    load.goes_on().await;
    load.end().await;
}

/// How many writes the server has refused since it is a replica.
fn refused(server: &RedisServer) -> u64 {
    let counted = server.info("errorstats", "errorstat_READONLY").unwrap_or_default();
    counted.strip_prefix("count=").and_then(|count| count.parse().ok()).unwrap_or_default()
}
