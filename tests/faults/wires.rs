//! Wires that lose, cut, freeze, slow down and refuse.

use crate::{
    crashes::appends,
    dice::dice,
    load::{Load, stream},
    tally::counted,
    verdict::verdict,
};
use annals::journal::{Append, Expected, RedisJournal, RedisOptions, Verdict};
use annals_test_support::{
    Direction, Lose, Proxy, RedisServer,
    history::{Loss, Recorder},
    until,
};
use std::{sync::Arc, time::Duration};

/// How many others append while one is held on its way: as many as the journal looks through for it when it arrives.
const BEHIND: u64 = 15;

/// Two wires to a server, so that the clients have not all the same fate.
fn wires(server: &RedisServer) -> ([Proxy; 2], [String; 2]) {
    let proxies = [Proxy::to(server), Proxy::to(server)];
    let urls = proxies.each_ref().map(Proxy::url);
    (proxies, urls)
}

async fn lossy(test: &str, lose: Lose) -> u64 {
    const EACH: u64 = 30;
    let mut dice = dice(test);
    let server = RedisServer::start();
    let (proxies, urls) = wires(&server);
    let load = Load::through(&server, &urls, &mut dice).await;
    for proxy in &proxies {
        proxy.lose_by_chance(lose, appends(), 0.1, dice.u64(..));
    }
    for proxy in &proxies {
        proxy.lost(EACH).await;
        proxy.lose_nothing();
    }
    load.goes_on().await;
    let summary = load.end().await.summary;
    let losses: u64 = proxies.iter().map(|proxy| proxy.lost_replies() + proxy.lost_requests()).sum();
    println!("{losses} were lost");
    assert!(losses >= 2 * EACH);
    summary.duplicates as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_that_are_lost_at_random_lose_and_double_nothing() {
    let known_again = lossy("lost replies", Lose::Reply).await;
    assert!(known_again > 0, "no append was known again");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_lost_at_random_lose_and_double_nothing() {
    lossy("lost requests", Lose::Request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_and_refused_lose_and_double_nothing() {
    let mut dice = dice("cut connections");
    let server = RedisServer::start();
    let (proxies, urls) = wires(&server);
    let load = Load::through(&server, &urls, &mut dice).await;
    for round in 0..20 {
        load.acknowledges(dice.u64(1..30)).await;
        let proxy = &proxies[dice.usize(..2)];
        if round % 4 == 0 {
            let refused = proxy.counts().refused;
            proxy.refuse();
            proxy.cut();
            until("somebody is refused", || proxy.counts().refused > refused).await;
            proxy.open();
        } else {
            proxy.cut();
        }
    }
    load.goes_on().await;
    load.end().await;
    let cut: u64 = proxies.iter().map(|proxy| proxy.counts().cut).sum();
    let refused: u64 = proxies.iter().map(|proxy| proxy.counts().refused).sum();
    assert!(cut >= 10 && refused >= 5, "{cut} were cut, {refused} refused");
}

/// Holds appends on their way until their sender has given up and sent them again, and `behind` others are recorded behind
/// them, and lets them go on. Whether they arrive is up to the server.
async fn late(server: &RedisServer, behind: u64, arrives: bool) {
    let (proxies, urls) = wires(server);
    let recorder = Recorder::new();
    let connect = async |url: &str| Arc::new(RedisJournal::connect(url, &RedisOptions::new()).await.unwrap());
    let (slow, fast) = (connect(&urls[0]).await, connect(&urls[1]).await);
    let append = |expected| Append::new(stream(0), expected, vec![counted(1, 0)]);
    for expected in [Expected::Missing, Expected::Any, Expected::Existing] {
        let held = proxies[0].counts().held_requests;
        proxies[0].hold(Direction::ToServer, appends());
        let (client, journal, late) = (recorder.client(0), Arc::clone(&slow), append(expected));
        let answer = tokio::spawn(async move { client.append(&*journal, late).await });
        proxies[0].held(held + 1).await;
        let answer = answer.await.unwrap();
        assert!(matches!(answer, Ok(Verdict::Appended(_))), "{answer:?}");
        for _ in 0..behind {
            let answer = recorder.client(1).append(&*fast, append(Expected::Any)).await;
            assert!(matches!(answer, Ok(Verdict::Appended(_))), "{answer:?}");
        }
        let seen = calls(server, "fcall");
        proxies[0].let_go();
        if arrives {
            until("the late one arrives", || calls(server, "fcall") > seen).await;
        } else {
            // It is written to a connection that nobody reads; there is nothing to wait for but that.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    assert_eq!(proxies[0].counts().held_requests, 3);
    let journal = RedisJournal::connect(&server.url(), &RedisOptions::new()).await.unwrap();
    verdict(&recorder, journal, Loss::None).await;
}

/// How often a command was called.
fn calls(server: &RedisServer, command: &str) -> u64 {
    let counted = server.info("commandstats", &format!("cmdstat_{command}")).unwrap_or_default();
    let calls = counted.split(',').find_map(|part| part.strip_prefix("calls=")).unwrap_or_default();
    calls.parse().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_was_sent_again_cannot_arrive_any_more() {
    let server = RedisServer::start();
    late(&server, 100, false).await;
    assert!(calls(&server, "client|kill") >= 3, "each connection that one was sent on is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_arrives_long_after_it_was_sent_again_happens_once() {
    let server = RedisServer::start();
    // Then the connection that was given up stays open, and what was sent on it arrives.
    server.command(&["ACL", "SETUSER", "default", "-client|kill"]);
    late(&server, BEHIND, true).await;
    assert_eq!(calls(&server, "client|kill"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wires_that_freeze_and_slow_down_lose_and_double_nothing() {
    let mut dice = dice("frozen wires");
    let server = RedisServer::start();
    let (proxies, urls) = wires(&server);
    let load = Load::through(&server, &urls, &mut dice).await;
    for direction in [Direction::ToServer, Direction::ToClient] {
        let proxy = &proxies[dice.usize(..2)];
        load.goes_on().await;
        let frozen = proxy.counts().frozen;
        proxy.freeze(direction);
        until("something is frozen", || proxy.counts().frozen > frozen).await;
        // The others go on meanwhile.
        load.acknowledges(20).await;
        proxy.thaw();
        load.goes_on().await;
        proxy.delay(direction, Duration::from_millis(dice.u64(5..30)));
        proxy.throttle(direction, Some(200_000));
        load.goes_on().await;
        proxy.delay(direction, Duration::ZERO);
        proxy.throttle(direction, None);
    }
    load.goes_on().await;
    load.end().await;
    let counts = proxies.each_ref().map(Proxy::counts);
    assert!(counts.iter().map(|counts| counts.frozen).sum::<u64>() >= 2, "{counts:?}");
    assert!(counts.iter().map(|counts| counts.delayed).sum::<u64>() > 0, "{counts:?}");
    assert!(counts.iter().map(|counts| counts.throttled_bytes).sum::<u64>() > 0, "{counts:?}");
}
