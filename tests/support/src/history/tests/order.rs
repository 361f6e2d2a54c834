//! Orders that do not fit to the moments.

use super::given::{call, run};
use crate::history::{Call, Contents, History, Loss, Moment, Violation, check};
use annals::{
    Version,
    journal::{LogBatch, StoredEvent},
};

/// Moves a call to other moments.
fn at<A, R>(call: &mut Call<A, R>, begun: Moment, answered: Moment) {
    call.begun = begun;
    call.answer.as_mut().unwrap().0 = answered;
}

/// The appends are asked for at 10, 20, 30, …, and answered 5 later; the reads follow at 100, 110, …
async fn spread() -> (History, Contents) {
    let (mut history, contents) = run().await;
    for (call, begun) in history.appends.iter_mut().zip((10..).step_by(10)) {
        at(call, begun, begun + 5);
    }
    for (call, begun) in history.versions.iter_mut().zip((100..).step_by(10)) {
        at(call, begun, begun + 5);
    }
    for (call, begun) in history.streams.iter_mut().zip((200..).step_by(10)) {
        at(call, begun, begun + 5);
    }
    for (call, begun) in history.logs.iter_mut().zip((300..).step_by(10)) {
        at(call, begun, begun + 5);
    }
    (history, contents)
}

async fn wrong(spoil: impl FnOnce(&mut History, &Contents), kind: fn(&Violation) -> bool, words: &[&str]) {
    let (mut history, contents) = spread().await;
    super::given::passes(&history, &contents, Loss::None);
    spoil(&mut history, &contents);
    super::given::expect(check(&history, &contents), kind, words);
}

#[tokio::test]
async fn an_append_behind_one_that_was_asked_for_after_its_answer_is_found() {
    let kind = |violation: &Violation| matches!(violation, Violation::AppendOrder { .. });
    // In one stream.
    wrong(
        |history, _| at(call(history, "a", 0), 40, 45),
        kind,
        &["append `b`", "answered at moment 25", "append `a`", "order-1", "moment 40"],
    )
    .await;
    // In two streams of a partition.
    wrong(
        |history, _| at(call(history, "c", 0), 1, 2),
        kind,
        &["append `c`", "answered at moment 2", "order-2", "order-1", "append `b`", "moment 20"],
    )
    .await;
}

#[tokio::test]
async fn a_version_that_misses_what_was_answered_before_is_found() {
    wrong(
        |history, _| history.versions[0].answer.as_mut().unwrap().1 = Ok(Version::new(2)),
        |violation| matches!(violation, Violation::StaleRead { .. }),
        &["client 2", "order-1", "found 2", "moment 100", "append `b`", "moment 25"],
    )
    .await;
}

#[tokio::test]
async fn a_stream_read_that_misses_what_was_answered_before_is_found() {
    let kind = |violation: &Violation| matches!(violation, Violation::StaleRead { .. });
    wrong(
        |history, _| drop(history.streams[0].answer.as_mut().unwrap().1.as_mut().unwrap().pop()),
        kind,
        &["client 2", "order-1", "came to version 2", "append `b`"],
    )
    .await;
    // One that found nothing behind version 2.
    wrong(
        |history, _| {
            history.streams[2].asked.after = Version::new(2);
        },
        kind,
        &["client 2", "order-1", "append `b`"],
    )
    .await;
}

#[tokio::test]
async fn a_conflict_that_misses_what_was_answered_before_is_found() {
    wrong(
        |history, contents| {
            let conflict = annals::journal::Conflict::new(Version::new(2), contents.log(0)[1..2].to_vec());
            call(history, "d", 0).answer.as_mut().unwrap().1 = Ok(annals::journal::Verdict::Conflict(conflict));
        },
        |violation| matches!(violation, Violation::StaleRead { .. }),
        &["append `d`", "order-1", "at version 2", "append `b`", "moment 25"],
    )
    .await;
}

#[tokio::test]
async fn a_log_read_that_misses_what_was_answered_before_is_found() {
    let cut = |batch: &mut LogBatch| {
        batch.events.pop();
        batch.last = batch.events.last().map(StoredEvent::log_id);
    };
    wrong(
        |history, _| cut(history.logs[0].answer.as_mut().unwrap().1.as_mut().unwrap()),
        |violation| matches!(violation, Violation::StaleRead { .. }),
        &["client 2", "partition 0", "position 5", "append `e`", "moment 65"],
    )
    .await;
    // One that found nothing behind position 5.
    wrong(
        |history, _| history.logs[2].asked.after = annals::journal::After::Position(5),
        |violation| matches!(violation, Violation::StaleRead { .. }),
        &["client 2", "partition 0", "position 5", "append `e`"],
    )
    .await;
}

#[tokio::test]
async fn a_read_of_what_was_not_yet_asked_for_is_found() {
    let kind = |violation: &Violation| matches!(violation, Violation::EarlyRead { .. });
    wrong(
        |history, _| at(&mut history.versions[0], 1, 12),
        kind,
        &["client 2", "order-1", "found 3", "moment 12", "append `b`", "moment 20"],
    )
    .await;
    wrong(|history, _| at(&mut history.streams[1], 1, 2), kind, &["order-1", "version 2", "append `a`"]).await;
    wrong(|history, _| at(&mut history.logs[1], 1, 2), kind, &["partition 0", "position 5", "append `c`"]).await;
    wrong(|history, _| at(call(history, "d", 0), 1, 2), kind, &["append `d`", "order-1", "append `b`"]).await;
}

#[tokio::test]
async fn a_read_that_goes_back_is_found() {
    // Nobody waited for `b`, so that only the reads tell when it happened.
    let (mut history, contents) = spread().await;
    for id in ["b", "c", "e"] {
        call(&mut history, id, 0).answer = None;
    }
    call(&mut history, "b", 1).answer = None;
    history.versions[0].answer.as_mut().unwrap().1 = Ok(Version::new(2));
    at(&mut history.versions[0], 900, 905);
    super::given::expect(
        check(&history, &contents),
        |violation| matches!(violation, Violation::ReadWentBack { .. }),
        &["order-1", "found 2", "moment 900", "append `b`"],
    );
}

#[tokio::test]
async fn calls_at_the_same_time_may_have_any_order() {
    let (mut history, contents) = spread().await;
    // Everything was asked for before anything was answered.
    let (mut begun, mut answered) = (0, 1_000);
    for call in &mut history.appends {
        (begun, answered) = (begun + 1, answered - 1);
        at(call, begun, answered);
    }
    history.versions[0].answer.as_mut().unwrap().1 = Ok(Version::NONE);
    at(&mut history.versions[0], 20, 2_000);
    at(&mut history.versions[1], 21, 2_001);
    super::given::passes(&history, &contents, Loss::None);
}

#[tokio::test]
async fn an_append_that_is_known_again_happened_between_its_first_call_and_its_first_acknowledgement() {
    let (mut history, contents) = spread().await;
    call(&mut history, "b", 0).answer = None;
    super::given::passes(&history, &contents, Loss::None);
    // Its first call came before that of `a`, its second one after all others.
    at(call(&mut history, "b", 1), 500, 505);
    super::given::passes(&history, &contents, Loss::None);
    // Without the first call, it came too late for those who saw it.
    history.appends.remove(1);
    super::given::expect(
        check(&history, &contents),
        |violation| matches!(violation, Violation::AppendOrder { .. }),
        &["append `b`", "moment 500"],
    );
}
