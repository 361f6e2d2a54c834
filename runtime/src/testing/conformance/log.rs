//! The order of all events, and reading on from any place in it.

use super::{
    answers::{answered, appended},
    contents,
    given::{advance, stream},
};
use crate::{
    journal::{
        After, Append, Checkpoint, Expected, Journal, JournalError, LogBatch, LogId, LogRead, NewEvent, StoredEvent,
    },
    model::Position,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::task::yield_now;

/// The event types that [`mixed`] takes in turn.
const TYPES: [&str; 3] = ["CounterAdvanced", "CounterReset", "Counter"];

/// Appends about a hundred events of three types to forty streams.
async fn mixed(journal: &Arc<dyn Journal>) {
    for number in 0..40_usize {
        let event = |nth| NewEvent::new(TYPES[(number + nth) % 3], format!("[{number},{nth}]"));
        let batch = (0..=number % 4).map(event).collect();
        appended(journal.append(Append::new(stream(&(number % 25).to_string()), Expected::Any, batch)).await);
    }
}

async fn read(journal: &Arc<dyn Journal>, partition: u16, after: After, limit: usize) -> LogBatch {
    answered(journal.read_log(LogRead::new(partition, after, limit)).await)
}

pub(super) async fn an_empty_log_has_no_head(journal: &Arc<dyn Journal>) {
    for partition in 0..journal.partitions() {
        assert_eq!(answered(journal.head(partition).await), None, "the head of an empty log");
        for after in [After::Start, After::Position(0), After::Position(7)] {
            let batch = read(journal, partition, after, 10).await;
            assert_eq!((batch.events, batch.last, batch.end), (Vec::new(), None, true), "after {after:?}");
        }
    }
}

pub(super) async fn every_event_is_in_the_log_of_one_partition(journal: &Arc<dyn Journal>) {
    let mut places = BTreeMap::<_, BTreeSet<u16>>::new();
    let mut given = 0;
    for version in 0..2 {
        for id in 0..200 {
            let stream = stream(&id.to_string());
            let place = appended(journal.append(advance(&stream, version, 1)).await);
            places.entry(stream).or_default().insert(place.partition);
            given += 1;
        }
    }
    assert!(places.values().all(|partitions| partitions.len() == 1), "a stream stays in its partition: {places:?}");
    let used: BTreeSet<_> = places.values().flatten().copied().collect();
    assert!(used.len() > 1 || journal.partitions() == 1, "200 streams are all in partition {used:?}");

    let mut found = 0;
    for partition in 0..journal.partitions() {
        for event in contents::log(journal, partition).await {
            assert!(places[event.stream()].contains(&partition), "`{}` is in partition {partition}", event.stream());
            found += 1;
        }
    }
    assert_eq!(found, given, "the number of events in all logs");
}

pub(super) async fn reading_goes_on_from_any_place(journal: &Arc<dyn Journal>) {
    mixed(journal).await;
    for partition in 0..journal.partitions() {
        let log = contents::log(journal, partition).await;
        for seen in 0..=log.len() {
            let mut places = vec![After::Position(seen as u64)];
            places.push(log[..seen].last().map_or(After::Start, |last| After::LogId(last.log_id())));
            for after in places {
                let batch = read(journal, partition, after, usize::MAX).await;
                assert!(batch.events == log[seen..], "the log of partition {partition} after {after:?} is another one");
                assert_eq!(batch.last, log[seen..].last().map(StoredEvent::log_id), "after {after:?}");
                assert!(batch.end, "the log ends where nothing is left");
            }
        }
    }
}

pub(super) async fn small_limits_give_the_same_as_large_ones(journal: &Arc<dyn Journal>) {
    mixed(journal).await;
    for partition in 0..journal.partitions() {
        let log = contents::log(journal, partition).await;
        for limit in [1, 2, 3, 7, 50, log.len().max(1)] {
            let mut seen = Vec::new();
            let mut after = After::Start;
            loop {
                let batch = read(journal, partition, after, limit).await;
                let looked_at = batch.events.len();
                assert!(looked_at <= limit, "expected at most {limit} entries, found {looked_at}");
                assert!(batch.end || looked_at == limit, "a batch that is not the last is full");
                assert_eq!(batch.last, batch.events.last().map(StoredEvent::log_id));
                seen.extend(batch.events);
                assert!(!batch.end || seen.len() == log.len(), "the log ends after {} of {}", seen.len(), log.len());
                match batch.last {
                    Some(last) => after = After::LogId(last),
                    None => break,
                }
            }
            assert!(seen == log, "the log of partition {partition} in batches of {limit} is another one");
        }
    }
}

pub(super) async fn only_wanted_types_are_given(journal: &Arc<dyn Journal>) {
    mixed(journal).await;
    let wishes: [&[&str]; 6] = [&[TYPES[0]], &[TYPES[1], TYPES[2]], &TYPES, &["Counter", "Unknown"], &["Unknown"], &[]];
    for partition in 0..journal.partitions() {
        let log = contents::log(journal, partition).await;
        for wish in wishes {
            for limit in [1, 4, 1_000] {
                let wanted: Arc<[String]> = wish.iter().map(ToString::to_string).collect();
                let mut rest = &log[..];
                let mut after = After::Start;
                while !rest.is_empty() {
                    let (looked_at, behind) = rest.split_at(limit.min(rest.len()));
                    let read = LogRead::new(partition, after, limit).with_types(Arc::clone(&wanted));
                    let batch = answered(journal.read_log(read).await);
                    let expected = looked_at.iter().filter(|event| wish.contains(&event.event_type()));
                    assert!(batch.events.iter().eq(expected), "wanted {wish:?}, {limit} entries after {after:?}");
                    let last = looked_at[looked_at.len() - 1].log_id();
                    assert_eq!(batch.last, Some(last), "the last entry that was looked at, wanted or not");
                    assert!(!batch.end || behind.is_empty(), "the log ends before its last entry");
                    after = After::LogId(last);
                    rest = behind;
                }
            }
        }
    }
}

pub(super) async fn beyond_the_head_there_is_nothing_until_the_log_has_grown(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let partition = appended(journal.append(advance(&stream, 0, 5)).await).partition;
    let newest = answered(journal.head(partition).await).expect("a log with events has a head");
    let beyond = [
        After::Position(5),
        After::Position(6),
        After::Position(7),
        After::Position((1 << 53) + 1),
        After::Position(u64::MAX),
        After::LogId(newest),
    ];
    for after in beyond {
        let batch = read(journal, partition, after, 10).await;
        assert_eq!((batch.events, batch.last, batch.end), (Vec::new(), None, true), "after {after:?}");
    }

    appended(journal.append(advance(&stream, 5, 3)).await);
    for (seen, rest) in [(5, 3), (6, 2), (7, 1), (8, 0), (9, 0)] {
        let batch = read(journal, partition, After::Position(seen), 10).await;
        let numbers: Vec<_> = batch.events.iter().map(|event| event.position().number()).collect();
        assert_eq!(numbers, (seen + 1..=seen + rest).collect::<Vec<_>>(), "the positions after {seen}");
    }
}

pub(super) async fn who_goes_on_after_an_entry_that_is_not_there_is_told(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let partition = appended(journal.append(advance(&stream, 0, 3)).await).partition;
    let log = contents::log(journal, partition).await;
    let second = log[1].checkpoint();
    for after in [After::LogId(second.log_id), After::Checkpoint(second)] {
        let batch = read(journal, partition, after, 10).await;
        assert_eq!(batch.events, log[2..], "after {after:?}");
        assert_eq!(batch.checkpoint(), Some(log[2].checkpoint()), "the last event, by which it is known again");
    }

    let LogId { millis, number } = second.log_id;
    let others = [
        (Checkpoint::new(LogId::new(millis + 1, number)), Some(second)),
        (Checkpoint::new(LogId::new(millis.saturating_sub(1), number)), Some(second)),
        (Checkpoint::new(second.log_id).of_event(log[2].fingerprint()), Some(second)),
        (Checkpoint::new(LogId::new(millis, 4)), None),
        (Checkpoint::new(LogId::new(0, 7)), None),
        (Checkpoint::new(LogId::new(u64::MAX, u64::MAX)), None),
    ];
    for (expected, found) in others {
        let answer = journal.read_log(LogRead::new(partition, After::Checkpoint(expected), 10)).await;
        let at = Position::new(partition, expected.log_id.number);
        match answer {
            Err(error) => assert_eq!(error, JournalError::HistoryRewound { at, expected, found }),
            Ok(batch) => panic!("expected to be told that {expected} is not there, found {:?}", batch.events),
        }
    }
}

pub(super) async fn who_follows_a_log_is_given_what_comes(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let partition = appended(journal.append(advance(&stream, 0, 2)).await).partition;
    let log = contents::log(journal, partition).await;
    let places: Vec<_> = (0..journal.partitions())
        .map(|each| {
            let after = if each == partition { After::Checkpoint(log[1].checkpoint()) } else { After::Start };
            LogRead::new(each, after, 10)
        })
        .collect();
    let nothing = answered(journal.follow(places.clone(), Duration::from_millis(1)).await);
    assert_eq!(nothing.len(), places.len());
    assert!(nothing.iter().all(|batch| batch.events.is_empty() && batch.last.is_none()), "{nothing:?}");

    let (follower, reads) = (Arc::clone(journal), places.clone());
    let following = tokio::spawn(async move {
        // An answer may come early and empty; who follows asks again.
        loop {
            let batches = answered(follower.follow(reads.clone(), Duration::from_mins(1)).await);
            if batches.iter().any(|batch| batch.last.is_some()) {
                return batches;
            }
        }
    });
    yield_now().await;
    appended(journal.append(advance(&stream, 2, 3)).await);
    let batches = following.await.expect("who follows is answered");
    let log = contents::log(journal, partition).await;
    for (read, batch) in places.iter().zip(batches) {
        if read.partition == partition {
            assert_eq!((batch.events.as_slice(), batch.last), (&log[2..], Some(log[4].log_id())));
        } else {
            assert_eq!((batch.events.len(), batch.last), (0, None));
        }
    }

    let only =
        LogRead::new(partition, After::Checkpoint(log[1].checkpoint()), 2).with_types(["Unknown".to_owned()].into());
    let batches = answered(journal.follow(vec![only], Duration::from_mins(1)).await);
    assert_eq!(
        (batches[0].events.len(), batches[0].last),
        (0, Some(log[3].log_id())),
        "types and limits hold here too"
    );
}
