//! Many writers and readers at once.

use super::{
    answers::{answered, appended, together},
    contents,
    given::{event, events, same, stream},
};
use crate::{
    journal::{After, Append, Appended, Expected, Journal, LogRead, NewEvent, StoredEvent, Verdict},
    model::{StreamName, Version},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::task::{JoinSet, yield_now};

pub(super) const TASKS: u64 = 32;

/// Events of one to three numbers that no other writer and round has.
fn unique(writer: u64, round: u64) -> Vec<NewEvent> {
    let first = writer * 1_000_000 + round * 1_000;
    events(first..=first + (writer + round) % 3)
}

pub(super) async fn one_of_many_creates_a_stream(journal: &Arc<dyn Journal>) {
    for (number, expected) in [Expected::Missing, Expected::Version(Version::NONE)].into_iter().enumerate() {
        let stream = stream(&number.to_string());
        let create = |writer| {
            let (journal, append) = (Arc::clone(journal), Append::new(stream.clone(), expected, unique(writer, 0)));
            async move { (writer, answered(journal.append(append).await)) }
        };
        let answers = together((0..TASKS).map(create)).await;

        let found = contents::stream(journal, &stream).await;
        let mut winners = Vec::new();
        for (writer, verdict) in answers {
            match verdict {
                Verdict::Appended(_) => winners.push(writer),
                Verdict::Conflict(conflict) => assert_eq!(conflict.missed, found, "what writer {writer} missed"),
                other => panic!("writer {writer} was taken for another one: {other:?}"),
            }
        }
        assert_eq!(winners.len(), 1, "writers that created the stream: {winners:?}");
        same(&found, &unique(winners[0], 0));
    }
}

/// Appends round after round, each at the version that the last answer told.
async fn write_with_retry(
    journal: Arc<dyn Journal>,
    stream: StreamName,
    writer: u64,
    rounds: u64,
) -> Vec<(Appended, Vec<NewEvent>)> {
    let mut accepted = Vec::new();
    let mut version = Version::NONE;
    for round in 0..rounds {
        let events = unique(writer, round);
        loop {
            let append = Append::new(stream.clone(), Expected::Version(version), events.clone());
            match answered(journal.append(append).await) {
                Verdict::Appended(appended) => {
                    assert_eq!(appended.first_version, version.next(), "the version after the expected one");
                    version = *appended.versions().end();
                    accepted.push((appended, events));
                    break;
                }
                Verdict::Conflict(conflict) => {
                    assert!(conflict.actual > version, "a conflict at the version that was expected, {version}");
                    let missed = conflict.missed.first().map(StoredEvent::version);
                    assert_eq!(missed, Some(version.next()), "the first missed event");
                    version = conflict.actual;
                }
                other => panic!("writer {writer} was taken for another one: {other:?}"),
            }
            yield_now().await;
        }
        yield_now().await;
    }
    accepted
}

pub(super) async fn writers_that_retry_lose_and_double_nothing(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let write = |writer| write_with_retry(Arc::clone(journal), stream.clone(), writer, 5);
    let mut accepted = together((0..TASKS).map(write)).await.concat();
    accepted.sort_by_key(|(appended, _)| appended.first_version);

    let found = contents::stream(journal, &stream).await;
    let mut rest = &found[..];
    for (appended, events) in &accepted {
        let (mine, behind) = rest.split_at(events.len().min(rest.len()));
        same(mine, events);
        assert_eq!(mine[0].version(), appended.first_version, "the version that was answered");
        assert_eq!(mine[0].log_id(), appended.first, "the place in the log that was answered");
        rest = behind;
    }
    assert!(rest.is_empty(), "found {} events that nobody's append was accepted for", rest.len());
    assert_eq!(accepted.len() as u64, TASKS * 5, "accepted appends");
}

pub(super) async fn writers_that_expect_anything_are_all_let_in(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let write = |writer| {
        let (journal, stream) = (Arc::clone(journal), stream.clone());
        async move {
            for round in 0..5 {
                let expected = if round == 0 { Expected::Any } else { Expected::Existing };
                appended(journal.append(Append::new(stream.clone(), expected, unique(writer, round))).await);
                yield_now().await;
            }
        }
    };
    together((0..TASKS).map(write)).await;

    let found = contents::stream(journal, &stream).await;
    let found: Vec<_> = found.iter().map(StoredEvent::payload).collect();
    let given: Vec<_> = (0..TASKS).flat_map(|writer| (0..5).flat_map(move |round| unique(writer, round))).collect();
    let given: BTreeSet<_> = given.iter().map(|event| &*event.payload).collect();
    assert_eq!(found.len(), given.len(), "the number of events");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), given);
}

pub(super) async fn an_append_sent_by_many_at_once_happens_once(journal: &Arc<dyn Journal>) {
    for (number, expected) in [Expected::Missing, Expected::Version(Version::NONE), Expected::Any].iter().enumerate() {
        let append = Append::new(stream(&number.to_string()), *expected, events(1..=3));
        let send = |_| {
            let (journal, append) = (Arc::clone(journal), append.clone());
            async move { answered(journal.append(append).await) }
        };
        let mut places = Vec::new();
        let mut times = 0;
        for verdict in together((0..TASKS).map(send)).await {
            match verdict {
                Verdict::Appended(appended) => {
                    times += 1;
                    places.push(appended);
                }
                Verdict::Duplicate(appended) => places.push(appended),
                other => panic!("an append finds itself in its way: {other:?}"),
            }
        }
        assert_eq!(times, 1, "how often one append happened");
        assert!(places.iter().all(|place| *place == places[0]), "one append at several places: {places:?}");
        same(&contents::stream(journal, &append.stream).await, &events(1..=3));
    }
}

pub(super) async fn readers_of_the_log_see_every_event_once_and_in_order(journal: &Arc<dyn Journal>) {
    let written = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for partition in 0..journal.partitions() {
        for limit in [1, 7, 100] {
            readers.spawn(follow(Arc::clone(journal), partition, limit, Arc::clone(&written)));
        }
    }
    let write = |writer| {
        let journal = Arc::clone(journal);
        async move {
            for round in 0..40 {
                let stream = stream(&format!("{}", (writer * 7 + round * 3) % 50));
                appended(journal.append(Append::new(stream, Expected::Any, unique(writer, round))).await);
                yield_now().await;
            }
        }
    };
    together((0..16).map(write)).await;
    written.store(true, Ordering::Release);

    for (partition, seen) in readers.join_all().await {
        assert!(contents::log(journal, partition).await == seen, "a reader of partition {partition} saw another log");
    }
}

/// Reads a log to its end, and on until nobody writes any more.
async fn follow(
    journal: Arc<dyn Journal>,
    partition: u16,
    limit: usize,
    written: Arc<AtomicBool>,
) -> (u16, Vec<StoredEvent>) {
    let mut seen = Vec::<StoredEvent>::new();
    let mut after = After::Start;
    loop {
        let complete = written.load(Ordering::Acquire);
        let batch = answered(journal.read_log(LogRead::new(partition, after, limit)).await);
        for event in batch.events {
            let next = seen.len() as u64 + 1;
            assert_eq!(
                event.position().number(),
                next,
                "the position that a reader of partition {partition} sees next"
            );
            seen.push(event);
        }
        if let Some(last) = batch.last {
            assert_eq!(Some(last), seen.last().map(StoredEvent::log_id), "the last entry that was looked at");
            after = if seen.len().is_multiple_of(2) { After::LogId(last) } else { After::Position(last.number) };
        }
        if batch.end && complete {
            return (partition, seen);
        }
        assert!(batch.end || batch.last.is_some(), "a log that goes on gives something to look at");
        yield_now().await;
    }
}

pub(super) async fn readers_of_a_stream_see_whole_appends(journal: &Arc<dyn Journal>) {
    const SIZE: usize = 50;
    let stream = stream("1");
    let written = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..4 {
        let (journal, stream, written) = (Arc::clone(journal), stream.clone(), Arc::clone(&written));
        readers.spawn(async move {
            while !written.load(Ordering::Acquire) {
                let found = answered(journal.read_stream(&stream, Version::NONE, usize::MAX).await);
                assert_eq!(found.len() % SIZE, 0, "a stream of whole appends has {} events", found.len());
                yield_now().await;
            }
        });
    }
    for _ in 0..40 {
        let batch = (0..SIZE as u64).map(event).collect();
        appended(journal.append(Append::new(stream.clone(), Expected::Any, batch)).await);
        yield_now().await;
    }
    written.store(true, Ordering::Release);
    readers.join_all().await;
}
