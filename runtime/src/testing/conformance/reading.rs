//! What a stream gives to whoever reads it.

use super::{
    answers::{answered, appended, conflict},
    contents,
    given::{advance, events, same, stream},
};
use crate::{journal::Journal, model::Version};
use std::sync::Arc;

pub(super) async fn a_stream_that_does_not_exist_has_no_events(journal: &Arc<dyn Journal>) {
    appended(journal.append(advance(&stream("1"), 0, 3)).await);
    let absent = stream("2");
    assert_eq!(answered(journal.stream_version(&absent).await), Version::NONE);
    for after in [0, 1, 4_096, u64::MAX] {
        let found = answered(journal.read_stream(&absent, Version::new(after), 10).await);
        assert!(found.is_empty(), "a stream that does not exist has {} events after {after}", found.len());
    }
}

/// A stream of 10,000 events, appended in batches of odd sizes.
async fn long_stream(journal: &Arc<dyn Journal>) -> crate::StreamName {
    let stream = stream("long");
    let mut version = 0;
    for count in [1, 4_093, 1, 1, 1, 2, 901, 3_192, 1_000, 808] {
        let place = appended(journal.append(advance(&stream, version, count)).await);
        assert_eq!(place.first_version, Version::new(version + 1));
        version += count;
        assert_eq!(answered(journal.stream_version(&stream).await), Version::new(version));
    }
    assert_eq!(version, 10_000, "what the batches make together");
    stream
}

pub(super) async fn a_long_stream_is_read_from_any_version(journal: &Arc<dyn Journal>) {
    let stream = long_stream(journal).await;
    let all = contents::stream(journal, &stream).await;
    same(&all, &events(1..=10_000));

    let borders = [0, 1, 4_094, 4_095, 4_096, 4_097, 8_190, 8_191, 8_192, 8_193, 9_999, 10_000, 10_001, 12_288];
    for after in borders {
        for limit in [1, 2, 3, 4_095, 4_096, 4_097, 20_000, usize::MAX] {
            let found = answered(journal.read_stream(&stream, Version::new(after), limit).await);
            let rest = all.get(usize::try_from(after).unwrap_or(usize::MAX)..).unwrap_or_default();
            assert!(
                found == rest[..limit.min(rest.len())],
                "expected {} events after version {after} with a limit of {limit}, found {} or others",
                limit.min(rest.len()),
                found.len()
            );
        }
    }
    for after in [(1 << 53) + 1, u64::MAX - 1, u64::MAX] {
        assert_eq!(answered(journal.read_stream(&stream, Version::new(after), usize::MAX).await), []);
    }
}

pub(super) async fn a_conflict_in_a_long_stream_brings_the_missed_events(journal: &Arc<dyn Journal>) {
    let stream = long_stream(journal).await;
    for known in [1, 4_095, 4_096, 4_097, 8_191, 8_192, 9_998, 9_999] {
        let found = conflict(journal.append(advance(&stream, known, 2)).await);
        assert_eq!(found.actual, Version::new(10_000));
        assert!(!found.missed.is_empty(), "nothing missed after version {known}");
        same(&found.missed, &events(known + 1..=known + found.missed.len() as u64));
        assert_eq!(found.missed[0].version(), Version::new(known + 1));
    }
    for unreached in [10_001, 12_288, 12_289, 1 << 40] {
        let found = conflict(journal.append(advance(&stream, unreached, 2)).await);
        assert_eq!((found.actual, found.missed.len()), (Version::new(10_000), 0));
    }
}

pub(super) async fn events_come_back_as_they_were_given(journal: &Arc<dyn Journal>) {
    for id in ["1", "2", "3"] {
        let stream = stream(id);
        for version in 0..20 {
            appended(journal.append(advance(&stream, version, 1)).await);
        }
        for after in 0..=20 {
            for limit in [1, 2, 7, 20, 21] {
                let found = answered(journal.read_stream(&stream, Version::new(after), limit).await);
                let last = 20.min(after + limit as u64);
                same(&found, &events(after + 1..=last));
                let versions: Vec<_> = found.iter().map(|event| event.version().number()).collect();
                assert_eq!(versions, (after + 1..=last).collect::<Vec<_>>());
            }
        }
    }
}
