//! What lies on the server, byte for byte: `runtime/src/journal/redis/FORMAT.md` promises it.
//!
//! `golden/format-1.jsonl` is a whole journal, as the commands that would write it. It never changes: a later version
//! reads it too. `golden/snapshot-1.txt` is a snapshot beside it.

use crate::ground::{journal, stream, whole};
use annals::{
    StreamName, Version,
    journal::{
        After, Append, AppendId, Checkpoint, Commit, Committed, Expected, Fingerprint, Journal, LogId, LogRead,
        NewEvent, ReadModel, RowChange, Snapshot, Verdict,
    },
};
use annals_test_support::{Raw, RedisServer};
use std::collections::BTreeMap;

const TYPES: [&str; 3] = ["OrderCreated", "OrderConfirmed", "OrderShipped"];
const GOLDEN: &str = include_str!("golden/format-1.jsonl");
const GOLDEN_SNAPSHOT: &str = include_str!("golden/snapshot-1.txt");

/// The same journal, written by the library.
async fn write(server: &RedisServer) {
    let journal = journal(server).await;
    journal.claim("order", TYPES.map(str::to_owned).into()).await.unwrap();
    let appends = [
        (stream("1"), Expected::Missing, "append-1", vec![NewEvent::new("OrderCreated", r#"{"amount":9.5}"#)]),
        (StreamName::new("order", "Zoë:1"), Expected::Any, "append-2", vec![annotated()]),
        (
            stream("1"),
            Expected::Version(Version::new(1)),
            "append-3",
            vec![NewEvent::new("OrderConfirmed", "null"), NewEvent::new("OrderShipped", r#"{"to":"Kraków"}"#)],
        ),
    ];
    let mut last = LogId::new(0, 0);
    for (stream, expected, id, events) in appends {
        let append = Append::new(stream, expected, events).with_id(AppendId::new(id).unwrap());
        let Ok(Verdict::Appended(appended)) = journal.append(append).await else { panic!("{id} was not appended") };
        last = LogId::new(appended.first.millis, appended.first.number + u64::from(appended.count) - 1);
    }
    let changes = vec![
        RowChange::write("1", r#"{"amount":9.5}"#),
        RowChange::write("Zoë:1", r#"{"amount":1.0}"#),
        RowChange::delete("2"),
    ];
    let commit = Commit::new(ReadModel::new("OrderList", 1), 0, None, last, changes);
    assert_eq!(journal.commit(commit).await, Ok(Committed::Done));
}

fn annotated() -> NewEvent {
    let mut event = NewEvent::new("OrderCreated", r#"{"amount":1.0}"#);
    event.schema_version = 2;
    event.annotations = Some(r#"{"actor":"the clerk"}"#.into());
    event
}

/// All that a server holds, as the commands that would write it, in the order of the keys.
pub(crate) async fn dump(raw: &Raw) -> Vec<Vec<String>> {
    let mut keys: Vec<String> = raw.run(&["KEYS", "*"]).await;
    keys.sort();
    let mut commands = Vec::new();
    for key in keys {
        let kind: String = raw.run(&["TYPE", &key]).await;
        let (command, words): (_, Vec<String>) = match kind.as_str() {
            "list" => ("RPUSH", raw.run(&["LRANGE", &key, "0", "-1"]).await),
            "string" => ("SET", vec![raw.run(&["GET", &key]).await]),
            "hash" => {
                let fields: BTreeMap<String, String> = raw.run(&["HGETALL", &key]).await;
                ("HSET", fields.into_iter().flat_map(|(field, value)| [field, value]).collect())
            }
            "zset" => {
                let members: Vec<(String, String)> = raw.run(&["ZRANGE", &key, "0", "-1", "WITHSCORES"]).await;
                ("ZADD", members.into_iter().flat_map(|(member, score)| [score, member]).collect())
            }
            "stream" => {
                let entries: Vec<(String, Vec<String>)> = raw.run(&["XRANGE", &key, "-", "+"]).await;
                for (id, fields) in entries {
                    commands.push([vec!["XADD".to_owned(), key.clone(), id], fields].concat());
                }
                continue;
            }
            other => panic!("`{key}` is a {other}"),
        };
        commands.push([vec![command.to_owned(), key], words].concat());
    }
    commands
}

/// The milliseconds of every log id replaced, which are all that differs from one time to another.
fn timeless(commands: &[Vec<String>]) -> String {
    let mut text: String = commands.iter().map(|command| serde_json::to_string(command).unwrap() + "\n").collect();
    let mut at = 0;
    while let Some(found) = text[at..].find('-') {
        let dash = at + found;
        at = dash + 1;
        if dash >= 13 && text.as_bytes()[dash - 13..dash].iter().all(u8::is_ascii_digit) {
            text.replace_range(dash - 13..dash, "MS");
            at -= 11;
        }
    }
    text
}

fn golden() -> Vec<Vec<String>> {
    GOLDEN.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn what_is_written_is_the_format() {
    let server = RedisServer::start();
    write(&server).await;
    let written = dump(&Raw::on(&server).await).await;
    assert_eq!(timeless(&written), timeless(&golden()), "found\n{}", timeless(&written));
}

#[tokio::test]
async fn what_was_written_in_the_format_is_read() {
    let server = RedisServer::start();
    let raw = Raw::on(&server).await;
    for command in golden() {
        let words: Vec<_> = command.iter().map(String::as_str).collect();
        let _: redis::Value = raw.run(&words).await;
    }
    let journal = journal(&server).await;
    assert_eq!(journal.owners(TYPES.map(str::to_owned).into()).await.unwrap(), TYPES.map(|_| Some("order".to_owned())));

    let log = journal.read_log(LogRead::new(0, After::Start, 100)).await.unwrap();
    let events: Vec<_> = log
        .events
        .iter()
        .map(|event| {
            let (id, version) = (event.log_id(), event.version().number());
            format!("{id} {} {version} {} {}", event.stream(), event.event_type(), event.payload())
        })
        .collect();
    assert_eq!(
        events,
        [
            r#"1732000000000-1 order-1 1 OrderCreated {"amount":9.5}"#,
            r#"1732000000500-2 order-Zo%C3%AB%3A1 1 OrderCreated {"amount":1.0}"#,
            "1732000001000-3 order-1 2 OrderConfirmed null",
            r#"1732000001000-4 order-1 3 OrderShipped {"to":"Kraków"}"#,
        ]
    );
    assert_eq!(log.last, Some(LogId::new(1_732_000_001_000, 4)));
    assert_eq!(journal.head(0).await, Ok(log.last));

    let other = whole(&journal, &StreamName::new("order", "Zoë:1")).await;
    assert_eq!(other[0].annotations(), Some(r#"{"actor":"the clerk"}"#));
    assert_eq!((other[0].schema_version(), other[0].append_id()), (2, "append-2"));
    assert_eq!(other[0].metadata().unwrap().actor.as_deref(), Some("the clerk"));

    let model = ReadModel::new("OrderList", 1);
    let page = journal.rows_page(&model, None, 10).await.unwrap();
    let row = |key: &str, row: &str| (key.to_owned(), row.to_owned());
    assert_eq!(page.rows, [row("1", r#"{"amount":9.5}"#), row("Zoë:1", r#"{"amount":1.0}"#)]);
    assert_eq!(journal.checkpoints(&model).await, Ok(BTreeMap::from([(0, Checkpoint::new(log.last.unwrap()))])));
}

#[tokio::test]
async fn what_was_written_in_the_format_is_gone_on_with() {
    let server = RedisServer::start();
    let raw = Raw::on(&server).await;
    for command in golden() {
        let words: Vec<_> = command.iter().map(String::as_str).collect();
        let _: redis::Value = raw.run(&words).await;
    }
    let journal = journal(&server).await;
    let expected = Expected::Version(Version::new(3));
    let appended = crate::ground::append(&journal, &stream("1"), expected, 1).await;
    assert_eq!((appended.first.number, appended.first_version), (5, Version::new(4)));
}

#[tokio::test]
async fn a_snapshot_lies_beside_its_stream_in_the_format() {
    let server = RedisServer::start();
    let raw = Raw::on(&server).await;
    for command in golden() {
        let words: Vec<_> = command.iter().map(String::as_str).collect();
        let _: redis::Value = raw.run(&words).await;
    }
    let journal = journal(&server).await;
    let fold = Fingerprint::new(0x0123_4567_89ab_cdef);
    let place = LogId::new(1_732_000_001_000, 3);
    let snapshot = Snapshot::new(stream("1"), Version::new(2), place, fold, r#"{"amount":9.5,"to":"Kraków"}"#);
    assert_eq!(journal.write_snapshot(snapshot.clone()).await, Ok(true));
    let key = "{annals:0}:snap:order-1";
    assert_eq!(raw.run::<String>(&["GET", key]).await, GOLDEN_SNAPSHOT);

    let _: () = raw.run(&["SET", key, GOLDEN_SNAPSHOT]).await;
    let restored = journal.restore(&stream("1"), fold, 100).await.unwrap();
    assert_eq!(restored.snapshot, Some(snapshot));
    assert_eq!(restored.events, whole(&journal, &stream("1")).await[2..]);
    // Nothing else is touched by it.
    let _: () = raw.run(&["DEL", key]).await;
    assert_eq!(dump(&raw).await, golden());
}
