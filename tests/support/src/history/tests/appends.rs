//! Appends that are missing, doubled, torn, changed, or there against what was said.

use super::given::{add, append, call, expect, found, lose, passes, replace, run, stream};
use crate::history::{Loss, Violation, check};
use annals::{
    Version,
    journal::{Conflict, Expected, JournalError, LogId, Verdict},
};

fn unknown() -> JournalError {
    let id = append("e", "2", Expected::Any, 1).id;
    JournalError::Unknown { stream: stream("2"), id, reason: "the answer was lost".to_owned() }
}

fn refused() -> JournalError {
    JournalError::Refused { operation: "append".to_owned(), reason: "no".to_owned() }
}

#[tokio::test]
async fn an_acknowledged_append_that_is_lost_is_found() {
    found(
        |_, contents| lose(contents),
        |violation| matches!(violation, Violation::Lost { .. }),
        &["append `e`", "version", "order-2", "found nothing"],
    )
    .await;
}

#[tokio::test]
async fn an_append_that_lies_elsewhere_than_acknowledged_is_found() {
    found(
        |history, _| {
            let Some((_, Ok(Verdict::Appended(place)))) = &mut call(history, "c", 0).answer else { panic!() };
            place.first = LogId::new(place.first.millis, place.first.number + 1);
        },
        |violation| matches!(violation, Violation::Elsewhere { .. }),
        &["append `c`", "versions 1 to 2 of stream `order-2`", "number: 5", "number: 4"],
    )
    .await;
}

#[tokio::test]
async fn an_append_that_is_there_twice_is_found() {
    found(
        |_, contents| add(contents, &stream("1"), 6),
        |violation| matches!(violation, Violation::Twice { .. }),
        &["append `e`", "order-"],
    )
    .await;
}

#[tokio::test]
async fn an_append_that_is_there_twice_in_a_row_is_found() {
    found(
        |_, contents| add(contents, &stream("2"), 6),
        |violation| matches!(violation, Violation::Twice { .. }),
        &["append `e` (versions 3 to 3 of stream `order-2`)", "again at version 4"],
    )
    .await;
}

#[tokio::test]
async fn an_append_that_is_there_twice_though_nobody_knows_of_it_is_found() {
    found(
        |history, contents| {
            call(history, "e", 0).answer = None;
            add(contents, &stream("1"), 6);
        },
        |violation| matches!(violation, Violation::Twice { .. }),
        &["append `e`"],
    )
    .await;
}

#[tokio::test]
async fn an_append_that_is_not_whole_is_found() {
    for known in [true, false] {
        let (mut history, mut contents) = run().await;
        lose(&mut contents);
        lose(&mut contents);
        history.appends.retain(|call| call.asked.id.as_str() != "e");
        if !known {
            call(&mut history, "c", 0).answer = None;
        }
        expect(
            check(&history, &contents),
            |violation| matches!(violation, Violation::Torn { .. }),
            &["append `c`", "order-2", "expected 2 events, found 1"],
        );
    }
}

#[tokio::test]
async fn an_append_that_is_scattered_over_the_log_is_found() {
    // From the second event of `a` on, everything was recorded a millisecond later.
    let (mut history, mut contents) = run().await;
    history.appends.retain(|call| call.asked.id.as_str() != "d");
    let millis = contents.logs[0].events[1].log_id().millis;
    let later = LogId::new(millis + 1, 2);
    for number in 2..=6 {
        let from = contents.logs[0].events[number - 1].log_id();
        let to = LogId::new(later.millis, from.number);
        replace(&mut contents, number, &from.to_string(), &to.to_string());
    }
    contents.logs[0].head = contents.logs[0].events.last().map(annals::journal::StoredEvent::log_id);
    expect(
        check(&history, &contents),
        |violation| matches!(violation, Violation::Scattered { .. }),
        &["append `a`", "order-1", "event 2 at log id"],
    );
}

#[tokio::test]
async fn an_event_that_is_not_what_was_given_is_found() {
    for (from, to) in [
        (r#""c":2"#, r#""c":3"#),
        ("Counted", "Discounted"),
        ("Counted 1", "Counted 2"),
        ("1 c\n", "1 c {\"actor\":\"nobody\"}\n"),
    ] {
        found(
            |_, contents| replace(contents, 5, from, to),
            |violation| matches!(violation, Violation::Changed { .. }),
            &["append `c`", "order-2", "event 2", "Counted"],
        )
        .await;
    }
}

#[tokio::test]
async fn an_append_that_was_refused_and_is_there_is_found() {
    found(
        |history, _| call(history, "e", 0).answer.as_mut().unwrap().1 = Err(refused()),
        |violation| matches!(violation, Violation::Denied { .. }),
        &["append `e`", "order-2", "the journal refused: no"],
    )
    .await;
}

#[tokio::test]
async fn an_append_that_was_called_a_conflict_and_is_there_is_found() {
    found(
        |history, _| {
            let conflict = Conflict::new(Version::NONE, Vec::new());
            call(history, "e", 0).answer.as_mut().unwrap().1 = Ok(Verdict::Conflict(conflict));
        },
        |violation| matches!(violation, Violation::Denied { .. }),
        &["append `e`", "order-2", "a conflict at version 0"],
    )
    .await;
}

#[tokio::test]
async fn an_append_that_nobody_sent_is_found() {
    found(
        |history, _| history.appends.retain(|call| call.asked.id.as_str() != "e"),
        |violation| matches!(violation, Violation::Alien { .. }),
        &["append `e`", "version", "order-2"],
    )
    .await;
}

#[tokio::test]
async fn an_append_that_lies_in_another_stream_than_it_was_sent_to_is_found() {
    found(
        |history, _| call(history, "e", 0).asked.stream = stream("3"),
        |violation| matches!(violation, Violation::Alien { .. }),
        &["append `e`", "order-2"],
    )
    .await;
}

#[tokio::test]
async fn an_append_that_was_done_then_and_there_twice_is_found() {
    found(
        |history, _| {
            let first = call(history, "b", 0).answer.clone().unwrap().1;
            call(history, "b", 1).answer.as_mut().unwrap().1 = first;
        },
        |violation| matches!(violation, Violation::AppendedAgain { .. }),
        &["append `b`", "order-1", "at version 3, and again at version 3"],
    )
    .await;
}

#[tokio::test]
async fn an_append_of_unknown_outcome_may_be_there_or_not() {
    for answer in [None, Some(Err(unknown()))] {
        let (mut history, contents) = run().await;
        let cut_off = call(&mut history, "e", 0);
        let at = cut_off.answer.take().unwrap().0;
        cut_off.answer = answer.map(|answer| (at, answer));
        let summary = passes(&history, &contents, Loss::None);
        assert_eq!((summary.unknown, summary.unknown_and_there, summary.events), (1, 1, 6));

        history.versions.clear();
        history.logs.clear();
        let mut contents = contents;
        lose(&mut contents);
        let summary = passes(&history, &contents, Loss::None);
        assert_eq!((summary.unknown, summary.unknown_and_there, summary.events), (1, 0, 5));
    }
}

#[tokio::test]
async fn an_append_that_failed_and_was_sent_again_with_success_may_be_there() {
    let (mut history, contents) = run().await;
    let duplicate = call(&mut history, "b", 1);
    let (begun, answered) = (duplicate.begun, duplicate.answer.as_mut().unwrap());
    answered.1 = Err(refused());
    assert!(begun < answered.0);
    assert_eq!(passes(&history, &contents, Loss::None).failed, 1);
}
