//! What somebody else wrote, or removed, is told by name, and nothing is built on it.

use crate::ground::{append, counted, journal, stream};
use annals::{
    Version,
    journal::{
        After, Append, BuildStep, Commit, EntryChange, Expected, Find, Fingerprint, Journal, JournalError, Lease,
        LeaseRequest, LogId, LogRead, ReadModel, RedisJournal, RowChange, Snapshot,
    },
};
use annals_test_support::{Raw, RedisServer};
use std::time::Duration;

/// A server with a journal whose stream `order-1` has five events.
async fn ground() -> (RedisServer, RedisJournal, Raw) {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    append(&journal, &stream("1"), Expected::Missing, 5).await;
    (server, journal, raw)
}

async fn log(journal: &RedisJournal) -> Result<usize, JournalError> {
    journal.read_log(LogRead::new(0, After::Start, 100)).await.map(|batch| batch.events.len())
}

async fn appended(journal: &RedisJournal, expected: Expected) -> Result<(), JournalError> {
    journal.append(Append::new(stream("1"), expected, counted(2))).await.map(|_| ())
}

fn foreign<T: std::fmt::Debug>(answer: Result<T, JournalError>, words: &[&str]) {
    let error = match answer {
        Err(error @ JournalError::Foreign { .. }) => error.to_string(),
        other => panic!("expected something foreign, found {other:?}"),
    };
    for word in words {
        assert!(error.contains(word), "`{word}` is not in: {error}");
    }
}

/// Everything on the server, to see that nothing was changed.
async fn everything(raw: &Raw) -> Vec<(String, Vec<u8>)> {
    let mut keys: Vec<String> = raw.run(&["KEYS", "*"]).await;
    keys.sort();
    let mut all = Vec::new();
    for key in keys {
        let value: Vec<u8> = raw.run(&["DUMP", &key]).await;
        all.push((key, value));
    }
    all
}

#[tokio::test]
async fn an_element_that_is_no_event_is_named() {
    let (_server, journal, raw) = ground().await;
    let _: () = raw.run(&["RPUSH", "{annals:0}:s:order-1", "hello"]).await;
    let words = ["event 6 of stream `order-1`", "found `hello`"];
    foreign(journal.read_stream(&stream("1"), Version::NONE, 10).await, &words);
    foreign(appended(&journal, Expected::Version(Version::new(5))).await, &words);
    // The log knows nothing of it, and goes on.
    assert_eq!(log(&journal).await, Ok(5));
}

#[tokio::test]
async fn an_event_that_is_not_the_one_in_the_log_is_named() {
    let (_server, journal, raw) = ground().await;
    let key = "{annals:0}:s:order-1";
    let third: String = raw.run(&["LINDEX", key, "2"]).await;
    let second: String = raw.run(&["LINDEX", key, "1"]).await;
    let _: () = raw.run(&["LSET", key, "2", &second]).await;
    foreign(log(&journal).await, &["event 3 of stream `order-1`", "-3", "found a `Counted`", "-2"]);
    let _: () = raw.run(&["LSET", key, "2", &third.replace("Counted", "Renamed")]).await;
    foreign(log(&journal).await, &["event 3 of stream `order-1`", "expected a `Counted`", "found a `Renamed`"]);
    let _: () = raw.run(&["LSET", key, "2", &third]).await;
    assert_eq!(log(&journal).await, Ok(5));
    let _: () = raw.run(&["RPOP", key]).await;
    foreign(log(&journal).await, &["event 5 of stream `order-1`", "found no event"]);
    let _: () = raw.run(&["DEL", key]).await;
    foreign(log(&journal).await, &["event 1 of stream `order-1`", "found no event"]);
}

#[tokio::test]
async fn an_entry_that_is_no_pointer_is_named() {
    for (fields, found) in [
        (["e", "order-1 6"], "found `order-1 6`"),
        (["e", "hello"], "found `hello`"),
        (["e", "order-1 0 Counted"], "found `order-1 0 Counted`"),
        (["event", "order-1 6 Counted"], "one field `e`"),
    ] {
        let (_server, journal, raw) = ground().await;
        let head: String = raw.run(&["GET", "{annals:0}:head"]).await;
        let next = head.replace("-5", "-6");
        let _: () = raw.run(&["XADD", "{annals:0}:log", &next, fields[0], fields[1]]).await;
        foreign(log(&journal).await, &["log", found]);
    }
}

#[tokio::test]
async fn an_entry_that_is_ahead_of_the_head_stops_the_append() {
    let (_server, journal, raw) = ground().await;
    let _: () = raw.run(&["XADD", "{annals:0}:log", "9999999999999-6", "e", "order-1 6 Counted"]).await;
    let before = everything(&raw).await;
    foreign(appended(&journal, Expected::Any).await, &["`{annals:0}:log`", "position 5", "found a later one"]);
    assert_eq!(everything(&raw).await, before);
}

#[tokio::test]
async fn a_removed_entry_is_a_gap() {
    let (_server, journal, raw) = ground().await;
    let entries: Vec<(String, Vec<String>)> = raw.run(&["XRANGE", "{annals:0}:log", "-", "+"]).await;
    let id = |number: usize| entries[number - 1].0.as_str();
    let gap = |expected, found| Err(JournalError::Gap { partition: 0, expected, found });

    let _: () = raw.run(&["XDEL", "{annals:0}:log", id(3)]).await;
    assert_eq!(log(&journal).await, gap(3, 4));
    let after = |after| LogRead::new(0, after, 100);
    assert_eq!(journal.read_log(after(After::Position(2))).await.map(|batch| batch.events.len()), gap(3, 4));
    assert_eq!(journal.read_log(after(After::Position(3))).await.map(|batch| batch.events.len()), Ok(2));

    let _: () = raw.run(&["XDEL", "{annals:0}:log", id(1)]).await;
    assert_eq!(log(&journal).await, gap(1, 2));
    assert_eq!(journal.read_log(after(After::Position(0))).await.map(|batch| batch.events.len()), gap(1, 2));

    let _: () = raw.run(&["XDEL", "{annals:0}:log", id(5)]).await;
    foreign(journal.read_log(after(After::Position(3))).await, &["`{annals:0}:log`", "after position 4"]);
    let _: () = raw.run(&["XDEL", "{annals:0}:log", id(2), id(4)]).await;
    foreign(log(&journal).await, &["`{annals:0}:log`", "after position 0"]);
    // What was removed keeps its number.
    assert_eq!(append(&journal, &stream("2"), Expected::Missing, 1).await.first.number, 6);
}

#[tokio::test]
async fn a_head_that_is_missing_is_found_again() {
    let (_server, journal, raw) = ground().await;
    let head = journal.head(0).await;
    let _: () = raw.run(&["DEL", "{annals:0}:head"]).await;
    assert_eq!(journal.head(0).await, head);
    let batch = journal.read_log(LogRead::new(0, After::Position(3), 100)).await.unwrap();
    assert_eq!(batch.events.len(), 2);
    assert_eq!(append(&journal, &stream("1"), Expected::Any, 1).await.first.number, 6);
    // Even where the last entry was removed, its number is not given again.
    let _: () = raw.run(&["DEL", "{annals:0}:head"]).await;
    let last: Vec<(String, Vec<String>)> = raw.run(&["XREVRANGE", "{annals:0}:log", "+", "-", "COUNT", "1"]).await;
    let _: () = raw.run(&["XDEL", "{annals:0}:log", &last[0].0]).await;
    assert_eq!(append(&journal, &stream("1"), Expected::Any, 1).await.first.number, 7);
}

#[tokio::test]
async fn a_head_that_is_no_log_id_stops_the_append() {
    let (_server, journal, raw) = ground().await;
    let head: String = raw.run(&["GET", "{annals:0}:head"]).await;
    for (lie, words) in [
        ("nonsense".to_owned(), ["`{annals:0}:head`", "found nonsense"]),
        (head.replace("-5", "-5x"), ["`{annals:0}:head`", "-5x"]),
    ] {
        let _: () = raw.run(&["SET", "{annals:0}:head", &lie]).await;
        let before = everything(&raw).await;
        foreign(appended(&journal, Expected::Any).await, &words);
        foreign(journal.head(0).await, &words[..1]);
        assert_eq!(everything(&raw).await, before);
    }
}

#[tokio::test]
async fn a_head_that_lags_behind_its_log_is_seen_by_the_readers() {
    let (_server, journal, raw) = ground().await;
    let _: () = raw.run(&["SET", "{annals:0}:head", "1-3"]).await;
    // In another millisecond than the last entry; within the same one the append itself would see it.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    append(&journal, &stream("2"), Expected::Missing, 1).await;
    assert_eq!(log(&journal).await, Err(JournalError::Gap { partition: 0, expected: 6, found: 4 }));
}

#[tokio::test]
async fn a_key_of_another_type_is_named_and_nothing_is_changed() {
    let model = ReadModel::new("OrderList", 1);
    for (key, kind) in [
        ("{annals:0}:s:order-1", "list"),
        ("{annals:0}:log", "stream"),
        ("{annals:0}:head", "string"),
        ("{annals:0}:checkpoints", "hash"),
        ("{annals:0}:rows:OrderList:1", "hash"),
        ("{annals:0}:keys:OrderList:1", "zset"),
    ] {
        let (_server, journal, raw) = ground().await;
        let changes = vec![RowChange::write("1", "{}")];
        let commit = Commit::new(model.clone(), 0, None, LogId::new(1, 1), changes);
        let _: () = raw.run(&["DEL", key]).await;
        let _: () = match kind {
            "string" => raw.run(&["RPUSH", key, "mine"]).await,
            _ => raw.run(&["SET", key, "mine"]).await,
        };
        let before = everything(&raw).await;
        let words = [key, "expected a", if kind == "string" { "found a list" } else { "found a string" }];
        match kind {
            "list" => {
                foreign(appended(&journal, Expected::Any).await, &words);
                foreign(appended(&journal, Expected::Version(Version::new(5))).await, &words);
                foreign(journal.read_stream(&stream("1"), Version::NONE, 1).await, &words);
                foreign(journal.stream_version(&stream("1")).await, &words);
                foreign(log(&journal).await, &words);
            }
            "stream" => {
                foreign(appended(&journal, Expected::Any).await, &words);
                foreign(log(&journal).await, &words);
                foreign(journal.read_log(LogRead::new(0, After::Position(1), 1)).await, &words);
            }
            "string" => {
                foreign(appended(&journal, Expected::Any).await, &words);
                foreign(journal.head(0).await, &words);
                foreign(log(&journal).await, &words);
                foreign(journal.read_log(LogRead::new(0, After::Position(1), 1)).await, &words);
            }
            _ => {
                foreign(journal.commit(commit).await, &words);
                if key.contains("checkpoints") {
                    foreign(journal.checkpoints(&model).await, &words);
                    foreign(journal.clear(&model).await, &words);
                } else if kind == "hash" {
                    foreign(journal.rows(&model, vec!["1".to_owned()]).await, &words);
                } else {
                    foreign(journal.rows_page(&model, None, 1).await, &words);
                }
            }
        }
        assert_eq!(everything(&raw).await, before, "{key}");
    }
}

#[tokio::test]
async fn a_list_that_is_in_the_way_stops_the_append_before_it_writes() {
    let (_server, journal, raw) = ground().await;
    append(&journal, &stream("1"), Expected::Any, 4_000).await;
    for (command, value) in [("RPUSH", "mine"), ("SET", "mine")] {
        let _: () = raw.run(&["DEL", "{annals:0}:s:order-1:1"]).await;
        let _: () = raw.run(&[command, "{annals:0}:s:order-1:1", value]).await;
        let before = everything(&raw).await;
        let answer = journal.append(Append::new(stream("1"), Expected::Any, counted(200))).await;
        foreign(answer, &["`{annals:0}:s:order-1:1`", "expected no events beyond version 4005"]);
        assert_eq!(everything(&raw).await, before);
    }
    let _: () = raw.run(&["DEL", "{annals:0}:s:order-1:1"]).await;
    let _: () = raw.run(&["RPUSH", "{annals:0}:s:order-1:1", "mine"]).await;
    foreign(
        journal.read_stream(&stream("1"), Version::NONE, 10_000).await,
        &["`{annals:0}:s:order-1:1`", "the list before it is not full"],
    );
}

#[tokio::test]
async fn rows_without_keys_and_odd_checkpoints_are_named() {
    let (_server, journal, raw) = ground().await;
    let model = ReadModel::new("OrderList", 1);
    let _: () = raw.run(&["ZADD", "{annals:0}:keys:OrderList:1", "0", "lost"]).await;
    foreign(journal.rows_page(&model, None, 10).await, &["`{annals:0}:rows:OrderList:1`", "found none for lost"]);
    let _: () = raw.run(&["HSET", "{annals:0}:checkpoints", "OrderList:1:0", "seven"]).await;
    foreign(journal.checkpoints(&model).await, &["`OrderList:1:0`", "found `seven`"]);
    let commit = Commit::new(model, 0, None, LogId::new(1, 1), Vec::new());
    foreign(journal.commit(commit).await, &["`OrderList:1:0`", "found `seven`"]);
}

/// A snapshot is made of the events, which are all there: whatever stands in its place is no error.
#[tokio::test]
async fn what_is_no_snapshot_is_not_used_and_replaced() {
    const KEY: &str = "{annals:0}:snap:order-1";
    let (_server, journal, raw) = ground().await;
    let fold = Fingerprint::new(0xbeef);
    let third = journal.read_stream(&stream("1"), Version::new(2), 1).await.unwrap().remove(0).log_id();
    let snapshot = Snapshot::new(stream("1"), Version::new(3), third, fold, "{}");
    let written = snapshot.write().unwrap();
    let big = format!("{} {third} {fold}\n{{}}", u64::MAX);
    let others: Vec<Vec<&[u8]>> = vec![
        vec![b"SET", b""],
        vec![b"SET", b"hello"],
        vec![b"SET", b"3 1-1\n{}"],
        vec![b"SET", b"03 1-1 000000000000beef\n{}"],
        vec![b"SET", b"0 1-1 000000000000beef\n{}"],
        vec![b"SET", b"3 1-1 000000000000beef\n{}"],
        vec![b"SET", b"3 99999999999999999999999-1 000000000000beef\n{}"],
        vec![b"SET", b"\xff\xfe"],
        vec![b"SET", big.as_bytes()],
        vec![b"RPUSH", b"mine"],
        vec![b"HSET", b"field", b"value"],
    ];
    for other in others {
        let _: () = raw.run(&["DEL", KEY]).await;
        let mut command = redis::cmd(std::str::from_utf8(other[0]).unwrap());
        command.arg(KEY);
        command.arg(&other[1..]);
        let _: redis::Value = raw.send(&command).await;

        let restored = journal.restore(&stream("1"), fold, 10).await.unwrap();
        assert_eq!((restored.snapshot, restored.events.len()), (None, 5), "{other:?}");
        assert_eq!(journal.write_snapshot(snapshot.clone()).await, Ok(true), "{other:?}");
        assert_eq!(raw.run::<String>(&["GET", KEY]).await, written);
        let restored = journal.restore(&stream("1"), fold, 10).await.unwrap();
        assert_eq!((restored.snapshot, restored.events.len()), (Some(snapshot.clone()), 2), "{other:?}");
    }
    // A state that is no text, under a header that reads.
    let header = format!("3 {third} {fold}\n");
    let _: redis::Value = raw.send(redis::cmd("SET").arg(KEY).arg([header.as_bytes(), b"\xff"].concat())).await;
    let restored = journal.restore(&stream("1"), fold, 10).await.unwrap();
    assert_eq!((restored.snapshot, restored.events.len()), (None, 5));
}

#[tokio::test]
async fn a_stream_that_is_not_ours_is_an_error_from_a_snapshot_on_too() {
    let (_server, journal, raw) = ground().await;
    let fold = Fingerprint::new(1);
    let _: () = raw.run(&["SET", "{annals:0}:s:order-2", "mine"]).await;
    foreign(
        journal.restore(&stream("2"), fold, 10).await,
        &["`{annals:0}:s:order-2`", "expected a list, found a string"],
    );
    let _: () = raw.run(&["RPUSH", "{annals:0}:s:order-1:1", "mine"]).await;
    foreign(
        journal.restore(&stream("1"), fold, 10_000).await,
        &["`{annals:0}:s:order-1:1`", "the list before it is not full"],
    );
    let _: () = raw.run(&["RPUSH", "{annals:0}:s:order-1", "hello"]).await;
    foreign(journal.restore(&stream("1"), fold, 10).await, &["event 6 of stream `order-1`", "found `hello`"]);
}

fn orders() -> ReadModel {
    ReadModel::new("OrderList", 1)
}

/// A server with a read model that has one of everything: a build that serves and one that is made, a row with an entry, one that is
/// parked, a lease.
async fn model_ground() -> (RedisServer, RedisJournal, Raw) {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    for version in [1, 2] {
        journal.build(&ReadModel::new("OrderList", version), BuildStep::Begin(Fingerprint::new(1))).await.unwrap();
    }
    let changes = vec![RowChange::write("1", "{}")];
    let commit = Commit::new(orders(), 0, None, LogId::new(1, 1), changes.clone()).with_parked(changes);
    let _ = journal.commit(commit.with_entries(vec![EntryChange::add("user", "ann\x001")])).await.unwrap();
    journal.lease(LeaseRequest::new(orders(), "worker-a", Duration::from_mins(1))).await.unwrap();
    (server, journal, raw)
}

/// Asks for something that a read model is asked for, by its name.
async fn ask(journal: &RedisJournal, what: &str) -> Result<(), JournalError> {
    let (model, next) = (orders(), ReadModel::new("OrderList", 2));
    let changes = vec![RowChange::write("2", "{}")];
    match what {
        "commit" => {
            let commit = Commit::new(model, 0, Some(LogId::new(1, 1)), LogId::new(1, 2), changes.clone());
            let commit = commit.with_entries(vec![EntryChange::add("user", "bob\x002")]).with_parked(changes);
            journal.commit(commit.under(Lease::new(1))).await.map(drop)
        }
        "rows" => journal.rows(&model, vec!["1".to_owned()]).await.map(drop),
        "page" => journal.rows_page(&model, None, 10).await.map(drop),
        "find" => journal.find(&model, Find::new("user", 1, "", 10)).await.map(drop),
        "clear" => journal.clear(&model).await,
        "parked" => journal.parked(&model).await.map(drop),
        "builds" => journal.builds("OrderList").await.map(drop),
        "begin" => journal.build(&model.at_build(1), BuildStep::Begin(Fingerprint::new(1))).await.map(drop),
        "serve" => journal.build(&next, BuildStep::Serve).await.map(drop),
        "abandon" => journal.build(&next, BuildStep::Abandon).await.map(drop),
        "sweep" => journal.sweep(&model, 10).await.map(drop),
        "lease" => journal.lease(LeaseRequest::new(model, "worker-b", Duration::from_mins(1))).await.map(drop),
        "release" => journal.release(&model, "worker-a").await,
        "health" => journal.health().await.map(drop),
        other => panic!("nobody asks for {other}"),
    }
}

/// Each of these is told what is not ours, and changes nothing.
async fn all_are_told(journal: &RedisJournal, raw: &Raw, asked: &str, words: &[&str]) {
    let before = everything(raw).await;
    for what in asked.split(' ') {
        foreign(ask(journal, what).await, words);
        assert!(everything(raw).await == before, "{what} changed something, and was told of {words:?}");
    }
}

async fn retire(raw: &Raw) {
    let _: () = raw.run(&["HSET", "{annals:0}:builds:OrderList", "1", "retired 0000000000000001"]).await;
}

#[tokio::test]
async fn a_key_of_another_type_in_a_read_model_is_named_and_nothing_is_changed() {
    for (name, expected, asked) in [
        ("builds:OrderList", "hash", "commit rows page find clear builds begin serve abandon sweep"),
        ("by:OrderList:1", "zset", "commit clear sweep"),
        ("by:OrderList:1:user", "zset", "commit find clear sweep"),
        ("parked:OrderList:1", "hash", "commit parked clear sweep"),
        ("parked", "hash", "commit clear health sweep"),
        ("leases:OrderList:1", "hash", "commit lease release sweep"),
        ("rows:OrderList:1", "hash", "commit rows page find clear sweep"),
        ("keys:OrderList:1", "zset", "commit page clear sweep"),
        ("checkpoints", "hash", "commit clear serve abandon sweep"),
    ] {
        let (_server, journal, raw) = model_ground().await;
        let key = format!("{{annals:0}}:{name}");
        let _: () = raw.run(&["DEL", &key]).await;
        let _: () = raw.run(&["SET", &key, "mine"]).await;
        let words = [&format!("key `{key}`"), &format!("expected a {expected}, found a string")];
        let (of_all, of_retired): (Vec<_>, Vec<_>) = asked.split(' ').partition(|asked| *asked != "sweep");
        all_are_told(&journal, &raw, &of_all.join(" "), &words.map(String::as_str)).await;
        if !of_retired.is_empty() {
            if !key.contains("builds") {
                retire(&raw).await;
            }
            all_are_told(&journal, &raw, "sweep", &words.map(String::as_str)).await;
        }
    }
}

#[tokio::test]
async fn what_is_no_build_is_named_and_nothing_is_changed() {
    let fingerprint = "0000000000000001";
    for (field, value, found) in [
        ("x", format!("serving {fingerprint}"), "under x"),
        ("1.", format!("serving {fingerprint}"), "under 1."),
        ("1", "serving".to_owned(), "found serving under 1"),
        ("1", format!("gone {fingerprint}"), "found gone"),
        ("1", "serving 01".to_owned(), "found serving 01"),
        ("2", format!("serving {fingerprint}"), "expected one build that serves, found"),
    ] {
        let (_server, journal, raw) = model_ground().await;
        let key = "{annals:0}:builds:OrderList";
        let _: () = raw.run(&["HSET", key, field, &value]).await;
        let words = ["key `{annals:0}:builds:OrderList`", found];
        all_are_told(&journal, &raw, "commit page find clear begin serve abandon sweep", &words).await;
        // These are read by the program itself, in words of its own.
        all_are_told(&journal, &raw, "rows builds", &words[..1]).await;
    }
}

#[tokio::test]
async fn what_is_no_lease_is_named_and_nothing_is_changed() {
    for (field, value, asked) in [
        ("0", "x", "commit lease release"),
        ("0", "1 2", "commit lease release"),
        ("0", "1 2000000000000 worker-a x", "commit lease release"),
        ("0", "-1", "commit lease release"),
        ("0", "1 1000000000000000 worker-a", "commit lease release"),
        ("7", "x", "lease release"),
        ("x", "1", "lease release"),
        ("holder:worker-a", "x", "lease release"),
        ("holder:", "1", "lease release"),
    ] {
        let (_server, journal, raw) = model_ground().await;
        let _: () = raw.run(&["HSET", "{annals:0}:leases:OrderList:1", field, value]).await;
        all_are_told(&journal, &raw, asked, &["key `{annals:0}:leases:OrderList:1`", value, field]).await;
    }
}

#[tokio::test]
async fn what_is_no_number_of_parked_rows_is_named() {
    for (field, value) in [("OrderList:1", "many"), ("OrderList", "1"), ("OrderList:01", "1"), ("OrderList:1.0", "1")] {
        let (_server, journal, raw) = model_ground().await;
        let _: () = raw.run(&["HSET", "{annals:0}:parked", field, value]).await;
        all_are_told(&journal, &raw, "health", &["key `{annals:0}:parked`", field, value]).await;
    }
}

#[tokio::test]
async fn what_is_no_checkpoint_or_revision_stops_a_step_of_a_build() {
    let (_server, journal, raw) = model_ground().await;
    let key = "{annals:0}:checkpoints";
    for lie in ["nonsense", "1-1-1", "1-x", "1-1 x y"] {
        let _: () = raw.run(&["HSET", key, "OrderList:1:0", lie]).await;
        all_are_told(&journal, &raw, "serve", &["`{annals:0}:checkpoints`", "under OrderList:1:0", lie]).await;
    }
    let _: () = raw.run(&["HSET", key, "OrderList:1:0", "1-1", "OrderList:2:0", "nonsense"]).await;
    all_are_told(&journal, &raw, "serve", &["`{annals:0}:checkpoints`", "under OrderList:2:0", "nonsense"]).await;
    let _: () = raw.run(&["HSET", key, "OrderList:2:0", "1-1", "OrderList:1", "often", "OrderList:2", "seldom"]).await;
    all_are_told(&journal, &raw, "serve commit clear", &["`{annals:0}:checkpoints`", "OrderList:1, found often"]).await;
    all_are_told(&journal, &raw, "abandon", &["`{annals:0}:checkpoints`", "OrderList:2, found seldom"]).await;
    retire(&raw).await;
    all_are_told(&journal, &raw, "sweep", &["`{annals:0}:checkpoints`", "OrderList:1, found often"]).await;
}

#[tokio::test]
async fn an_entry_that_leads_to_no_row_is_named() {
    for (entry, words) in [
        (b"bob\x002".as_slice(), ["none for bob", "`{annals:0}:by:OrderList:1:user`"]),
        (b"bob".as_slice(), ["expected 1 values and the key of a row, found bob", "`{annals:0}:by:OrderList:1:user`"]),
        (b"\xff\x001".as_slice(), ["expected UTF-8", "`{annals:0}:by:OrderList:1:user`"]),
    ] {
        let (_server, journal, raw) = model_ground().await;
        let mut command = redis::cmd("ZADD");
        command.arg("{annals:0}:by:OrderList:1:user").arg(0).arg(entry);
        let _: () = raw.send(&command).await;
        all_are_told(&journal, &raw, "find", &words).await;
    }
}
