//! Servers that stand still for longer than anybody waits, and go on as if nothing had been.

use crate::{dice::dice, load::Load};
use annals_test_support::RedisServer;

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_are_paused_past_every_timeout_are_done_once_or_not_at_all() {
    let server = RedisServer::start();
    let load = Load::on(&server, &mut dice("paused writes")).await;
    load.goes_on().await;
    server.command(&["CLIENT", "PAUSE", "60000", "WRITE"]);
    load.hears("an append is given up", 2, |told| &told.unknown).await;
    server.command(&["CLIENT", "UNPAUSE"]);
    load.goes_on().await;
    load.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_past_every_timeout_and_resumed_has_done_everything_once_or_not_at_all() {
    let server = RedisServer::start();
    let load = Load::on(&server, &mut dice("a stopped server")).await;
    load.goes_on().await;
    server.pause();
    load.hears("an append is given up", 2, |told| &told.unknown).await;
    server.resume();
    load.goes_on().await;
    load.end().await;
}
