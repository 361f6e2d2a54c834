//! Long streams, which lie in several lists.

use crate::ground::{append, counted, journal, stream, whole};
use annals::{
    Version,
    journal::{After, Append, Expected, Journal, LogRead, RedisJournal, Verdict},
};
use annals_test_support::{Raw, RedisServer};

async fn lengths(raw: &Raw, id: &str) -> Vec<u64> {
    let mut lengths = Vec::new();
    for segment in 0.. {
        let suffix = if segment == 0 { String::new() } else { format!(":{segment}") };
        match raw.run(&["LLEN", &format!("{{annals:0}}:s:order-{id}{suffix}")]).await {
            0 => break,
            length => lengths.push(length),
        }
    }
    lengths
}

/// Appends until the stream is at this version, in appends of several sizes.
async fn grow(journal: &RedisJournal, id: &str, to: u64) {
    let mut version = 0;
    for size in [1, 700, 3_000, 2, 5_000, 37].into_iter().cycle() {
        let size = size.min(to - version);
        if size == 0 {
            return;
        }
        append(journal, &stream(id), Expected::Version(version.into()), usize::try_from(size).unwrap()).await;
        version += size;
    }
}

#[tokio::test]
async fn ten_thousand_events_fill_two_lists_and_begin_a_third() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    grow(&journal, "1", 10_000).await;
    assert_eq!(lengths(&Raw::on(&server).await, "1").await, [4_096, 4_096, 1_808]);
    assert_eq!(journal.stream_version(&stream("1")).await, Ok(Version::new(10_000)));

    let events = whole(&journal, &stream("1")).await;
    assert_eq!(events.len(), 10_000);
    for (number, event) in (1..).zip(&events) {
        assert_eq!((event.version().number(), event.position().number()), (number, number));
    }
    let some = journal.read_stream(&stream("1"), Version::new(4_090), 12).await.unwrap();
    assert_eq!(some, events[4_090..4_102]);
    let last = journal.read_stream(&stream("1"), Version::new(9_999), 12).await.unwrap();
    assert_eq!(last, events[9_999..]);

    let log = journal.read_log(LogRead::new(0, After::Start, 20_000)).await.unwrap();
    assert_eq!(log.events, events);
}

#[tokio::test]
async fn a_list_that_is_just_full_is_followed_by_another_one() {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    let sizes = [(4_095, [4_095, 0].as_slice()), (4_096, &[4_096]), (4_097, &[4_096, 1]), (8_192, &[4_096, 4_096])];
    for (size, expected) in sizes {
        let id = size.to_string();
        grow(&journal, &id, size).await;
        let expected: Vec<_> = expected.iter().copied().filter(|&length| length > 0).collect();
        assert_eq!(lengths(&raw, &id).await, expected);
        assert_eq!(journal.stream_version(&stream(&id)).await, Ok(Version::new(size)));
        assert_eq!(whole(&journal, &stream(&id)).await.len() as u64, size);
        append(&journal, &stream(&id), Expected::Version(size.into()), 1).await;
        assert_eq!(journal.stream_version(&stream(&id)).await, Ok(Version::new(size + 1)));
    }
}

#[tokio::test]
async fn the_end_of_a_long_stream_is_found_from_any_expectation() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    let segments = 23;
    let size = segments * 4_096 + 5;
    grow(&journal, "1", size).await;
    assert_eq!(journal.stream_version(&stream("1")).await, Ok(Version::new(size)));
    for segment in 0..40 {
        for expected in [segment * 4_096, segment * 4_096 + 1, segment * 4_096 + 4_095] {
            if expected == size {
                continue;
            }
            let append = Append::new(stream("1"), Expected::Version(expected.into()), counted(1));
            let Ok(Verdict::Conflict(conflict)) = journal.append(append).await else {
                panic!("version {expected} met no conflict")
            };
            assert_eq!(conflict.actual, Version::new(size));
            let missed = size.saturating_sub(expected).min(1_000);
            assert_eq!(conflict.missed.len() as u64, missed, "after version {expected}");
            if let Some(first) = conflict.missed.first() {
                assert_eq!(first.version(), Version::new(expected + 1));
            }
        }
    }
    append(&journal, &stream("1"), Expected::Any, 1).await;
    append(&journal, &stream("1"), Expected::Existing, 1).await;
    assert_eq!(journal.stream_version(&stream("1")).await, Ok(Version::new(size + 2)));
}
