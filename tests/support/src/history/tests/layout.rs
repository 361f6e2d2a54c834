//! Events that lie where no journal would put them.

use super::given::{found, moved, passes, remade, replace, run, stream};
use crate::history::{Loss, Violation};
use annals::{Version, journal::LogId};

#[tokio::test]
async fn a_run_that_is_right_passes_and_is_counted() {
    let (history, contents) = run().await;
    let summary = passes(&history, &contents, Loss::None);
    assert_eq!((summary.appended, summary.duplicates, summary.conflicts), (4, 1, 1));
    assert_eq!((summary.failed, summary.unknown, summary.reads, summary.events), (0, 0, 8, 6));
    assert_eq!(passes(&history, &contents, Loss::Suffix), summary);
}

#[tokio::test]
async fn a_gap_in_a_stream_is_found() {
    found(
        |_, contents| {
            contents.streams.get_mut(&stream("1")).unwrap().events.remove(1);
        },
        |violation| matches!(violation, Violation::VersionGap { .. }),
        &["order-1", "expected version 2, found 3"],
    )
    .await;
}

#[tokio::test]
async fn a_gap_in_a_log_is_found() {
    found(
        |_, contents| {
            contents.logs[0].events.remove(2);
        },
        |violation| matches!(violation, Violation::PositionGap { .. }),
        &["partition 0", "expected position 3, found 4"],
    )
    .await;
}

#[tokio::test]
async fn a_time_that_runs_back_is_found() {
    found(
        |_, contents| {
            let at = contents.logs[0].events[2].log_id();
            let earlier = LogId::new(at.millis - 10_000, at.number);
            replace(contents, 3, &at.to_string(), &earlier.to_string());
        },
        |violation| matches!(violation, Violation::LogIdBack { .. }),
        &["partition 0", "-2 with", "-3"],
    )
    .await;
}

#[tokio::test]
async fn a_log_that_has_another_event_than_the_stream_is_found() {
    found(
        |_, contents| {
            let event = &mut contents.logs[0].events[2];
            *event = remade(event, "Counted", "Discounted");
        },
        |violation| matches!(violation, Violation::LogAndStreamDiffer { .. }),
        &["event 3 of stream `order-1`", "the log has a `Discounted`", "the stream has a `Counted`"],
    )
    .await;
}

#[tokio::test]
async fn a_pointer_that_is_missing_at_the_end_of_the_log_is_found() {
    found(
        |_, contents| {
            contents.logs[0].events.pop();
            contents.logs[0].head = contents.logs[0].events.last().map(annals::journal::StoredEvent::log_id);
        },
        |violation| matches!(violation, Violation::LogAndStreamDiffer { .. }),
        &["event 3 of stream `order-2`", "the log has nothing", "append `e`"],
    )
    .await;
}

#[tokio::test]
async fn a_pointer_to_nothing_is_found() {
    found(
        |_, contents| {
            contents.streams.remove(&stream("2"));
        },
        |violation| matches!(violation, Violation::LogAndStreamDiffer { .. }),
        &["event 1 of stream `order-2`", "the stream has nothing"],
    )
    .await;
}

#[tokio::test]
async fn a_stream_in_two_partitions_is_found() {
    found(
        |_, contents| {
            let events = &mut contents.streams.get_mut(&stream("1")).unwrap().events;
            let event = moved(&events[2], &stream("1"), 3, 3);
            let text = format!("{} Counted 1 b\n{}", event.log_id(), event.payload());
            events[2] = annals::journal::StoredEvent::read(stream("1"), Version::new(3), 1, text.into_bytes()).unwrap();
        },
        |violation| matches!(violation, Violation::TwoPartitions { .. }),
        &["order-1", "in partition 0", "event 3 in partition 1"],
    )
    .await;
}

#[tokio::test]
async fn a_version_that_is_not_that_of_the_last_event_is_found() {
    found(
        |_, contents| contents.streams.get_mut(&stream("1")).unwrap().version = Version::new(2),
        |violation| matches!(violation, Violation::StreamVersion { .. }),
        &["order-1", "its version 3, found 2"],
    )
    .await;
}

#[tokio::test]
async fn a_head_that_is_not_the_last_entry_is_found() {
    found(
        |_, contents| contents.logs[0].head = Some(LogId::new(1, 7)),
        |violation| matches!(violation, Violation::Head { .. }),
        &["partition 0", "number: 6", "number: 7"],
    )
    .await;
}
