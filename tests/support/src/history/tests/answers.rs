//! Expectations that were passed over, and conflicts that cannot be.

use super::given::{append, call, found, remade, run, stream};
use crate::history::{Violation, check, report};
use annals::{
    Version,
    journal::{Conflict, Expected, Verdict},
};

#[tokio::test]
async fn an_append_that_was_let_in_at_another_version_is_found() {
    for (id, expected, words) in [
        ("b", Expected::Version(Version::new(1)), ["order-1", "at version 3", "expected version 1"]),
        ("b", Expected::Missing, ["order-1", "at version 3", "expected no events"]),
        ("a", Expected::Existing, ["order-1", "at version 1", "expected at least one event"]),
    ] {
        found(
            |history, _| call(history, id, 0).asked.expected = expected,
            |violation| matches!(violation, Violation::Expectation { .. }),
            &words,
        )
        .await;
    }
}

#[tokio::test]
async fn a_conflict_though_all_is_as_expected_is_found() {
    for (expected, actual) in
        [(Expected::Version(Version::new(3)), 3), (Expected::Existing, 3), (Expected::Any, 3), (Expected::Missing, 0)]
    {
        found(
            |history, _| {
                let call = call(history, "d", 0);
                call.asked.expected = expected;
                let conflict = Conflict::new(Version::new(actual), Vec::new());
                call.answer.as_mut().unwrap().1 = Ok(Verdict::Conflict(conflict));
            },
            |violation| matches!(violation, Violation::CauselessConflict { .. }),
            &["append `d`", "order-1", &format!("at version {actual}"), &expected.to_string()],
        )
        .await;
    }
}

#[tokio::test]
async fn a_history_that_is_called_another_one_and_is_not_is_found() {
    let (mut history, contents) = run().await;
    let at = contents.stream(&stream("1"))[1].log_id();
    let conflict = call(&mut history, "d", 0);
    conflict.asked = append("d", "1", Expected::Version(Version::new(2)), 1).after(at);
    conflict.answer.as_mut().unwrap().1 = Ok(Verdict::Conflict(Conflict::rewound(Version::new(3))));
    super::given::expect(
        check(&history, &contents),
        |violation| matches!(violation, Violation::CauselessConflict { .. }),
        &["append `d`", "order-1"],
    );
    // Where it names another event than the one that is there, it is right.
    call(&mut history, "d", 0).asked.after = Some(contents.stream(&stream("1"))[0].log_id());
    check(&history, &contents).unwrap_or_else(|violations| panic!("{}", report(&violations)));
}

#[tokio::test]
async fn a_conflict_of_an_append_with_itself_is_found() {
    found(
        |history, contents| {
            let missed = contents.stream(&stream("1"))[2..].to_vec();
            let conflict = Conflict::new(Version::new(3), missed);
            call(history, "b", 1).answer.as_mut().unwrap().1 = Ok(Verdict::Conflict(conflict));
        },
        |violation| matches!(violation, Violation::Forgotten { .. }),
        &["append `b`", "order-1", "at version 3"],
    )
    .await;
}

#[tokio::test]
async fn missed_events_that_are_not_the_streams_are_found() {
    fn change(
        spoil: impl FnOnce(&mut Conflict),
    ) -> impl FnOnce(&mut crate::history::History, &mut crate::history::Contents) {
        |history, _| {
            let Some((_, Ok(Verdict::Conflict(conflict)))) = &mut call(history, "d", 0).answer else { panic!() };
            spoil(conflict);
        }
    }
    let kind = |violation: &Violation| matches!(violation, Violation::Missed { .. });
    let too_few = change(|conflict| drop(conflict.missed.pop()));
    found(too_few, kind, &["append `d`", "order-1", "event 3", "append `b`", "found nothing"]).await;
    let too_many = change(|conflict| conflict.missed.push(conflict.missed[0].clone()));
    found(too_many, kind, &["append `d`", "order-1", "event 4", "to be nothing"]).await;
    let another = change(|conflict| conflict.missed[0] = remade(&conflict.missed[0], "Counted", "Discounted"));
    found(another, kind, &["append `d`", "order-1", "event 2", "Discounted"]).await;
}
