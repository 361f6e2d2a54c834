//! What rots on the server is named, or read past where that is promised; it never ends a program.

use crate::ground::{append, stream};
use annals::{
    Version,
    journal::{
        After, Commit, Expected, Fingerprint, IdempotencyKey, Journal, JournalError, LogId, LogRead, Once, ReadModel,
        RedisJournal, RedisOptions, RowChange, Snapshot,
    },
};
use annals_test_support::{Raw, RedisServer};
use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use std::{cell::RefCell, collections::BTreeMap, fmt::Debug, time::Duration};

/// What becomes of some bytes.
#[derive(Clone, Debug)]
enum Rot {
    /// Other bytes are in their place.
    Replaced(Vec<u8>),
    /// The rest is gone from there on.
    Cut(Index),
    /// One byte is another one.
    Changed(Index, u8),
    /// Bytes stand among them that were not there.
    Inserted(Index, Vec<u8>),
    /// A number is a huge one.
    Swollen,
}

impl Rot {
    fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Replaced(other) => return other.clone(),
            Self::Cut(at) => bytes.truncate(at.index(bytes.len() + 1)),
            Self::Changed(at, byte) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Self::Changed(..) => {}
            Self::Inserted(at, more) => {
                let at = at.index(bytes.len() + 1);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Swollen => {
                let digit = bytes.iter().position(u8::is_ascii_digit).unwrap_or_default();
                bytes.splice(digit..digit, b"9".repeat(30));
            }
        }
        bytes
    }
}

fn rot() -> impl Strategy<Value = Rot> {
    // Some of what the stored form is made of, so that what rots is not always seen at once.
    let byte = || prop_oneof![any::<u8>(), prop::sample::select(b"0123456789- \n%:.+eE{}xX\x00\xff".to_vec())];
    prop_oneof![
        2 => vec(byte(), 0..40).prop_map(Rot::Replaced),
        2 => any::<Index>().prop_map(Rot::Cut),
        4 => (any::<Index>(), byte()).prop_map(|(at, byte)| Rot::Changed(at, byte)),
        2 => (any::<Index>(), vec(byte(), 1..20)).prop_map(|(at, more)| Rot::Inserted(at, more)),
        1 => Just(Rot::Swollen),
    ]
}

/// Where it lies.
const PLACES: [&str; 10] =
    ["element", "entry", "head", "checkpoint", "revision", "record", "snapshot", "owner", "row", "row key"];

const LIST: &str = "{annals:0}:s:order-1";
const CHECKPOINTS: &str = "{annals:0}:checkpoints";

struct Ground {
    journal: RedisJournal,
    raw: Raw,
}

fn once() -> Once {
    Once::new(IdempotencyKey::new("a").unwrap(), Fingerprint::new(1), Duration::from_mins(10))
}

fn model() -> ReadModel {
    ReadModel::new("orders", 1)
}

impl Ground {
    /// Lays a journal with one of everything.
    async fn new(server: &RedisServer, raw: &Raw) -> Self {
        let _: () = raw.run(&["FLUSHALL", "SYNC"]).await;
        let journal = RedisJournal::connect(&server.url(), &RedisOptions::new()).await.unwrap();
        let _ = journal.append(append("1", Expected::Missing, 4).once(once())).await.unwrap();
        let third = journal.read_stream(&stream("1"), Version::new(2), 1).await.unwrap().remove(0);
        let snapshot = Snapshot::new(stream("1"), third.version(), third.log_id(), Fingerprint::new(1), "{}");
        assert!(journal.write_snapshot(snapshot).await.unwrap());
        let changes = vec![RowChange::write("1", "{}"), RowChange::write("2", "{}")];
        let commit = Commit::new(model(), 0, None, third.log_id(), changes).of_event(third.fingerprint());
        assert_eq!(journal.commit(commit).await, Ok(annals::journal::Committed::Done));
        journal.claim("order", vec!["Counted".to_owned()]).await.unwrap();
        Self { journal, raw: raw.clone() }
    }

    async fn get(&self, words: &[&str]) -> Vec<u8> {
        self.raw.run(words).await
    }

    async fn put(&self, words: &[&str], value: &[u8]) {
        let _: redis::Value = self.raw.send(redis::cmd(words[0]).arg(&words[1..]).arg(value)).await;
    }

    async fn spoil(&self, place: &str, which: usize, rot: &Rot) {
        let (get, put): (Vec<&str>, Vec<&str>) = match place {
            "element" => {
                let index = ["0", "1", "2", "3"][which % 4];
                (vec!["LINDEX", LIST, index], vec!["LSET", LIST, index])
            }
            "head" => (vec!["GET", "{annals:0}:head"], vec!["SET", "{annals:0}:head"]),
            "checkpoint" => (vec!["HGET", CHECKPOINTS, "orders:1:0"], vec!["HSET", CHECKPOINTS, "orders:1:0"]),
            "revision" => (vec!["HGET", CHECKPOINTS, "orders:1"], vec!["HSET", CHECKPOINTS, "orders:1"]),
            "record" => (vec!["GET", "{annals:0}:once:a"], vec!["SET", "{annals:0}:once:a"]),
            "snapshot" => (vec!["GET", "{annals:0}:snap:order-1"], vec!["SET", "{annals:0}:snap:order-1"]),
            "owner" => (vec!["HGET", "annals:types", "Counted"], vec!["HSET", "annals:types", "Counted"]),
            "row" => (vec!["HGET", "{annals:0}:rows:orders:1", "1"], vec!["HSET", "{annals:0}:rows:orders:1", "1"]),
            "row key" => {
                let added = rot.of(b"1");
                return self.put(&["ZADD", "{annals:0}:keys:orders:1", "0"], &added).await;
            }
            "entry" => return self.spoil_entry(which, rot).await,
            other => panic!("{other} is no place"),
        };
        let spoilt = rot.of(&self.get(&get).await);
        self.put(&put, &spoilt).await;
    }

    /// An entry of a log cannot be changed, so the log is laid anew.
    async fn spoil_entry(&self, which: usize, rot: &Rot) {
        let log = "{annals:0}:log";
        let entries: Vec<(String, Vec<Vec<u8>>)> = self.raw.run(&["XRANGE", log, "-", "+"]).await;
        let _: () = self.raw.run(&["DEL", log]).await;
        for (number, (id, fields)) in entries.into_iter().enumerate() {
            let text = if number == which % 4 { rot.of(&fields[1]) } else { fields[1].clone() };
            self.put(&["XADD", log, &id, "e"], &text).await;
        }
    }

    /// Asks for everything, and answers what was said instead.
    async fn ask(&self) -> Vec<JournalError> {
        fn said<T: Debug>(answer: Result<T, JournalError>) -> Option<JournalError> {
            answer.err()
        }
        let journal = &self.journal;
        let log = |after| LogRead::new(0, after, 10);
        let seen = journal.checkpoints(&model()).await;
        let after = seen.as_ref().ok().and_then(|seen| Some(After::Checkpoint(*seen.get(&0)?))).unwrap_or(After::Start);
        let follow = vec![log(After::LogId(LogId::new(0, 0)))];
        let commit = Commit::new(model(), 0, None, LogId::new(1, 9), vec![RowChange::write("3", "{}")]);
        let second = Expected::Version(Version::new(2));
        [
            said(seen),
            said(journal.read_stream(&stream("1"), Version::NONE, 10).await),
            said(journal.restore(&stream("1"), Fingerprint::new(1), 10).await),
            said(journal.stream_version(&stream("1")).await),
            said(journal.read_log(log(After::Start)).await),
            said(journal.read_log(log(After::Position(2))).await),
            said(journal.read_log(log(after)).await),
            said(journal.follow(follow, Duration::from_millis(1)).await),
            said(journal.head(0).await),
            said(journal.recall(&stream("1"), &once()).await),
            said(journal.remember(&stream("1"), once(), Version::new(1)).await),
            said(journal.owners(vec!["Counted".to_owned()]).await),
            said(journal.claim("order", vec!["Counted".to_owned()]).await),
            said(journal.rows(&model(), vec!["1".to_owned()]).await),
            said(journal.rows_page(&model(), None, 10).await),
            said(journal.revision(&model()).await),
            said(journal.commit(commit).await),
            said(journal.append(append("1", second, 1)).await),
            said(journal.append(append("1", Expected::Any, 1).once(once())).await),
            said(journal.append(append("1", Expected::Any, 1)).await),
            said(journal.clear(&model()).await),
            said(journal.health().await),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[test]
fn bytes_that_rot_are_named_and_never_end_a_program() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = RedisServer::start();
    let raw = runtime.block_on(Raw::on(&server));
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 256;
    }
    let named = RefCell::new(BTreeMap::<_, u32>::new());
    let cases = (prop::sample::select(&PLACES), any::<usize>(), rot());
    let outcome = TestRunner::new(config).run(&cases, |(place, which, rot)| {
        runtime.block_on(async {
            let ground = Ground::new(&server, &raw).await;
            ground.spoil(place, which, &rot).await;
            for error in ground.ask().await {
                let text = error.to_string();
                // These say that something is there to be named, and not that a task has ended or nobody answered.
                let is_named = matches!(
                    error,
                    JournalError::Foreign { .. }
                        | JournalError::Gap { .. }
                        | JournalError::HistoryRewound { .. }
                        | JournalError::KeyTaken { .. }
                        | JournalError::TypeTaken { .. }
                );
                prop_assert!(is_named, "{}: {}", place, error);
                prop_assert!(text.len() < 2_000 && text.lines().count() == 1, "{}: {}", place, text);
                *named.borrow_mut().entry(place).or_default() += 1;
            }
            Ok::<(), TestCaseError>(())
        })
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(difference, case)) => panic!("{case:?}\n{difference}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
    // A snapshot is never an error, and a row is the program's own.
    let named = named.into_inner();
    assert!(named.keys().filter(|place| **place != "row").count() >= 8 && !named.contains_key("snapshot"), "{named:?}");
}
