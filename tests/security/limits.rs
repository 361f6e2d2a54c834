//! Every limit: what is just as long is taken, what is longer is refused by name, on every engine, and nothing is written.

use crate::ground::{append, events, stream};
use annals::{
    StreamName, Version,
    journal::{
        After, Append, AppendId, Commit, Committed, EntryChange, Expected, Find, IdempotencyKey, Journal, JournalError,
        LeaseRequest, LogId, LogRead, MemoryJournal, NewEvent, ReadModel, RedisJournal, RedisOptions, RowChange,
        Verdict,
    },
};
use annals_test_support::{Raw, RedisServer};
use std::{sync::Arc, time::Duration};

const MIB: usize = 1024 * 1024;

/// A new journal on each engine, and the server.
async fn journals() -> (RedisServer, [Arc<dyn Journal>; 2]) {
    let server = RedisServer::start();
    let redis = RedisJournal::connect(&server.url(), &RedisOptions::new()).await.unwrap();
    (server, [Arc::new(redis), Arc::new(MemoryJournal::new())])
}

fn long(length: usize) -> String {
    "x".repeat(length)
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, JournalError>, words: &[&str]) {
    let Err(JournalError::Invalid { reason }) = answer else { panic!("{words:?} is taken, or fails otherwise") };
    assert!(words.iter().all(|word| reason.contains(word)), "{words:?} are not all in: {reason}");
    assert!(reason.len() < 1_000 && reason.lines().count() == 1, "{reason}");
}

async fn is_appended(journal: &dyn Journal, append: Append) {
    let stream = append.stream.clone();
    let given = append.events.clone();
    assert!(matches!(journal.append(append).await, Ok(Verdict::Appended(_))));
    let read = journal.read_stream(&stream, Version::NONE, usize::MAX).await.unwrap();
    assert_eq!(read.len(), given.len());
    for (event, given) in read.iter().zip(&given) {
        // Not by `assert_eq!`, which would print them.
        assert!(event.payload() == given.payload && event.annotations() == given.annotations.as_deref());
    }
}

async fn is_empty(journal: &dyn Journal, id: &StreamName) {
    assert_eq!(journal.stream_version(id).await, Ok(Version::NONE));
}

#[tokio::test]
async fn events_have_limits() {
    let (_server, journals) = journals().await;
    for journal in &journals {
        let one = |event: NewEvent, id: &str| Append::new(stream(id), Expected::Missing, vec![event]);
        let annotated = |length: usize| {
            let mut event = NewEvent::new("Counted", "{}");
            event.annotations = Some(long(length).into());
            event
        };
        is_appended(journal.as_ref(), one(NewEvent::new("Counted", long(64 * MIB)), "payload")).await;
        is_appended(journal.as_ref(), one(annotated(64 * MIB), "annotations")).await;
        is_appended(journal.as_ref(), one(NewEvent::new(long(128), "{}"), "type")).await;

        let over = journal.append(one(NewEvent::new("Counted", long(64 * MIB + 1)), "1")).await;
        refused(over, &["payload of a `Counted` for stream `order-1`", "67108864", "found 67108865"]);
        let over = journal.append(one(annotated(64 * MIB + 1), "1")).await;
        refused(over, &["annotations of a `Counted` for stream `order-1`", "67108864", "found 67108865"]);
        let over = journal.append(one(NewEvent::new(long(129), "{}"), "1")).await;
        refused(over, &["an event type of 1 to 128", "of 129 bytes"]);
        is_empty(journal.as_ref(), &stream("1")).await;
    }
}

#[tokio::test]
async fn an_append_has_limits() {
    let (_server, journals) = journals().await;
    for journal in &journals {
        is_appended(journal.as_ref(), append("many", Expected::Missing, 100_000)).await;
        let over = journal.append(append("1", Expected::Missing, 100_001)).await;
        refused(over, &["at most 100000 events in one append to stream `order-1`", "found 100001; split them"]);

        let id = AppendId::new(&long(64)).unwrap();
        is_appended(journal.as_ref(), append("id", Expected::Missing, 1).with_id(id)).await;
        is_empty(journal.as_ref(), &stream("1")).await;
    }
    refused(AppendId::new(&long(65)), &["an append id of 1 to 64", "of 65 bytes"]);
    refused(AppendId::new(&long(10 * MIB)), &["an append id of 1 to 64", "of 10485760 bytes"]);
    refused(IdempotencyKey::new(&long(513)), &["an idempotency key of 1 to 512 bytes", "found 513"]);
    assert!(IdempotencyKey::new(&long(512)).is_ok());
}

#[tokio::test]
async fn the_name_of_a_stream_has_a_limit() {
    let (_server, journals) = journals().await;
    let begin = "order-".len();
    for journal in &journals {
        let longest = StreamName::new("order", &long(MIB - begin));
        is_appended(journal.as_ref(), Append::new(longest, Expected::Missing, events(1))).await;
        // An odd byte counts three times.
        let odd = StreamName::new("order", &" ".repeat(MIB / 3));
        for name in [StreamName::new("order", &long(MIB - begin + 1)), odd] {
            let over = journal.append(Append::new(name.clone(), Expected::Missing, events(1))).await;
            refused(
                over,
                &["the name of a stream to have at most 1048576 bytes", &format!("found {}", name.as_str().len())],
            );
            is_empty(journal.as_ref(), &name).await;
        }
        let log = journal.read_log(LogRead::new(0, After::Start, 10)).await.unwrap();
        assert_eq!(log.events.len(), 1);
    }
}

#[tokio::test]
async fn rows_have_limits() {
    let (server, journals) = journals().await;
    let raw = Raw::on(&server).await;
    let model = ReadModel::new("orders", 1);
    let commit = |changes| Commit::new(model.clone(), 0, None, LogId::new(1, 1), changes);
    let many = |count: usize| (0..count).map(|number| RowChange::write(number.to_string(), "{}")).collect::<Vec<_>>();
    for journal in &journals {
        let over = journal.commit(commit(vec![RowChange::write("a", long(64 * MIB + 1))])).await;
        refused(over, &["content of the row `a` of `orders:1`", "67108864", "found 67108865"]);
        for change in [RowChange::write(long(MIB + 1), "{}"), RowChange::delete(long(MIB + 1))] {
            let over = journal.commit(commit(vec![change])).await;
            refused(over, &["key of the row `xxx", "of `orders:1`", "1048576", "found 1048577"]);
        }
        let over = journal.commit(commit(many(100_001))).await;
        refused(over, &["at most 100000 rows in one commit to `orders:1`", "found 100001; split it"]);
        assert_eq!(journal.revision(&model).await, Ok(0));
        assert!(journal.checkpoints(&model).await.unwrap().is_empty());
    }
    let keys: Vec<String> = raw.run(&["KEYS", "*"]).await;
    assert_eq!(keys, ["annals:meta"], "nothing was written");
    for journal in &journals {
        let longest = vec![RowChange::write("a", long(64 * MIB)), RowChange::write(long(MIB), "{}")];
        assert_eq!(journal.commit(commit(longest)).await, Ok(Committed::Done));
        let row = journal.rows(&model, vec!["a".to_owned()]).await.unwrap().remove(0).unwrap();
        assert_eq!(row.len(), 64 * MIB);
        journal.clear(&model).await.unwrap();
        assert_eq!(journal.commit(commit(many(100_000))).await, Ok(Committed::Done));
        let page = journal.rows_page(&model, None, usize::MAX).await.unwrap();
        assert_eq!(page.rows.len(), 100_000);
    }
}

#[tokio::test]
async fn entries_and_parked_rows_have_limits() {
    let (server, journals) = journals().await;
    let raw = Raw::on(&server).await;
    let model = ReadModel::new("orders", 1);
    let commit = |changes| Commit::new(model.clone(), 0, None, LogId::new(1, 1), changes);
    let entry = |length: usize| format!("{}\0a", long(length - 2));
    let adds = |count: usize| (0..count).map(|number| EntryChange::add("number", format!("{number}\0a"))).collect();
    let many = |count: usize| (0..count).map(|number| RowChange::write(number.to_string(), "{}")).collect::<Vec<_>>();
    for journal in &journals {
        for change in [EntryChange::add("user", entry(2 * MIB + 1)), EntryChange::remove("user", entry(2 * MIB + 1))] {
            let over = journal.commit(commit(Vec::new()).with_entries(vec![change])).await;
            refused(over, &["the entry `xxx", "the index `user` of `orders:1`", "2097152", "found 2097153"]);
        }
        let over = journal.commit(commit(Vec::new()).with_entries(adds(400_001))).await;
        refused(over, &["at most 400000 entries of indexes in one commit to `orders:1`", "found 400001; split it"]);
        let indexes =
            |count: usize| (0..count).map(|number| EntryChange::add(format!("by-{number}"), "a\0a")).collect();
        let over = journal.commit(commit(Vec::new()).with_entries(indexes(1_001))).await;
        refused(over, &["at most 1000 indexes in one commit to `orders:1`", "found 1001; split it"]);
        let over = journal.commit(commit(Vec::new()).with_entries(vec![EntryChange::add(long(513), "a")])).await;
        refused(over, &["the name of an index to have at most 512 bytes", "found 513"]);
        let over = journal.find(&model, Find::new(long(513), 1, "", 1)).await;
        refused(over, &["the name of an index to have at most 512 bytes", "found 513"]);

        let parks = |notes| journal.commit(commit(Vec::new()).with_parked(notes));
        let over = parks(vec![RowChange::write("a", long(64 * MIB + 1))]).await;
        refused(over, &["content of the parked row `a` of `orders:1`", "67108864", "found 67108865"]);
        let over = parks(vec![RowChange::write(long(MIB + 1), "{}")]).await;
        refused(over, &["key of the parked row `xxx", "of `orders:1`", "1048576", "found 1048577"]);
        let over = parks(many(100_001)).await;
        refused(over, &["at most 100000 parked rows in one commit to `orders:1`", "found 100001; split it"]);
        assert_eq!(journal.revision(&model).await, Ok(0));
    }
    let keys: Vec<String> = raw.run(&["KEYS", "*"]).await;
    assert_eq!(keys, ["annals:meta"], "nothing was written");
    for journal in &journals {
        let longest = commit(vec![RowChange::write("a", "{}")])
            .with_entries(vec![EntryChange::add(long(512), entry(2 * MIB))])
            .with_parked(vec![RowChange::write("a", long(64 * MIB)), RowChange::write(long(MIB), "{}")]);
        assert_eq!(journal.commit(longest).await, Ok(Committed::Done));
        let found = journal.find(&model, Find::new(long(512), 1, "", 10)).await.unwrap();
        assert!(found.rows.len() == 1 && found.rows[0].entry == entry(2 * MIB));
        assert_eq!(journal.parked(&model).await.unwrap()["a"].len(), 64 * MIB);
        journal.clear(&model).await.unwrap();
        let most = commit(vec![RowChange::write("a", "{}")]).with_entries(adds(400_000)).with_parked(many(100_000));
        assert_eq!(journal.commit(most).await, Ok(Committed::Done));
        // A part at a time: on a machine at work, a server does not look all of them up in the time for one answer.
        let (mut found, mut from) = (0, String::new());
        while let Some(last) = {
            let part = journal.find(&model, Find::new("number", 1, from, 20_000)).await.unwrap();
            found += part.rows.len();
            part.rows.into_iter().next_back()
        } {
            from = format!("{}\0", last.entry);
        }
        assert_eq!(found, 400_000);
        assert_eq!(journal.parked(&model).await.unwrap().len(), 100_000);
    }
}

#[tokio::test]
async fn leases_have_limits() {
    let (_server, journals) = journals().await;
    let model = ReadModel::new("orders", 1);
    let asked = |holder: usize, time| LeaseRequest::new(model.clone(), long(holder), time);
    for journal in &journals {
        let time = Duration::from_millis(1);
        assert_eq!(journal.lease(asked(128, time)).await.unwrap().holders, 1);
        refused(
            journal.lease(asked(129, time)).await,
            &["a holder of leases on `orders:1` of 1 to 128", "of 129 bytes"],
        );
        refused(journal.release(&model, &long(129)).await, &["a holder of leases on `orders:1`", "of 129 bytes"]);
        refused(journal.lease(asked(1, time / 2)).await, &["a lease on `orders:1` for at least 1ms", "found 500µs"]);
        assert_eq!(journal.lease(asked(1, Duration::MAX)).await.map(|_| ()), Ok(()), "no time is too long");
    }
}

#[tokio::test]
async fn names_of_read_models_and_claims_have_limits() {
    let (_server, journals) = journals().await;
    for journal in &journals {
        let named = |length| ReadModel::new(long(length), 1);
        assert_eq!(journal.revision(&named(512)).await, Ok(0));
        refused(journal.revision(&named(513)).await, &["the name of a read model", "at most 512 bytes", "found 513"]);

        let types = |count: usize| (0..count).map(|number| format!("T{number}")).collect::<Vec<_>>();
        let over = journal.claim(&long(MIB + 1), types(1)).await;
        refused(over, &["a kind of aggregate to have at most 1048576 bytes", "found 1048577"]);
        let over = journal.claim("order", types(100_001)).await;
        refused(over, &["`order` to claim at most 100000 event types", "found 100001"]);
        assert_eq!(journal.owners(types(1)).await, Ok(vec![None]), "nothing was written");
        assert_eq!(journal.claim("order", types(100_000)).await, Ok(()));
        assert_eq!(journal.claim(&long(MIB), vec!["Another".to_owned()]).await, Ok(()));
    }
}
