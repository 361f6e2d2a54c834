//! Appends that are sent again under the same id, as after a lost answer.

use super::{
    answers::{appended, duplicate, refused},
    contents,
    given::{advance, event, events, same, stream},
};
use crate::{
    journal::{Append, Expected, Journal},
    model::{StreamName, Version},
};
use std::sync::Arc;

/// Every way to append `count` events to a stream at version 0 or 2, each with the version that its stream is at.
fn ways(count: u64) -> Vec<(u64, Append)> {
    let ways = [
        (0, Expected::Version(Version::NONE)),
        (0, Expected::Missing),
        (0, Expected::Any),
        (2, Expected::Version(Version::new(2))),
        (2, Expected::Existing),
        (2, Expected::Any),
    ];
    let append = |(number, (version, expected)): (usize, _)| {
        let stream = stream(&format!("{number} of {count}"));
        (version, Append::new(stream, expected, events(version + 1..=version + count)))
    };
    ways.into_iter().enumerate().map(append).collect()
}

async fn begin(journal: &Arc<dyn Journal>, stream: &StreamName, version: u64) {
    if version > 0 {
        appended(journal.append(advance(stream, 0, version)).await);
    }
}

pub(super) async fn an_append_sent_again_is_a_duplicate(journal: &Arc<dyn Journal>) {
    for count in [1, 2, 5] {
        for (version, append) in ways(count) {
            begin(journal, &append.stream, version).await;
            let first = appended(journal.append(append.clone()).await);
            let before = contents::of(journal).await;
            for _ in 0..2 {
                assert_eq!(duplicate(journal.append(append.clone()).await), first, "expecting {}", append.expected);
            }
            contents::unchanged(journal, &before).await;
        }
    }
}

pub(super) async fn an_append_is_known_again_behind_later_ones(journal: &Arc<dyn Journal>) {
    for (version, append) in ways(3) {
        if !matches!(append.expected, Expected::Version(_) | Expected::Missing) {
            continue;
        }
        begin(journal, &append.stream, version).await;
        let first = appended(journal.append(append.clone()).await);
        for behind in 0..3 {
            appended(journal.append(advance(&append.stream, version + 3 + behind, 1)).await);
            assert_eq!(duplicate(journal.append(append.clone()).await), first, "expecting {}", append.expected);
        }
        same(&contents::stream(journal, &append.stream).await, &events(1..=version + 6));
    }
}

pub(super) async fn an_append_across_a_long_stream_is_known_again(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let mut sent = Vec::new();
    let mut version = 0;
    for count in [4_094, 5, 4_092, 3_000] {
        let append = advance(&stream, version, count);
        sent.push((appended(journal.append(append.clone()).await), append));
        version += count;
    }
    for (first, append) in sent {
        assert_eq!(duplicate(journal.append(append.clone()).await), first);
    }
    same(&contents::stream(journal, &stream).await, &events(1..=version));
}

pub(super) async fn an_id_with_another_number_of_events_is_refused(journal: &Arc<dyn Journal>) {
    for (version, append) in ways(3) {
        begin(journal, &append.stream, version).await;
        appended(journal.append(append.clone()).await);
        let before = contents::of(journal).await;
        for count in [1, 2, 4, 7] {
            let other = Append { events: events(version + 1..=version + count), ..append.clone() };
            refused(journal.append(other).await);
        }
        contents::unchanged(journal, &before).await;
    }
}

pub(super) async fn an_equal_append_under_another_id_is_another_append(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    for version in 1..=3 {
        let append = Append::new(stream.clone(), Expected::Any, vec![event(7)]);
        assert_eq!(appended(journal.append(append).await).first_version, Version::new(version));
    }
    same(&contents::stream(journal, &stream).await, &[event(7), event(7), event(7)]);
}
