//! Servers that forget the functions and scripts of the journal, again and again.

use crate::{dice::dice, load::Load};
use annals_test_support::RedisServer;

/// How often everything is forgotten.
const TIMES: u32 = 60;

/// Flushes under load whatever has been loaded since the last time; `loaded` tells whether something was.
async fn forgotten(test: &str, server: &RedisServer, flush: &[&str], loaded: impl Fn() -> bool) {
    let load = Load::on(server, &mut dice(test)).await;
    load.goes_on().await;
    for time in 0..TIMES {
        annals_test_support::until("what was forgotten is loaded again", &loaded).await;
        server.command(flush);
        load.acknowledges(u64::from(time % 5)).await;
    }
    load.goes_on().await;
    let told = load.told();
    assert_eq!(told.refusals(), [""; 0]);
    load.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_are_forgotten_under_load_lose_and_double_nothing() {
    let server = RedisServer::start();
    let loaded = || !server.command(&["FUNCTION", "LIST"]).is_empty();
    forgotten("functions flushed", &server, &["FUNCTION", "FLUSH"], loaded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_are_forgotten_under_load_lose_and_double_nothing() {
    let server = RedisServer::builder().args(["--rename-command", "FUNCTION", ""]).start();
    let loaded = || server.info("memory", "number_of_cached_scripts").is_some_and(|count| count != "0");
    forgotten("scripts flushed", &server, &["SCRIPT", "FLUSH"], loaded).await;
}
