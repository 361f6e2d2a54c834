//! What an append expects, gets and leaves behind.

use super::{
    answers::{answered, appended, conflict},
    contents,
    given::{advance, event, events, same, stream},
};
use crate::{
    journal::{Append, Conflict, Expected, Journal},
    model::Version,
};
use std::sync::Arc;

pub(super) async fn a_new_stream_begins_at_version_1(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let append = Append::new(stream.clone(), Expected::Missing, vec![event(1)]);
    let appended = appended(journal.append(append.clone()).await);
    assert_eq!((appended.first_version, appended.count), (Version::new(1), 1));
    assert_eq!(appended.first.number, 1, "the position of the first event");
    assert!(appended.partition < journal.partitions(), "the partition of an event is one of the journal's");

    let found = contents::stream(journal, &stream).await;
    same(&found, &append.events);
    assert_eq!(found[0].log_id(), appended.first);
    assert_eq!(found[0].position(), *appended.positions().start());
    assert_eq!(found[0].recorded_at(), appended.recorded_at());
    assert_eq!(found[0].append_id(), append.id.as_str());
    assert_eq!(answered(journal.head(appended.partition).await), Some(appended.first));
}

pub(super) async fn events_of_one_append_lie_one_after_another(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    for (version, count) in [(0, 5), (5, 1), (6, 7)] {
        let append = advance(&stream, version, count);
        let appended = appended(journal.append(append.clone()).await);
        assert_eq!((appended.first_version, u64::from(appended.count)), (Version::new(version + 1), count));
        assert_eq!(appended.first.number, version + 1, "the position of the first event of the append");

        let found = answered(journal.read_stream(&stream, Version::new(version), 100).await);
        same(&found, &append.events);
        for (number, event) in (appended.first.number..).zip(&found) {
            assert_eq!((event.log_id().millis, event.log_id().number), (appended.first.millis, number));
            assert_eq!(event.append_id(), append.id.as_str());
        }
    }
}

pub(super) async fn an_expectation_that_is_met_lets_the_events_in(journal: &Arc<dyn Journal>) {
    let met = [
        (0, Expected::Version(Version::NONE)),
        (0, Expected::Missing),
        (0, Expected::Any),
        (3, Expected::Version(Version::new(3))),
        (3, Expected::Existing),
        (3, Expected::Any),
    ];
    for (number, (version, expected)) in met.into_iter().enumerate() {
        let stream = stream(&number.to_string());
        if version > 0 {
            appended(journal.append(advance(&stream, 0, version)).await);
        }
        let append = Append::new(stream.clone(), expected, events(version + 1..=version + 2));
        let appended = appended(journal.append(append).await);
        assert_eq!((appended.first_version, appended.count), (Version::new(version + 1), 2), "expecting {expected}");
        same(&contents::stream(journal, &stream).await, &events(1..=version + 2));
    }
}

pub(super) async fn an_expectation_that_is_not_met_changes_nothing(journal: &Arc<dyn Journal>) {
    let missed = [
        (0, Expected::Version(Version::new(1))),
        (0, Expected::Version(Version::new(u64::MAX))),
        (0, Expected::Existing),
        (3, Expected::Version(Version::NONE)),
        (3, Expected::Version(Version::new(2))),
        (3, Expected::Version(Version::new(4))),
        // Beyond what a floating point number counts exactly.
        (3, Expected::Version(Version::new((1 << 53) + 1))),
        (3, Expected::Version(Version::new(u64::MAX))),
        (3, Expected::Missing),
    ];
    for (number, (version, expected)) in missed.into_iter().enumerate() {
        let stream = stream(&number.to_string());
        if version > 0 {
            appended(journal.append(advance(&stream, 0, version)).await);
        }
        let before = contents::of(journal).await;
        let found = conflict(journal.append(Append::new(stream.clone(), expected, events(11..=13))).await);
        assert_eq!(found.actual, Version::new(version), "expecting {expected}");
        contents::unchanged(journal, &before).await;
        assert_eq!(answered(journal.stream_version(&stream).await), Version::new(version), "expecting {expected}");
    }
}

pub(super) async fn a_conflict_brings_the_missed_events(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 4)).await);
    appended(journal.append(advance(&stream, 4, 3)).await);
    for known in 0..=6 {
        let found = conflict(journal.append(advance(&stream, known, 1)).await);
        assert_eq!(found.actual, Version::new(7));
        let missed = answered(journal.read_stream(&stream, Version::new(known), 100).await);
        assert_eq!(found.missed, missed, "what was missed after version {known}");
        same(&found.missed, &events(known + 1..=7));
    }
    let found = conflict(journal.append(Append::new(stream.clone(), Expected::Missing, vec![event(1)])).await);
    same(&found.missed, &events(1..=7));
    let found = conflict(journal.append(advance(&stream, 8, 1)).await);
    assert_eq!((found.actual, found.missed.len()), (Version::new(7), 0), "a stream that is shorter than expected");

    let existing = Append::new(super::given::stream("2"), Expected::Existing, vec![event(1)]);
    let found = conflict(journal.append(existing).await);
    assert_eq!((found.actual, found.missed.len()), (Version::NONE, 0), "a stream that does not exist");
}

pub(super) async fn a_conflict_that_missed_too_many_brings_the_first_of_them(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let version = Conflict::MOST_MISSED as u64 + 10;
    appended(journal.append(advance(&stream, 0, version)).await);
    for known in [0, 3, 10, 11] {
        let found = conflict(journal.append(advance(&stream, known, 1)).await);
        assert_eq!(found.actual, Version::new(version), "the version that the stream is at");
        let brought = found.missed.len() as u64;
        assert!((1..=Conflict::MOST_MISSED as u64).contains(&brought), "{brought} missed events");
        same(&found.missed, &events(known + 1..=known + brought));
        assert_eq!(found.missed[0].version(), Version::new(known + 1));
    }
}

pub(super) async fn a_conflict_is_mended_under_the_same_id(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 2)).await);
    let late = advance(&stream, 1, 2);
    let actual = conflict(journal.append(late.clone()).await).actual;
    let mended = Append::new(stream.clone(), Expected::Version(actual), late.events.clone()).with_id(late.id);
    assert_eq!(appended(journal.append(mended).await).first_version, Version::new(3));
    assert_eq!(answered(journal.stream_version(&stream).await), Version::new(4));
}

pub(super) async fn streams_do_not_disturb_one_another(journal: &Arc<dyn Journal>) {
    let streams: Vec<_> = (0..40).map(|id| stream(&id.to_string())).collect();
    for version in 0..3 {
        for stream in &streams {
            appended(journal.append(advance(stream, version, 1)).await);
        }
    }
    for stream in &streams {
        same(&contents::stream(journal, stream).await, &events(1..=3));
    }
}

pub(super) async fn an_append_may_be_large(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    appended(journal.append(advance(&stream, 0, 3)).await);
    let large = appended(journal.append(advance(&stream, 3, 9_000)).await);
    assert_eq!((large.first_version, large.count), (Version::new(4), 9_000));
    let found = contents::stream(journal, &stream).await;
    same(&found, &events(1..=9_003));
    assert!(found[3..].iter().all(|event| event.log_id().millis == large.first.millis), "one append, one time");
}
