//! Snapshots: given with the events after them, and only where they belong.

use super::{
    answers::{answered, appended, conflict, refused, together},
    contents,
    given::{advance, events, same, stream},
};
use crate::{
    journal::{Fingerprint, Journal, LogId, Restored, Snapshot},
    model::{StreamName, Version},
};
use std::sync::Arc;

const FOLD: Fingerprint = Fingerprint::new(0xabc);
const OTHER: Fingerprint = Fingerprint::new(u64::MAX);

/// A snapshot of what the stream holds at this version.
async fn snapshot(journal: &Arc<dyn Journal>, stream: &StreamName, version: u64, state: &str) -> Snapshot {
    let event = answered(journal.read_stream(stream, Version::new(version - 1), 1).await).remove(0);
    Snapshot::new(stream.clone(), Version::new(version), event.log_id(), FOLD, state)
}

async fn kept(journal: &Arc<dyn Journal>, snapshot: &Snapshot) {
    assert!(answered(journal.write_snapshot(snapshot.clone()).await), "expected the snapshot to be kept");
}

/// What is read from the newest snapshot on: it must be this one, and the events after it.
async fn restores(journal: &Arc<dyn Journal>, stream: &StreamName, expected: Option<&Snapshot>) {
    let fingerprint = expected.map_or(FOLD, |snapshot| snapshot.fingerprint);
    let Restored { snapshot, events, .. } = answered(journal.restore(stream, fingerprint, 10_000).await);
    assert_eq!(snapshot.as_ref(), expected, "the snapshot of stream `{stream}`");
    let first = expected.map_or(Version::NONE, |snapshot| snapshot.version);
    let after = answered(journal.read_stream(stream, first, 10_000).await);
    assert!(events == after, "expected the events of `{stream}` from version {} on, found others", first.next());
}

pub(super) async fn without_one_a_stream_is_read_from_its_first_event_on(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    restores(journal, &stream, None).await;
    appended(journal.append(advance(&stream, 0, 3)).await);
    restores(journal, &stream, None).await;
    let restored = answered(journal.restore(&stream, FOLD, 2).await);
    same(&restored.events, &events(1..=2));
}

pub(super) async fn one_is_given_with_the_events_after_it(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 5)).await);
    for version in 1..=5 {
        let snapshot = snapshot(journal, &stream, version, &format!("{{\"to\":{version}}}")).await;
        kept(journal, &snapshot).await;
        restores(journal, &stream, Some(&snapshot)).await;
    }
    appended(journal.append(advance(&stream, 5, 4)).await);
    let restored = answered(journal.restore(&stream, FOLD, 3).await);
    assert_eq!(restored.snapshot.map(|snapshot| snapshot.state), Some(r#"{"to":5}"#.to_owned()));
    same(&restored.events, &events(6..=8));
    // Written once more, it is the same one.
    let again = snapshot(journal, &stream, 5, r#"{"to":5}"#).await;
    kept(journal, &again).await;
    restores(journal, &stream, Some(&again)).await;
}

pub(super) async fn one_may_hold_any_text(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 1)).await);
    for state in ["", "\n", "{\n}\n", "null", "\0", "é\u{1F980}", &"long ".repeat(200_000)] {
        let snapshot = snapshot(journal, &stream, 1, state).await;
        kept(journal, &snapshot).await;
        restores(journal, &stream, Some(&snapshot)).await;
    }
}

pub(super) async fn one_of_another_fingerprint_is_none_and_is_replaced(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 5)).await);
    let mut other = snapshot(journal, &stream, 5, "other").await;
    other.fingerprint = OTHER;
    kept(journal, &other).await;
    restores(journal, &stream, None).await;
    restores(journal, &stream, Some(&other)).await;

    // Also by one of a lower version.
    let ours = snapshot(journal, &stream, 2, "ours").await;
    kept(journal, &ours).await;
    restores(journal, &stream, Some(&ours)).await;
    assert_eq!(answered(journal.restore(&stream, OTHER, 10).await).snapshot, None);
}

pub(super) async fn an_older_one_does_not_replace_a_newer_one(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 5)).await);
    let newer = snapshot(journal, &stream, 4, "newer").await;
    kept(journal, &newer).await;
    for version in 1..4 {
        let older = snapshot(journal, &stream, version, "older").await;
        assert!(!answered(journal.write_snapshot(older).await), "expected the older snapshot not to be kept");
        restores(journal, &stream, Some(&newer)).await;
    }
}

pub(super) async fn one_of_another_history_is_none_and_is_replaced(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 5)).await);
    let truly = snapshot(journal, &stream, 3, "true").await;
    let LogId { millis, number } = truly.log_id;
    let moved = |version, log_id| Snapshot { version: Version::new(version), log_id, ..truly.clone() };
    let others = [
        moved(3, LogId::new(millis, number + 1)),
        moved(3, LogId::new(millis + 1, number)),
        moved(4, truly.log_id),
        // The stream has not come so far.
        moved(6, LogId::new(millis, number + 3)),
        moved(1 << 40, LogId::new(millis, 1 << 40)),
    ];
    for other in others {
        kept(journal, &other).await;
        restores(journal, &stream, None).await;
        kept(journal, &truly).await;
        restores(journal, &stream, Some(&truly)).await;
    }
}

pub(super) async fn each_stream_has_its_own(journal: &Arc<dyn Journal>) {
    let streams = ["1", "2", "a", "A", "a:1", "", "1:snap"].map(stream);
    for name in &streams {
        appended(journal.append(advance(name, 0, 2)).await);
        kept(journal, &snapshot(journal, name, 2, name.as_str()).await).await;
    }
    for name in &streams {
        let found = answered(journal.restore(name, FOLD, 10).await).snapshot.map(|snapshot| snapshot.state);
        assert_eq!(found.as_deref(), Some(name.as_str()));
    }
    restores(journal, &StreamName::new("other", "1"), None).await;
}

pub(super) async fn one_lies_anywhere_in_a_long_stream(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    for part in 0..3 {
        appended(journal.append(advance(&stream, part * 3_000, 3_000)).await);
    }
    restores(journal, &stream, None).await;
    for version in [1, 4_095, 4_096, 4_097, 8_191, 8_192, 8_193, 9_000] {
        let snapshot = snapshot(journal, &stream, version, "{}").await;
        kept(journal, &snapshot).await;
        restores(journal, &stream, Some(&snapshot)).await;
        for limit in [1, 100, 4_096, 4_097] {
            let restored = answered(journal.restore(&stream, FOLD, limit).await);
            let expected = answered(journal.read_stream(&stream, Version::new(version), limit).await);
            assert!(restored.events == expected, "{limit} events after the snapshot at version {version}");
        }
    }
}

pub(super) async fn the_newest_of_many_stays(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 20)).await);
    let writers = (1..=20).map(|version| {
        let (journal, stream) = (Arc::clone(journal), stream.clone());
        async move {
            let snapshot = snapshot(&journal, &stream, version, &version.to_string()).await;
            answered(journal.write_snapshot(snapshot).await);
            let found = answered(journal.restore(&stream, FOLD, 20).await);
            let newest = found.snapshot.expect("a snapshot was written");
            assert!(newest.version >= Version::new(version), "an older snapshot is in place of a newer one");
            assert_eq!(newest.version.number() + found.events.len() as u64, 20, "the events after the snapshot");
        }
    });
    together(writers).await;
    let newest = snapshot(journal, &stream, 20, "20").await;
    restores(journal, &stream, Some(&newest)).await;
}

pub(super) async fn they_leave_streams_and_logs_alone(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 3)).await);
    let before = contents::of(journal).await;
    kept(journal, &snapshot(journal, &stream, 3, "{}").await).await;
    contents::unchanged(journal, &before).await;
    appended(journal.append(advance(&stream, 3, 1)).await);
}

pub(super) async fn one_of_no_event_is_refused(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 3)).await);
    let truly = snapshot(journal, &stream, 2, "{}").await;
    kept(journal, &truly).await;
    refused(journal.write_snapshot(Snapshot { version: Version::NONE, ..truly.clone() }).await);
    refused(journal.restore(&stream, FOLD, 0).await);
    restores(journal, &stream, Some(&truly)).await;
}

pub(super) async fn an_append_after_an_event_of_another_history_is_a_conflict(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 5)).await);
    let last = snapshot(journal, &stream, 5, "").await.log_id;
    let before = contents::of(journal).await;
    let others = [
        (5, LogId::new(last.millis, last.number + 1)),
        (5, LogId::new(last.millis + 1, last.number)),
        (4, last),
        (3, LogId::new(0, 0)),
        (7, LogId::new(last.millis, last.number + 2)),
        (0, last),
    ];
    for (version, log_id) in others {
        let conflict = conflict(journal.append(advance(&stream, version, 2).after(log_id)).await);
        assert!(conflict.rewound, "an append at version {version} after {log_id}");
        assert_eq!((conflict.actual, conflict.missed.len()), (Version::new(5), 0));
    }
    contents::unchanged(journal, &before).await;

    let third = snapshot(journal, &stream, 3, "").await.log_id;
    let behind = conflict(journal.append(advance(&stream, 3, 2).after(third)).await);
    assert!(!behind.rewound, "a caller who is behind knows the same history");
    same(&behind.missed, &events(4..=5));
    appended(journal.append(advance(&stream, 5, 2).after(last)).await);
}
