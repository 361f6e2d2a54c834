//! A master that becomes a replica while it is written to, and a master again.

use crate::{dice::dice, load::Load};
use annals_test_support::RedisServer;

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_demoted_for_a_while_refuses_whole_appends() {
    let server = RedisServer::start();
    // What it is to follow says nothing, so that it keeps what it has.
    let silent = RedisServer::start();
    silent.pause();
    let load = Load::on(&server, &mut dice("a demoted master")).await;
    load.goes_on().await;
    for _ in 0..3 {
        server.demote_to(&silent);
        assert!(!server.is_master());
        load.hears("appends are refused", 20, |told| &told.refused).await;
        load.hears("reads go on", 20, |told| &told.reads).await;
        server.promote();
        assert!(server.is_master());
        load.goes_on().await;
    }
    let refusals = load.told().refusals();
    assert!(refusals.iter().any(|refusal| refusal.contains("READONLY")), "{refusals:?}");
    load.end().await;
}
