//! Reads that gave what is not there, or a part of an append.

use super::given::{found, remade, stream};
use crate::history::{Contents, History, Violation};
use annals::{
    Version,
    journal::{LogBatch, StoredEvent},
};

fn is_different(violation: &Violation) -> bool {
    matches!(violation, Violation::ReadDiffers { .. })
}

fn is_torn(violation: &Violation) -> bool {
    matches!(violation, Violation::TornRead { .. })
}

fn stream_read(number: usize, spoil: impl FnOnce(&mut Vec<StoredEvent>)) -> impl FnOnce(&mut History, &mut Contents) {
    move |history, _| spoil(history.streams[number].answer.as_mut().unwrap().1.as_mut().unwrap())
}

fn log_read(number: usize, spoil: impl FnOnce(&mut LogBatch)) -> impl FnOnce(&mut History, &mut Contents) {
    move |history, _| spoil(history.logs[number].answer.as_mut().unwrap().1.as_mut().unwrap())
}

#[tokio::test]
async fn a_version_within_an_append_is_found() {
    found(
        |history, _| history.versions[0].answer.as_mut().unwrap().1 = Ok(Version::new(1)),
        is_torn,
        &["client 2", "order-1", "found 1", "append `a`"],
    )
    .await;
}

#[tokio::test]
async fn a_version_that_the_stream_never_had_is_found() {
    found(
        |history, _| history.versions[0].answer.as_mut().unwrap().1 = Ok(Version::new(4)),
        is_different,
        &["client 2", "order-1", "found 4"],
    )
    .await;
    found(|history, _| history.versions[0].asked = stream("3"), is_different, &["client 2", "order-3", "found 3"])
        .await;
}

#[tokio::test]
async fn a_stream_that_was_read_in_the_middle_of_an_append_is_found() {
    found(stream_read(0, |events| events.truncate(1)), is_torn, &["client 2", "order-1", "version 1", "append `a`"])
        .await;
}

#[tokio::test]
async fn events_that_were_read_and_are_not_there_are_found() {
    let change = |events: &mut Vec<StoredEvent>| events[1] = remade(&events[1], "Counted", "Discounted");
    found(stream_read(0, change), is_different, &["client 2", "order-1", "at 2", "Discounted"]).await;
    let add = |events: &mut Vec<StoredEvent>| events.push(events[0].clone());
    found(stream_read(0, add), is_different, &["client 2", "order-1", "expected nothing at 4"]).await;
}

#[tokio::test]
async fn more_events_than_were_asked_for_are_found() {
    found(
        |history, contents| {
            let more = contents.stream(&stream("1"))[2].clone();
            history.streams[1].answer.as_mut().unwrap().1.as_mut().unwrap().push(more);
        },
        is_different,
        &["client 2", "order-1", "at 3"],
    )
    .await;
}

#[tokio::test]
async fn a_log_that_was_read_with_a_gap_is_found() {
    found(log_read(0, |batch| drop(batch.events.remove(2))), is_different, &["client 2", "partition 0", "at 3"]).await;
}

#[tokio::test]
async fn a_log_that_was_read_in_another_order_is_found() {
    found(log_read(0, |batch| batch.events.swap(0, 1)), is_different, &["client 2", "partition 0", "at 1"]).await;
}

#[tokio::test]
async fn an_end_in_the_middle_of_an_append_is_found() {
    let cut = |batch: &mut LogBatch| {
        batch.events.pop();
        batch.events.pop();
        batch.last = batch.events.last().map(StoredEvent::log_id);
    };
    found(log_read(0, cut), is_torn, &["client 2", "partition 0", "position 4", "append `c`"]).await;
}

#[tokio::test]
async fn a_log_that_breaks_off_without_an_end_is_found() {
    found(log_read(0, |batch| batch.end = false), is_different, &["partition 0", "the end: false"]).await;
}

#[tokio::test]
async fn an_entry_that_is_not_in_the_log_is_found() {
    let ahead = |batch: &mut LogBatch| batch.last.as_mut().unwrap().millis += 1;
    found(log_read(0, ahead), is_different, &["partition 0", "the log id"]).await;
}
