//! Reading a log from a position on: found by a search over time.

use crate::ground::{journal, stream};
use annals::journal::{After, Journal, LogId, LogRead, RedisJournal};
use annals_test_support::{Raw, RedisServer};

/// Lays a log with these milliseconds, as if its events had been appended then.
async fn lay(server: &RedisServer, millis: &[u64]) -> RedisJournal {
    let journal = journal(server).await;
    let client = redis::Client::open(server.admin_url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut commands = redis::pipe();
    for (number, millis) in (1..).zip(millis) {
        let id = LogId::new(*millis, number).to_string();
        commands.cmd("XADD").arg("{annals:0}:log").arg(&id).arg("e").arg(format!("order-1 {number} Counted")).ignore();
        commands.cmd("RPUSH").arg("{annals:0}:s:order-1").arg(format!("{id} Counted 1 a{number}\n{{}}")).ignore();
        commands.cmd("SET").arg("{annals:0}:head").arg(&id).ignore();
    }
    if millis.is_empty() {
        return journal;
    }
    let () = commands.query_async(&mut connection).await.unwrap();
    journal
}

async fn every_position_is_found(millis: &[u64]) {
    let server = RedisServer::start();
    let journal = lay(&server, millis).await;
    let length = millis.len() as u64;
    for number in 0..length {
        let batch = journal.read_log(LogRead::new(0, After::Position(number), 2)).await.unwrap();
        let found: Vec<_> = batch.events.iter().map(|event| event.position().number()).collect();
        let expected: Vec<_> = (number + 1..=length.min(number + 2)).collect();
        assert_eq!(found, expected, "after position {number}");
        assert_eq!(batch.end, number + 2 >= length, "after position {number}");
    }
    for number in [length, length + 1, length + 1_000, u64::MAX] {
        let batch = journal.read_log(LogRead::new(0, After::Position(number), 2)).await.unwrap();
        assert_eq!((batch.events.len(), batch.last, batch.end), (0, None, true), "after position {number}");
    }
    assert_eq!(journal.stream_version(&stream("1")).await.unwrap().number(), length);
}

#[tokio::test]
async fn every_position_is_found_among_entries_of_one_millisecond() {
    every_position_is_found(&[1_732_000_000_000; 600]).await;
}

#[tokio::test]
async fn every_position_is_found_among_entries_of_many_milliseconds() {
    let millis: Vec<_> = (0..600).map(|number| 1_732_000_000_000 + number * 977).collect();
    every_position_is_found(&millis).await;
}

#[tokio::test]
async fn every_position_is_found_among_bursts_and_long_pauses() {
    let bursts = [1, 50, 1, 1, 200, 3, 90, 1];
    let mut millis = Vec::new();
    for (burst, size) in bursts.into_iter().enumerate() {
        millis.resize(millis.len() + size, 1_500_000_000_000 + (burst as u64).pow(9) * 1_000);
    }
    every_position_is_found(&millis).await;
}

#[tokio::test]
async fn every_position_is_found_in_the_smallest_logs_and_at_the_first_milliseconds() {
    every_position_is_found(&[]).await;
    every_position_is_found(&[1]).await;
    every_position_is_found(&[0, 0, 1, 1, 2]).await;
}

#[tokio::test]
async fn entries_behind_the_first_are_missed_where_the_log_was_cut() {
    let server = RedisServer::start();
    let journal = lay(&server, &[5, 5, 6, 7, 7, 8]).await;
    let raw = Raw::on(&server).await;
    let _: () = raw.run(&["XTRIM", "{annals:0}:log", "MAXLEN", "2"]).await;
    for position in 0..4 {
        let answer = journal.read_log(LogRead::new(0, After::Position(position), 2)).await;
        assert!(answer.unwrap_err().to_string().contains(&format!("expected position {}, found 5", position + 1)));
    }
    assert_eq!(journal.read_log(LogRead::new(0, After::Position(4), 9)).await.unwrap().events.len(), 2);
}
