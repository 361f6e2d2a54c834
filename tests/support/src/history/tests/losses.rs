//! Runs that may lose the newest entries.

use super::given::{add, append, call, contents_of, expect, lose, passes, run, stream};
use crate::history::{Call, Loss, Violation, check_with};
use annals::{
    Version,
    journal::{Appended, Expected, Verdict},
};

#[tokio::test]
async fn the_newest_appends_may_be_lost_and_are_counted() {
    let (history, mut contents) = run().await;
    for (lost_appends, lost_events, count) in [(1, 1, 1), (2, 3, 2), (3, 4, 1), (4, 6, 2)] {
        for _ in 0..count {
            lose(&mut contents);
        }
        let summary = passes(&history, &contents, Loss::Suffix);
        assert_eq!((summary.lost_appends, summary.lost_events), (lost_appends, lost_events));
    }
}

#[tokio::test]
async fn a_part_of_an_append_cannot_be_lost() {
    let (history, mut contents) = run().await;
    lose(&mut contents);
    lose(&mut contents);
    expect(
        check_with(&history, &contents, Loss::Suffix),
        |violation| matches!(violation, Violation::Torn { .. }),
        &["append `c`", "order-2"],
    );
}

#[tokio::test]
async fn what_was_appended_after_a_loss_takes_its_place() {
    let (mut history, mut contents) = run().await;
    lose(&mut contents);
    // `f` gets the version and the position that `e` had.
    let mut asked = append("f", "2", Expected::Version(Version::new(2)), 1);
    asked.events[0].payload = contents.log(0)[4].payload().to_owned();
    add(&mut contents, &stream("2"), 5);
    super::given::replace(&mut contents, 6, " c\n", " f\n");
    let place = Appended::new(0, contents.log(0)[5].log_id(), Version::new(3), 1);
    let answer = Some((901, Ok(Verdict::Appended(place))));
    history.appends.push(Call { client: 3, asked, begun: 900, answer });
    let summary = passes(&history, &contents, Loss::Suffix);
    assert_eq!((summary.lost_appends, summary.lost_events), (1, 1));

    // Had `f` been there before `e`, then `e` would have been no end.
    let before = call(&mut history, "e", 0).begun - 1;
    let early = call(&mut history, "f", 0);
    (early.begun, early.answer.as_mut().unwrap().0) = (0, before);
    expect(
        check_with(&history, &contents, Loss::Suffix),
        |violation| matches!(violation, Violation::Hole { .. }),
        &["append `e`", "append `f`", "order-2"],
    );
}

#[tokio::test]
async fn a_loss_in_the_middle_is_found() {
    // `b` is lost, and what came behind it is there, one position earlier.
    let (history, _) = run().await;
    let kept = [append("a", "1", Expected::Missing, 2), append("c", "2", Expected::Missing, 2)];
    let contents = contents_of(&kept).await;
    expect(
        check_with(&history, &contents, Loss::Suffix),
        |violation| matches!(violation, Violation::Elsewhere { .. }),
        &["append `c`"],
    );
}

#[tokio::test]
async fn what_was_read_and_sent_by_nobody_was_not_lost() {
    let (unspoilt, mut contents) = run().await;
    lose(&mut contents);
    let mut history = unspoilt.clone();
    let alien = super::given::remade(&contents.log(0)[4], " c\n", " x\n");
    let found = history.logs[0].answer.as_mut().unwrap().1.as_mut().unwrap();
    found.events[4] = alien.clone();
    expect(
        check_with(&history, &contents, Loss::Suffix),
        |violation| matches!(violation, Violation::ReadDiffers { .. }),
        &["client 2", "partition 0", "position 6"],
    );
    let mut history = unspoilt;
    history.streams[0].asked.stream = stream("2");
    history.streams[0].answer.as_mut().unwrap().1 = Ok(vec![contents.stream(&stream("2"))[0].clone(), alien]);
    history.logs.clear();
    expect(
        check_with(&history, &contents, Loss::Suffix),
        |violation| matches!(violation, Violation::ReadDiffers { .. }),
        &["order-2", "append `x`"],
    );
}

#[tokio::test]
async fn what_was_lost_may_be_appended_again_behind_what_came_since() {
    let (mut history, mut contents) = run().await;
    let answered = call(&mut history, "e", 0).answer.as_ref().unwrap().0;
    // `e` is lost, `f` takes its place, and `e` is sent again.
    lose(&mut contents);
    for id in ["f", "e"] {
        let mut asked = append(id, "2", Expected::Existing, 1);
        asked.events[0].payload = contents.log(0)[4].payload().to_owned();
        call(&mut history, "e", 0).asked.events[0].payload.clone_from(&asked.events[0].payload);
        add(&mut contents, &stream("2"), 5);
        let last = contents.log(0).len();
        super::given::replace(&mut contents, last, " c\n", &format!(" {id}\n"));
        let place = Appended::new(0, contents.log(0)[last - 1].log_id(), Version::new(last as u64 - 3), 1);
        let begun = 900 + last as u64 * 10;
        history.appends.push(Call { client: 3, asked, begun, answer: Some((begun + 5, Ok(Verdict::Appended(place)))) });
    }
    assert!(answered < 900);
    let summary = passes(&history, &contents, Loss::Suffix);
    assert_eq!((summary.lost_appends, summary.events), (0, 7));
    // The same where nobody waited for the second answer.
    history.appends.last_mut().unwrap().answer = None;
    assert_eq!(passes(&history, &contents, Loss::Suffix).unknown, 1);
}

#[tokio::test]
async fn a_loss_does_not_excuse_more_events_than_were_asked_for() {
    let (mut history, mut contents) = run().await;
    let read = contents.stream(&stream("2")).to_vec();
    lose(&mut contents);
    history.streams[1].asked.stream = stream("2");
    history.streams[1].asked.after = Version::NONE;
    history.streams[1].asked.limit = 2;
    history.streams[1].answer.as_mut().unwrap().1 = Ok(read);
    expect(
        check_with(&history, &contents, Loss::Suffix),
        |violation| matches!(violation, Violation::ReadDiffers { .. }),
        &["client 2", "order-2", "at 3"],
    );
}
