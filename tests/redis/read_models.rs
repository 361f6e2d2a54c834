//! Read models on the server: what lies there, byte for byte, and what becomes of it by the server's clock, in several calls, and
//! without the functions.

use crate::{
    format::dump,
    ground::{journal, open},
};
use annals::journal::{
    BuildState::{Building, Retired, Serving},
    BuildStep, Commit, Committed, EntryChange, Find, Fingerprint, FoundRow, Journal, JournalError, Lease, LeaseRequest,
    LogId, ReadModel, RedisJournal, RowChange,
};
use annals_test_support::{Raw, RedisServer};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// What a journal with several builds of a read model holds, as the commands that would write it. It never changes: a later
/// version reads it too.
const GOLDEN: &str = include_str!("golden/read-models-1.jsonl");

fn version(version: u32) -> ReadModel {
    ReadModel::new("orders", version)
}

fn at(number: u64) -> LogId {
    LogId::new(1_732_000_000_000, number)
}

async fn build(journal: &RedisJournal, model: &ReadModel, step: BuildStep) {
    journal.build(model, step).await.unwrap();
}

async fn begin(journal: &RedisJournal, model: &ReadModel, fingerprint: u64) {
    build(journal, model, BuildStep::Begin(Fingerprint::new(fingerprint))).await;
}

async fn done(journal: &RedisJournal, commit: Commit) {
    assert_eq!(journal.commit(commit).await, Ok(Committed::Done));
}

/// One row with an entry.
fn one_row(model: &ReadModel) -> Commit {
    let entries = vec![EntryChange::add("user", "ann\x001")];
    Commit::new(model.clone(), 0, None, at(7), vec![RowChange::write("1", "{}")]).with_entries(entries)
}

/// Rows `0`, `1`, …, each with an entry in two indexes and a note.
fn many_rows(model: &ReadModel, count: usize) -> Commit {
    let changes: Vec<_> = (0..count).map(|key| RowChange::write(key.to_string(), "{}")).collect();
    let entries =
        (0..count).flat_map(|key| ["user", "state"].map(|index| EntryChange::add(index, format!("v\0{key}"))));
    Commit::new(model.clone(), 0, None, at(7), changes.clone()).with_entries(entries.collect()).with_parked(changes)
}

fn ask(holder: &str, time: Duration) -> LeaseRequest {
    LeaseRequest::new(version(1), holder, time)
}

fn golden() -> Vec<Vec<String>> {
    GOLDEN.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn read_models_lie_there_as_the_format_says() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    let (old, new) = (version(1), version(2));
    begin(&journal, &old, 0xb1).await;
    done(&journal, one_row(&old).with_parked(vec![RowChange::write("1", "{}")])).await;
    begin(&journal, &new, 0xb2).await;
    let changes = vec![RowChange::write("1", r#"{"user":"ann"}"#), RowChange::write("2", r#"{"user":"Zoë"}"#)];
    let entries = vec![
        EntryChange::add("user", "ann\x001"),
        EntryChange::add("user", "Zoë\x002"),
        EntryChange::add("user-state", "ann\0confirmed\x001"),
    ];
    let notes = vec![RowChange::write("8", "{}"), RowChange::write("9", r#"{"event":"order-9@3"}"#)];
    let commit = Commit::new(new.clone(), 0, None, at(7), changes).of_event(Fingerprint::new(7));
    done(&journal, commit.with_entries(entries).with_parked(notes)).await;
    build(&journal, &new, BuildStep::Serve).await;
    begin(&journal, &new.clone().at_build(1), 0xb3).await;
    done(&journal, one_row(&new.clone().at_build(1))).await;

    let raw = Raw::on(&server).await;
    let mut golden = golden();
    golden.retain(|command| !command[1].contains(":leases:"));
    let found = dump(&raw).await;
    let lines: Vec<_> = found.iter().map(|command| serde_json::to_string(command).unwrap()).collect();
    assert_eq!(found, golden, "found\n{}", lines.join("\n"));
}

#[tokio::test]
async fn leases_lie_there_as_the_format_says() {
    let server = RedisServer::start();
    let (journal, raw) = (open(&server, "annals", 2).await, Raw::on(&server).await);
    let partition: Vec<String> = raw.run(&["KEYS", "*:leases:*"]).await;
    assert_eq!(partition, [""; 0], "nobody has asked");
    let minute = Duration::from_mins(1);
    for holder in ["worker-a", "worker-b", "worker-a", "worker-b"] {
        journal.lease(ask(holder, minute)).await.unwrap();
    }
    let keys: Vec<String> = raw.run(&["KEYS", "*:leases:*"]).await;
    let [key] = &keys[..] else { panic!("expected one key, found {keys:?}") };
    assert!(key.ends_with("}:leases:orders:1"), "{key}");
    let [seconds, _]: [u64; 2] = raw.run(&["TIME"]).await;
    let fields: BTreeMap<String, String> = raw.run(&["HGETALL", key]).await;
    let until = |text: &str| {
        let until: u64 = text.parse().unwrap();
        let expected = (seconds + 59) * 1_000..=(seconds + 61) * 1_000;
        assert!(expected.contains(&until), "{until} is not a minute from now: {expected:?}");
    };
    until(&fields["holder:worker-a"]);
    until(&fields["holder:worker-b"]);
    // The second one was given up by the one and taken by the other.
    for (partition, number, holder) in [("0", "1", "worker-a"), ("1", "2", "worker-b")] {
        let words: Vec<_> = fields[partition].split(' ').collect();
        assert_eq!((words[0], words[2], words.len()), (number, holder, 3));
        until(words[1]);
    }
    assert_eq!(fields.len(), 4);
    for holder in ["worker-a", "worker-b"] {
        journal.release(&version(1), holder).await.unwrap();
    }
    let fields: BTreeMap<String, String> = raw.run(&["HGETALL", key]).await;
    let expected = [("0", "1"), ("1", "2")].map(|(partition, number)| (partition.to_owned(), number.to_owned()));
    assert_eq!(fields, BTreeMap::from(expected), "the numbers stay, and nobody holds anything");
}

#[tokio::test]
async fn read_models_that_were_written_in_the_format_are_read() {
    let server = RedisServer::start();
    let raw = Raw::on(&server).await;
    for command in golden() {
        let words: Vec<_> = command.iter().map(String::as_str).collect();
        let _: redis::Value = raw.run(&words).await;
    }
    let journal = journal(&server).await;
    let (old, new) = (version(1), version(2));
    let builds = journal.builds("orders").await.unwrap();
    let states: Vec<_> = builds.all.iter().map(|build| (build.model.clone(), build.state, build.fingerprint)).collect();
    let expected = [
        (old.clone(), Retired, Fingerprint::new(0xb1)),
        (new.clone(), Serving, Fingerprint::new(0xb2)),
        (new.clone().at_build(1), Building, Fingerprint::new(0xb3)),
    ];
    assert_eq!(states, expected);
    let gone = Err(JournalError::Retired { model: old.clone() });
    assert_eq!(journal.rows(&old, vec!["1".to_owned()]).await, gone);

    let ann = FoundRow::new("ann\x001", "1", r#"{"user":"ann"}"#);
    let zoe = FoundRow::new("Zoë\x002", "2", r#"{"user":"Zoë"}"#);
    let found = journal.find(&new, Find::new("user", 1, "", 10).descending()).await.unwrap();
    assert_eq!(found.rows, [ann, zoe]);
    let found = journal.find(&new, Find::new("user-state", 2, "ann\0", 10).before("ann\u{1}")).await.unwrap();
    assert_eq!(found.rows[0].key, "1");
    assert_eq!(journal.parked(&new).await.unwrap()["9"], r#"{"event":"order-9@3"}"#);
    assert_eq!(journal.health().await.unwrap().parked, BTreeMap::from([(old, 1), (new.clone(), 2)]));
    let leases = journal.lease(LeaseRequest::new(new, "worker-a", Duration::from_mins(1))).await.unwrap();
    assert_eq!(leases.held, BTreeMap::from([(0, Lease::new(4))]), "numbers go on");
}

#[tokio::test]
async fn builds_take_over_from_rows_that_were_written_before_there_were_builds() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    let (old, new) = (version(1), version(2));
    done(&journal, one_row(&old)).await;
    begin(&journal, &new, 0xb2).await;
    assert_eq!(journal.rows(&old, vec!["1".to_owned()]).await, Err(JournalError::Retired { model: old.clone() }));
    assert_eq!(journal.rows(&old, Vec::new()).await, Err(JournalError::Retired { model: old }));

    // Who goes on with the old one says so first.
    let names = ["totals", "orders"].map(|name| (ReadModel::new(name, 1), ReadModel::new(name, 2)));
    let (old, new) = &names[0];
    done(&journal, one_row(old)).await;
    begin(&journal, old, 0xb1).await;
    begin(&journal, new, 0xb2).await;
    build(&journal, new, BuildStep::Serve).await;
    assert_eq!(journal.rows(old, vec!["1".to_owned()]).await, Ok(vec![Some("{}".to_owned())]), "it contains less");
    done(&journal, one_row(new)).await;
    build(&journal, new, BuildStep::Serve).await;
    assert_eq!(journal.builds("totals").await.unwrap().serving().unwrap().model, *new);
}

#[tokio::test]
async fn a_build_that_is_swept_leaves_nothing_but_its_revision() {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    let (old, new) = (version(1), version(2));
    begin(&journal, &old, 0xb1).await;
    done(&journal, many_rows(&old, 250)).await;
    journal.lease(ask("worker-a", Duration::from_mins(1))).await.unwrap();
    begin(&journal, &new, 0xb2).await;
    done(&journal, one_row(&new)).await;
    build(&journal, &new, BuildStep::Serve).await;

    let counts = async |keys: [(&str, &str); 3]| {
        let mut counts = Vec::new();
        for (command, key) in keys {
            counts.push(raw.run::<usize>(&[command, &format!("{{annals:0}}:{key}")]).await);
        }
        counts
    };
    let keys = [("HLEN", "rows:orders:1"), ("ZCARD", "by:orders:1:state"), ("ZCARD", "by:orders:1:user")];
    let mut left = Vec::new();
    while journal.sweep(&old, 100).await.unwrap() {
        left.push(counts(keys).await);
        assert_eq!(raw.run::<usize>(&["ZCARD", "{annals:0}:keys:orders:1"]).await, left[left.len() - 1][0]);
    }
    let expected =
        [[150, 250, 250], [50, 250, 250], [0, 200, 250], [0, 100, 250], [0, 0, 250], [0, 0, 150], [0, 0, 50]];
    assert_eq!(left, expected, "what is left after each call");

    let of_old: Vec<String> = raw.run(&["KEYS", "*orders:1*"]).await;
    assert_eq!(of_old, [""; 0]);
    let fields: BTreeMap<String, String> = raw.run(&["HGETALL", "{annals:0}:checkpoints"]).await;
    let fields: Vec<_> = fields.keys().map(String::as_str).collect();
    assert_eq!(fields, ["orders:1", "orders:2", "orders:2:0"]);
    let builds: Vec<String> = raw.run(&["HKEYS", "{annals:0}:builds:orders"]).await;
    assert_eq!(builds, ["2"]);
    assert!(!raw.run::<bool>(&["EXISTS", "{annals:0}:parked"]).await, "no row is parked");
}

#[tokio::test]
async fn whatever_a_sweep_is_asked_for_one_call_does_not_delete_everything() {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    let (old, new) = (version(1), version(2));
    begin(&journal, &old, 0xb1).await;
    let changes = (0..10_500).map(|key| RowChange::write(key.to_string(), "{}")).collect();
    done(&journal, Commit::new(old.clone(), 0, None, at(7), changes)).await;
    begin(&journal, &new, 0xb2).await;
    done(&journal, one_row(&new)).await;
    build(&journal, &new, BuildStep::Serve).await;
    assert_eq!(journal.sweep(&old, usize::MAX).await, Ok(true));
    assert_eq!(raw.run::<usize>(&["HLEN", "{annals:0}:rows:orders:1"]).await, 500);
    assert_eq!(journal.sweep(&old, usize::MAX).await, Ok(false));
}

#[tokio::test]
async fn where_memory_is_full_rows_are_cleared_and_swept_and_leases_given_back() {
    for forbidden in ["DEBUG", "FUNCTION"] {
        let server = RedisServer::builder().args(["--rename-command", forbidden, ""]).start();
        let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
        let (serving, given_up) = (version(1), version(2));
        for model in [&serving, &given_up] {
            begin(&journal, model, 0xb1).await;
            done(&journal, many_rows(model, 10)).await;
        }
        build(&journal, &given_up, BuildStep::Abandon).await;
        journal.lease(ask("worker-a", Duration::from_mins(1))).await.unwrap();
        let _: () = raw.run(&["CONFIG", "SET", "maxmemory", "1"]).await;
        let full = journal.lease(ask("worker-b", Duration::from_mins(1))).await;
        assert!(matches!(&full, Err(JournalError::Refused { reason, .. }) if reason.contains("OOM")), "{full:?}");
        assert_eq!(journal.sweep(&given_up, 10).await, Ok(true));
        while journal.sweep(&given_up, 10).await.unwrap() {}
        assert_eq!(journal.release(&version(1), "worker-a").await, Ok(()));
        assert_eq!(journal.clear(&serving).await, Ok(()));
        let keys: Vec<String> = raw.run(&["KEYS", "*:rows:*"]).await;
        assert_eq!(keys, [""; 0]);
    }
}

#[tokio::test]
async fn clearing_deletes_every_index_that_was_ever_written() {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    let model = version(1);
    done(&journal, many_rows(&model, 10)).await;
    let entries = vec![EntryChange::add("gone", "v\x001"), EntryChange::add("late", "v\x001")];
    done(&journal, Commit::new(model.clone(), 0, Some(at(7)), at(8), Vec::new()).with_entries(entries)).await;
    let entries = vec![EntryChange::remove("gone", "v\x001")];
    done(&journal, Commit::new(model.clone(), 0, Some(at(8)), at(9), Vec::new()).with_entries(entries)).await;
    assert_eq!(journal.clear(&model).await, Ok(()));
    let keys: Vec<String> = raw.run(&["KEYS", "{annals:0}:*"]).await;
    assert_eq!(keys, ["{annals:0}:checkpoints"]);
    let fields: BTreeMap<String, u64> = raw.run(&["HGETALL", "{annals:0}:checkpoints"]).await;
    assert_eq!(fields, BTreeMap::from([("orders:1".to_owned(), 4)]));
}

#[tokio::test]
async fn a_lease_is_over_by_the_clock_of_the_server() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    let short = journal.lease(ask("worker-a", Duration::from_millis(50))).await.unwrap();
    let lease = short.held[&0];
    let commit = |lease| Commit::new(version(1), 0, None, at(1), Vec::new()).under(lease);
    assert!(journal.lease(ask("worker-b", Duration::from_mins(1))).await.unwrap().held.is_empty());
    // As long as it is not over, the commit is done, or has been.
    let begun = Instant::now();
    while journal.commit(commit(lease)).await != Ok(Committed::Fenced) {
        assert!(begun.elapsed() < Duration::from_secs(20), "the lease is not over");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let next = journal.lease(ask("worker-b", Duration::from_mins(1))).await.unwrap();
    assert_eq!((next.held[&0].number(), next.holders), (lease.number() + 1, 1), "who does not come back is forgotten");
}

#[tokio::test]
async fn health_counts_the_parked_rows_of_every_partition() {
    let server = RedisServer::start();
    let journal = open(&server, "annals", 7).await;
    let mut expected = BTreeMap::new();
    for number in 1..=20 {
        let model = ReadModel::new(format!("model-{number}"), 1).at_build(number % 3);
        let notes = (0..number).map(|key| RowChange::write(key.to_string(), "{}")).collect();
        done(&journal, Commit::new(model.clone(), 0, None, at(1), Vec::new()).with_parked(notes)).await;
        expected.insert(model, u64::from(number));
    }
    assert_eq!(journal.health().await.unwrap().parked, expected);
    let homes: Vec<String> = Raw::on(&server).await.run(&["KEYS", "*}:parked"]).await;
    assert!(homes.len() > 1, "found {homes:?}");
}

/// One of everything that read models have; the functions are lost before each call.
async fn use_all(journal: &RedisJournal, forget: impl AsyncFn()) {
    let (old, new) = (version(1), version(2));
    forget().await;
    begin(journal, &old, 0xb1).await;
    forget().await;
    let held = journal.lease(ask("worker-a", Duration::from_mins(1))).await.unwrap().held;
    forget().await;
    done(journal, many_rows(&old, 2).under(held[&0])).await;
    forget().await;
    assert_eq!(journal.find(&old, Find::new("user", 1, "", 10)).await.unwrap().rows.len(), 2);
    forget().await;
    journal.release(&old, "worker-a").await.unwrap();
    begin(journal, &new, 0xb2).await;
    done(journal, one_row(&new)).await;
    forget().await;
    build(journal, &new, BuildStep::Serve).await;
    forget().await;
    assert_eq!(journal.sweep(&old, 1).await, Ok(true));
    while journal.sweep(&old, 10).await.unwrap() {}
    assert_eq!(journal.builds("orders").await.unwrap().all.len(), 1);
    forget().await;
    journal.clear(&new).await.unwrap();
}

#[tokio::test]
async fn functions_that_are_lost_in_between_are_loaded_again() {
    let server = RedisServer::start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    use_all(&journal, async || raw.run(&["FUNCTION", "FLUSH"]).await).await;
}

#[tokio::test]
async fn where_functions_are_forbidden_scripts_keep_read_models_too() {
    let server = RedisServer::builder().args(["--rename-command", "FUNCTION", ""]).start();
    let (journal, raw) = (journal(&server).await, Raw::on(&server).await);
    use_all(&journal, async || raw.run(&["SCRIPT", "FLUSH"]).await).await;
}
