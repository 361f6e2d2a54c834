//! Catching a read model up from nothing, without and with indexes; against the same reads and writes done bare.

use super::{
    bare::log_of,
    data::{self, AccountEvent, Layout, PER_STREAM},
    ground::{Durability, Ground},
    replay::{id_of, lists, pointer, pointers},
    report::{Goal, Rounds, heading, line, per_second},
    spent::Spent,
};
use annals::{
    journal::{Journal, ReadModel},
    prelude::*,
};
use redis::{Pipeline, aio::ConnectionLike};
use std::{collections::BTreeMap, fs};

const ROUNDS: usize = 3;
const STREAMS: usize = 200_000;
const EVENTS: usize = STREAMS * PER_STREAM;

/// A row of 200 bytes.
#[derive(Projection, Default, Debug, Serialize, Deserialize)]
#[projection(name = "plain", events(AccountEvent))]
struct Plain {
    #[key]
    account: String,
    #[on(Deposited { amount, .. } => += *amount)]
    sum: u64,
    #[on(Deposited { .. } => += 1)]
    movements: u64,
    #[on(Deposited { note, .. })]
    note: String,
}

/// The same, under two indexes whose values change with each event.
#[derive(Projection, Default, Debug, Serialize, Deserialize)]
#[projection(name = "indexed", events(AccountEvent))]
struct Indexed {
    #[key]
    account: String,
    #[index(range)]
    #[on(Deposited { amount, .. } => += *amount)]
    sum: u64,
    #[index]
    #[on(Deposited { .. } => += 1)]
    movements: u64,
    #[on(Deposited { note, .. })]
    note: String,
}

/// The row of an account after so many movements, as it is kept.
fn row(account: &str, movements: usize) -> String {
    let payload = data::payload();
    let note = payload.split("\"note\":\"").nth(1).unwrap().trim_end_matches("\"}");
    format!(r#"{{"account":"{account}","sum":{},"movements":{movements},"note":"{note}"}}"#, 7 * movements)
}

/// An entry of an index, as it is kept.
fn entry(value: usize, account: &str) -> String {
    let digits = format!("{value:x}");
    let length = char::from(b'P' + u8::try_from(digits.len()).unwrap());
    format!("{length}{digits}\0{account}")
}

/// The same work without anything that is not needed for it: the events of a batch, the rows that they belong to, the rows as
/// they become, pipelined; the next pointers while those are under way.
async fn bare(ground: &Ground, partitions: u16, indexed: bool) {
    let (mut one, mut other) = (ground.raw.clone(), ground.raw.clone());
    for partition in 0..partitions {
        let log = log_of(partition);
        let mut entries = pointers(&mut one, &log, None).await;
        while let Some(last) = entries.last() {
            let last = id_of(last);
            let work = async {
                let lists = lists(&entries, partition);
                other.req_packed_commands(&lists, 0, lists.len()).await.unwrap();
                // Of each row, at which version it was before this batch, and at which it is now.
                let mut rows: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
                for (stream, version) in entries.iter().map(pointer) {
                    let account = &stream[data::AGGREGATE.len() + 1..];
                    rows.entry(account).or_insert((version - 1, version)).1 = version;
                }
                let mut read = redis::pipe();
                read.cmd("HMGET").arg("bare:rows").arg(rows.keys().collect::<Vec<_>>());
                other.req_packed_commands(&read, 0, 1).await.unwrap();
                let written = written(&rows, indexed);
                other.req_packed_commands(&written, 0, written.len()).await.unwrap();
            };
            let (next, ()) = tokio::join!(pointers(&mut one, &log, Some(&last)), work);
            entries = next;
        }
    }
}

/// The commands that write these rows, and their entries.
fn written(rows: &BTreeMap<&str, (usize, usize)>, indexed: bool) -> Pipeline {
    let mut commands = redis::pipe();
    let set = commands.cmd("HSET").arg("bare:rows");
    for (account, (_, now)) in rows {
        set.arg(account).arg(row(account, *now));
    }
    let keys: Vec<_> = rows.iter().filter(|(_, (before, _))| *before == 0).map(|(account, _)| account).collect();
    if !keys.is_empty() {
        let add = commands.cmd("ZADD").arg("bare:keys");
        for account in keys {
            add.arg(0).arg(account);
        }
    }
    for (index, of_one) in [("bare:sum", 7), ("bare:movements", 1)].into_iter().filter(|_| indexed) {
        let old: Vec<_> = rows.iter().filter(|(_, (before, _))| *before > 0).collect();
        if !old.is_empty() {
            let remove = commands.cmd("ZREM").arg(index);
            for (account, (before, _)) in old {
                remove.arg(entry(before * of_one, account));
            }
        }
        let add = commands.cmd("ZADD").arg(index);
        for (account, (_, now)) in rows {
            add.arg(0).arg(entry(now * of_one, account));
        }
    }
    commands
}

async fn once(ground: &Ground, partitions: u16, indexed: bool, is_bare: bool) -> Spent {
    let name = if indexed { Indexed::NAME } else { Plain::NAME };
    ground.journal.clear(&ReadModel::new(name, 1)).await.unwrap();
    let mut clear = redis::cmd("UNLINK");
    clear.arg(&["bare:rows", "bare:keys", "bare:sum", "bare:movements"]);
    ground.raw.clone().req_packed_command(&clear).await.unwrap();
    let clock = ground.clock();
    if is_bare {
        bare(ground, partitions, indexed).await;
    } else if indexed {
        assert_eq!(ground.store.projection::<Indexed>().catch_up().await.unwrap().events, EVENTS as u64);
    } else {
        assert_eq!(ground.store.projection::<Plain>().catch_up().await.unwrap().events, EVENTS as u64);
    }
    clock.stop()
}

/// The most memory that this process has had, in MiB, since it was asked to forget.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1_024)
}

pub(crate) async fn run() {
    heading("rows: a read model from nothing, 1,000,000 events, 200,000 rows of 200 bytes; events a second");
    for partitions in [1, 8] {
        let ground = Ground::of_partitions(Durability::Memory, partitions).await;
        data::fill(&ground, Layout::Interleaved, "r", STREAMS, PER_STREAM).await;
        let mut taken = Vec::new();
        for indexed in [false, true] {
            let mut rounds = Rounds::new(2);
            let mut grown = None;
            for round in 0..ROUNDS {
                for which in rounds.order(round) {
                    // Forgets the most memory so far, where the system lets it.
                    let forgotten = fs::write("/proc/self/clear_refs", "5").is_ok();
                    let before = peak();
                    rounds.add(which, once(&ground, partitions, indexed, which == 0).await, EVENTS);
                    if which == 1 && forgotten {
                        grown = peak().zip(before).map(|(after, before)| after - before).max(grown);
                    }
                }
            }
            once(&ground, partitions, indexed, false).await;
            taken.push(ground.memory("used_memory").await);
            let name = format!("{}, P = {partitions}", if indexed { "two indexes" } else { "no index" });
            let durability = Durability::Memory.name();
            line(&format!("the bare work, {name}"), durability, &per_second(rounds.rate(0)), &[rounds.work(0)]);
            let ratio = rounds.against("the bare work's rate", 1, 0, Goal::AtLeast(1.0 / 1.5));
            let memory =
                grown.map_or("no word of the memory".to_owned(), |grown| format!("grew by at most {grown} MiB"));
            line(
                &format!("catch_up, {name}"),
                durability,
                &per_second(rounds.rate(1)),
                &[ratio, rounds.work(1), memory],
            );
            ground.journal.clear(&ReadModel::new(if indexed { Indexed::NAME } else { Plain::NAME }, 1)).await.unwrap();
        }
        if let [plain, indexed] = taken.as_slice() {
            let each = indexed.saturating_sub(*plain) / (2 * STREAMS as u64);
            line(
                &format!("an entry in an index, P = {partitions}"),
                Durability::Memory.name(),
                &format!("{each} bytes"),
                &[],
            );
        }
    }
}
