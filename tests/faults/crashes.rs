//! Servers that are killed: between an append and its reply, under load, and with the end of their file lost.

use crate::{
    dice::dice,
    load::{Load, stream},
    tally::counted,
    verdict::verdict,
};
use annals::{
    Version,
    journal::{self, After, Append, Expected, Journal, JournalError, LogRead, RedisJournal, RedisOptions},
};
use annals_test_support::{
    Direction, Marker, Proxy, RedisServer,
    history::{Loss, Recorder},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// The calls that append.
pub(crate) fn appends() -> Marker {
    Marker::any_function(&["append", "appends"])
}

fn expectations() -> [Expected; 4] {
    [Expected::Missing, Expected::Version(Version::new(2)), Expected::Existing, Expected::Any]
}

/// Kills the server while an append is held on its way in this direction; answers what each append was told.
async fn killed_while_held(direction: Direction) -> Vec<journal::Verdict> {
    let mut server = RedisServer::builder().durable().start();
    let proxy = Proxy::to(&server);
    let recorder = Recorder::new();
    let journal = Arc::new(RedisJournal::connect(&proxy.url(), &RedisOptions::new()).await.unwrap());
    let mut told = Vec::new();
    for (times, expected) in (1..).zip(expectations()) {
        proxy.hold(direction, appends());
        let (client, to) = (recorder.client(0), Arc::clone(&journal));
        let append = Append::new(stream(0), expected, vec![counted(times, 10), counted(times, 10)]);
        let answer = tokio::spawn(async move { client.append(&*to, append).await });
        proxy.held(times).await;
        server.kill9();
        proxy.cut();
        proxy.let_go();
        server.start_again();
        told.push(answer.await.unwrap().unwrap());
    }
    let counts = proxy.counts();
    assert_eq!(counts.held_requests + counts.held_replies, 4);
    let journal = RedisJournal::connect(&server.url(), &RedisOptions::new()).await.unwrap();
    assert_eq!(verdict(&recorder, journal, Loss::None).await.summary.events, 8);
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_was_done_when_the_server_was_killed_is_known_again() {
    for told in killed_while_held(Direction::ToClient).await {
        assert!(matches!(told, journal::Verdict::Duplicate(_)), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_had_not_arrived_when_the_server_was_killed_is_done_once() {
    for told in killed_while_held(Direction::ToServer).await {
        assert!(matches!(told, journal::Verdict::Appended(_)), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_that_syncs_every_write_acknowledged_survives_its_crashes() {
    let mut dice = dice("crashes, synced always");
    let mut server = RedisServer::builder().durable().start();
    let load = Load::on(&server, &mut dice).await;
    let mut crashes = 0;
    for _ in 0..4 {
        load.acknowledges(dice.u64(1..300)).await;
        let pid = server.pid();
        server.kill9();
        server.start_again();
        crashes += u32::from(server.pid() != pid);
    }
    load.goes_on().await;
    let summary = load.end().await.summary;
    assert_eq!((crashes, summary.lost_appends), (4, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_that_syncs_every_second_loses_is_the_end_of_the_log_and_not_older_than_that() {
    /// A second until the next sync, and as much again until it is done, as Redis promises.
    const WINDOW: Duration = Duration::from_secs(2);
    let mut dice = dice("a crash, synced every second");
    let mut server = RedisServer::builder().args(["--appendonly", "yes", "--appendfsync", "everysec"]).start();
    let load = Load::on_forgetful(&server, &mut dice).await;
    load.acknowledges(dice.u64(300..1_500)).await;
    let since = Instant::now().checked_sub(WINDOW).expect("the machine runs for longer than that");
    let pid = server.pid();
    server.kill9();
    let at_stake = load.acknowledged_since(since);
    server.start_again();
    assert_ne!(pid, server.pid());
    load.goes_on().await;
    let summary = load.end().await.summary;
    println!("of {at_stake} appends of the last {WINDOW:?}, {} were lost", summary.lost_appends);
    assert!(summary.lost_appends <= at_stake, "{} appends were lost, {at_stake} at stake", summary.lost_appends);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_end_is_cut_off_tears_no_append() {
    let mut dice = dice("a cut file");
    let mut server = RedisServer::builder().durable().args(["--aof-load-truncated", "yes"]).start();
    let load = Load::on_forgetful(&server, &mut dice).await;
    let mut cut = 0;
    for _ in 0..4 {
        load.acknowledges(dice.u64(50..200)).await;
        server.kill9();
        server.cut_append_only_file(dice.u64(1..3_000));
        server.start_again();
        cut += u32::from(server.log().contains("aof-load-truncated"));
        // See the next test for what would happen else.
        server.rewrite_append_only_file();
    }
    load.goes_on().await;
    let summary = load.end().await.summary;
    assert!(cut > 0, "no cut went through a command");
    assert!(summary.lost_appends > 0, "no cut lost an append");
}

/// Redis 7.0 drops an append whose commands are not all there, but leaves the first of them in its file. They are done when
/// it reads the file the next time, and what was appended since comes behind them. Valkey 9 does not do so.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_makes_of_a_cut_file_at_its_second_start_is_right_or_told() {
    let mut server = RedisServer::builder().durable().args(["--aof-load-truncated", "yes"]).start();
    let recorder = Recorder::new();
    let client = recorder.client(0);
    let connect = async |server: &RedisServer| {
        RedisJournal::connect(&server.url(), &RedisOptions::new()).await.expect("the server was started for this")
    };
    let append = async |journal: &RedisJournal, number: u64| {
        let append = Append::new(stream(0), Expected::Any, vec![counted(number, 0), counted(number, 0)]);
        let answer = client.append(journal, append).await;
        assert!(matches!(answer, Ok(journal::Verdict::Appended(_))), "{answer:?}");
    };
    let journal = connect(&server).await;
    for number in 1..=2 {
        append(&journal, number).await;
    }
    server.kill9();
    // The last of what an append consists of.
    server.cut_append_only_file(5);
    server.start_again();
    assert!(server.log().contains("aof-load-truncated"), "{}", server.log());

    let journal = connect(&server).await;
    assert_eq!(journal.stream_version(&stream(0)).await, Ok(Version::new(2)));
    append(&journal, 3).await;
    server.restart();

    let journal = connect(&server).await;
    match journal.read_log(LogRead::new(0, After::Start, 100)).await {
        Ok(_) => {
            let summary = verdict(&recorder, journal, Loss::Suffix).await.summary;
            assert_eq!((summary.lost_appends, summary.events), (1, 4));
        }
        Err(JournalError::Gap { partition: 0, expected: 5, found: 3 }) => {
            assert!(server.log().contains("MULTI calls can not be nested"), "{}", server.log());
        }
        Err(error) => panic!("expected to be told where the log is wrong, found {error}"),
    }
}
