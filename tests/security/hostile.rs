//! No text reaches a key that is not its own, or becomes a command: programs of hostile names, keys and contents.

use annals::{
    StreamName, Version,
    journal::{
        After, Append, AppendId, Commit, Committed, Expected, Fingerprint, IdempotencyKey, Journal, JournalError,
        LogId, LogRead, NewEvent, Once, ReadModel, RedisJournal, RedisOptions, RowChange, Snapshot, Verdict,
    },
};
use annals_test_support::{Raw, RedisServer, rights_of};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

/// What has a meaning somewhere: in keys, patterns, the protocol, scripts, the stored form, paths and terminals.
const FRAGMENTS: [&str; 40] = [
    "{}",
    "{annals:0}",
    "}:log",
    "{",
    "}",
    ":",
    "::",
    ":1",
    "-",
    "--",
    " ",
    "  ",
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\t",
    "%",
    "%41",
    "%2D",
    "%%",
    "*",
    "?",
    "[a-z]",
    "\\",
    "\"",
    "'",
    "..",
    "../..",
    "/",
    "\r\n*1\r\n$8\r\nFLUSHALL\r\n",
    "$-1\r\n",
    "'] redis.call('FLUSHALL') --",
    "]] return redis.call('FLUSHALL') --",
    "1-1 Counted 1 a",
    "order-1",
    "1",
    "\u{1b}[2J",
    "é\u{202e}\u{1F512}",
    "(",
];

/// Any text, most of them of such fragments, some very long.
fn text() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![8 => prop::sample::select(&FRAGMENTS).prop_map(ToOwned::to_owned), 1 => any::<String>()];
    let pieced = vec(fragment, 0..5).prop_map(|fragments| fragments.concat());
    prop_oneof![20 => pieced, 1 => (prop::sample::select(&FRAGMENTS), 300..3_000_usize).prop_map(|(one, times)| one.repeat(times))]
}

/// One of few, so that steps meet, or any text.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![1 => prop::sample::select(&["a", "order", "orders.by-user"]).prop_map(ToOwned::to_owned), 2 => text()]
}

#[derive(Clone, Debug)]
enum Step {
    Append { aggregate: String, id: String, append_id: Option<String>, once: Option<String>, events: Vec<Content> },
    Snapshot { aggregate: String, id: String, state: String },
    Remember { aggregate: String, id: String, key: String },
    Claim { aggregate: String, types: Vec<String> },
    Commit { model: String, version: u32, rows: BTreeMap<String, Option<String>> },
    Clear { model: String, version: u32 },
}

#[derive(Clone, Debug)]
struct Content {
    event_type: String,
    payload: String,
    annotations: Option<String>,
}

fn content() -> impl Strategy<Value = Content> {
    let event_type = prop_oneof![3 => Just("Counted".to_owned()), 1 => name()];
    (event_type, text(), prop::option::of(text())).prop_map(|(event_type, payload, annotations)| Content {
        event_type,
        payload,
        annotations,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let rows = prop::collection::btree_map(text(), prop::option::weighted(0.7, text()), 0..4);
    prop_oneof![
        6 => (name(), name(), prop::option::of(name()), prop::option::of(name()), vec(content(), 1..4)).prop_map(
            |(aggregate, id, append_id, once, events)| Step::Append { aggregate, id, append_id, once, events }
        ),
        1 => (name(), name(), text()).prop_map(|(aggregate, id, state)| Step::Snapshot { aggregate, id, state }),
        1 => (name(), name(), name()).prop_map(|(aggregate, id, key)| Step::Remember { aggregate, id, key }),
        1 => (name(), vec(name(), 0..3)).prop_map(|(aggregate, types)| Step::Claim { aggregate, types }),
        2 => (name(), 1..3_u32, rows).prop_map(|(model, version, rows)| Step::Commit { model, version, rows }),
        1 => (name(), 1..3_u32).prop_map(|(model, version)| Step::Clear { model, version }),
    ]
}

/// What `FORMAT.md` says of names, written anew.
struct Format {
    namespace: String,
    partitions: u16,
}

impl Format {
    fn escaped(text: &str, dash: bool) -> String {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b'-' if !dash => out.push_str("%2D"),
                byte if byte.is_ascii_alphanumeric() || b"-_.~@+/".contains(&byte) => out.push(char::from(byte)),
                byte => write!(out, "%{byte:02X}").unwrap(),
            }
            out
        })
    }

    fn stream(aggregate: &str, id: &str) -> String {
        format!("{}-{}", Self::escaped(aggregate, false), Self::escaped(id, true))
    }

    fn partition(&self, name: &str) -> u64 {
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        name.bytes().fold(0xcbf2_9ce4_8422_2325, hash) % u64::from(self.partitions)
    }

    /// A key in the partition of this name.
    fn key(&self, home: &str, rest: &str) -> String {
        format!("{{{}:{}}}:{rest}", self.namespace, self.partition(home))
    }
}

/// What there has to be after some steps.
struct Expectation<'a> {
    format: Format,
    journal: &'a RedisJournal,
    keys: BTreeSet<String>,
    streams: BTreeMap<(String, String), Vec<(Content, String)>>,
    snapshots: BTreeMap<(String, String), Snapshot>,
    rows: BTreeMap<(String, u32), BTreeMap<String, String>>,
    owners: BTreeMap<String, String>,
    checkpoint: u64,
    appends: u32,
}

fn once(key: &str) -> Option<Once> {
    Some(Once::new(IdempotencyKey::new(key).ok()?, Fingerprint::new(1), Duration::from_mins(10)))
}

impl Step {
    fn kind(&self) -> &'static str {
        match self {
            Self::Append { .. } => "append",
            Self::Snapshot { .. } => "snapshot",
            Self::Remember { .. } => "remember",
            Self::Claim { .. } => "claim",
            Self::Commit { .. } => "commit",
            Self::Clear { .. } => "clear",
        }
    }
}

impl<'a> Expectation<'a> {
    fn new(journal: &'a RedisJournal, namespace: &str) -> Self {
        let format = Format { namespace: namespace.to_owned(), partitions: journal.partitions() };
        let keys = [format!("{namespace}:meta")].into();
        let (streams, snapshots, rows, owners) = Default::default();
        Self { format, journal, keys, streams, snapshots, rows, owners, checkpoint: 0, appends: 0 }
    }

    fn expect(&mut self, home: &str, rest: &str) {
        self.keys.insert(self.format.key(home, rest));
    }

    /// The places of an idempotency key: in its own partition, and in that of the stream.
    fn expect_once(&mut self, key: &str, stream: &str, is_done: bool) {
        let rest = format!("once:{}", Format::escaped(key, true));
        if is_done {
            self.expect(stream, &rest);
        }
        if self.format.partition(key) != self.format.partition(stream) {
            self.expect(key, &rest);
        }
    }

    async fn step(&mut self, step: &Step) -> Result<(), JournalError> {
        let journal = self.journal;
        match step {
            Step::Append { aggregate, id, append_id, once: key, events } => {
                self.append(aggregate, id, append_id.as_deref(), key.as_deref(), events).await
            }
            Step::Snapshot { aggregate, id, state } => {
                let stream = StreamName::new(aggregate, id);
                let read = journal.read_stream(&stream, Version::NONE, 1).await?;
                let Some(event) = read.first() else { return Ok(()) };
                let snapshot = Snapshot::new(stream, event.version(), event.log_id(), Fingerprint::new(1), state);
                assert!(journal.write_snapshot(snapshot.clone()).await?);
                let name = Format::stream(aggregate, id);
                self.expect(&name, &format!("snap:{name}"));
                self.snapshots.insert((aggregate.clone(), id.clone()), snapshot);
                Ok(())
            }
            Step::Remember { aggregate, id, key } => {
                let (stream, name) = (StreamName::new(aggregate, id), Format::stream(aggregate, id));
                let Some(once) = once(key) else { return Ok(()) };
                let remembered = journal.remember(&stream, once.clone(), Version::new(7)).await?;
                self.expect_once(key, &name, true);
                assert_eq!(journal.recall(&stream, &once).await?, Some(remembered));
                Ok(())
            }
            Step::Claim { aggregate, types } => {
                journal.claim(aggregate, types.clone()).await?;
                self.owners.extend(types.iter().map(|name| (name.clone(), aggregate.clone())));
                if !types.is_empty() {
                    self.keys.insert(format!("{}:types", self.format.namespace));
                }
                Ok(())
            }
            Step::Commit { model, version, rows } => {
                let read_model = ReadModel::new(model, *version);
                let expected = journal.checkpoints(&read_model).await?.get(&0).map(|checkpoint| checkpoint.log_id);
                self.checkpoint += 1;
                let changes = rows.iter().map(|(key, row)| match row {
                    Some(row) => RowChange::write(key, row),
                    None => RowChange::delete(key),
                });
                let commit = Commit::new(read_model, 0, expected, LogId::new(1, self.checkpoint), changes.collect());
                assert_eq!(journal.commit(commit).await?, Committed::Done);
                let known = self.rows.entry((model.clone(), *version)).or_default();
                for (key, row) in rows {
                    match row {
                        Some(row) => known.insert(key.clone(), row.clone()),
                        None => known.remove(key),
                    };
                }
                self.expect_rows(model, *version);
                Ok(())
            }
            Step::Clear { model, version } => {
                journal.clear(&ReadModel::new(model, *version)).await?;
                self.rows.insert((model.clone(), *version), BTreeMap::new());
                self.expect_rows(model, *version);
                Ok(())
            }
        }
    }

    fn expect_rows(&mut self, model: &str, version: u32) {
        self.expect(model, "checkpoints");
        let is_empty = self.rows[&(model.to_owned(), version)].is_empty();
        for kind in ["rows", "keys"] {
            let key = self.format.key(model, &format!("{kind}:{model}:{version}"));
            if is_empty {
                self.keys.remove(&key)
            } else {
                self.keys.insert(key)
            };
        }
    }

    async fn append(
        &mut self,
        aggregate: &str,
        id: &str,
        append_id: Option<&str>,
        key: Option<&str>,
        events: &[Content],
    ) -> Result<(), JournalError> {
        let (stream, name) = (StreamName::new(aggregate, id), Format::stream(aggregate, id));
        let new = events.iter().map(|content| {
            let mut event = NewEvent::new(content.event_type.clone(), content.payload.clone());
            event.annotations = content.annotations.as_deref().map(Into::into);
            event
        });
        let mut append = Append::new(stream, Expected::Any, new.collect());
        // No two appends have the same one, which would be another test.
        self.appends += 1;
        if let Some(id) = append_id.and_then(|id| AppendId::new(&format!("{id}{}", self.appends)).ok()) {
            append = append.with_id(id);
        }
        let id_of_append = append.id.to_string();
        if let Some(once) = key.and_then(once) {
            append = append.once(once);
        }
        let answer = self.journal.append(append).await;
        // A key is reserved before it is known whether the append is taken by the server, but not for what nobody takes.
        if let Some(key) = key.filter(|key| once(key).is_some())
            && !matches!(answer, Err(JournalError::Invalid { .. } | JournalError::KeyTaken { .. }))
        {
            self.expect_once(key, &name, matches!(answer, Ok(Verdict::Appended(_))));
        }
        if let Verdict::Appended(_) = answer? {
            for rest in ["log", "head", &format!("s:{name}")] {
                self.expect(&name, rest);
            }
            let stored = self.streams.entry((aggregate.to_owned(), id.to_owned())).or_default();
            stored.extend(events.iter().map(|content| (content.clone(), id_of_append.clone())));
        }
        Ok(())
    }

    /// Reads everything, and compares it with what was given.
    async fn compare(&self) -> Result<(), JournalError> {
        for ((aggregate, id), expected) in &self.streams {
            let stream = StreamName::new(aggregate, id);
            let restored = self.journal.restore(&stream, Fingerprint::new(1), usize::MAX).await?;
            let snapshot = self.snapshots.get(&(aggregate.clone(), id.clone()));
            assert_eq!(restored.snapshot.as_ref(), snapshot);
            let found = self.journal.read_stream(&stream, Version::NONE, usize::MAX).await?;
            assert_eq!(found.len(), expected.len());
            for (event, (content, append_id)) in found.iter().zip(expected) {
                assert_eq!(event.stream(), &stream);
                assert_eq!((&*event.stream().aggregate(), &*event.stream().id()), (aggregate.as_str(), id.as_str()));
                assert_eq!(
                    (event.event_type(), event.payload()),
                    (content.event_type.as_str(), content.payload.as_str())
                );
                assert_eq!(
                    (event.annotations(), event.append_id()),
                    (content.annotations.as_deref(), append_id.as_str())
                );
            }
        }
        let mut count = 0;
        for partition in 0..self.journal.partitions() {
            count += self.journal.read_log(LogRead::new(partition, After::Start, usize::MAX)).await?.events.len();
        }
        assert_eq!(count, self.streams.values().map(Vec::len).sum::<usize>());
        for ((model, version), expected) in &self.rows {
            let model = ReadModel::new(model, *version);
            let page = self.journal.rows_page(&model, None, usize::MAX).await?;
            assert_eq!(page.rows, expected.clone().into_iter().collect::<Vec<_>>());
            for (key, row) in expected {
                assert_eq!(self.journal.rows(&model, vec![key.clone()]).await?, [Some(row.clone())]);
                let after = self.journal.rows_page(&model, Some(key.clone()), 1).await?;
                assert_eq!(after.rows.first().map(|(key, _)| key), expected.keys().find(|other| *other > key));
            }
        }
        let (types, owners): (Vec<_>, Vec<_>) = self.owners.clone().into_iter().unzip();
        assert_eq!(self.journal.owners(types).await?, owners.into_iter().map(Some).collect::<Vec<_>>());
        Ok(())
    }
}

/// Keys of somebody else, of every type, that a bad name might come to.
async fn plant(raw: &Raw) {
    for words in [
        &["SET", "foreign", "mine"] as &[&str],
        &["SET", "", "mine"],
        &["SET", "annals", "mine"],
        &["SET", "{annals:0}:s:", "mine"],
        &["SET", "{annals:0}:snap", "mine"],
        &["RPUSH", "{annals:0}", "mine"],
        &["RPUSH", "{annals:0}:s:order", "mine"],
        &["SADD", "{annals:0}:once", "mine"],
        &["ZADD", "{annals:0}:keys", "1", "mine"],
        &["HSET", "{annals:0}:rows", "1", "mine"],
        &["HSET", "{other:0}:checkpoints", "a:1:0", "1-1"],
        &["XADD", "log", "1-1", "e", "order-1 1 Counted"],
        &["XADD", "{annals}:log", "1-1", "e", "order-1 1 Counted"],
    ] {
        let _: redis::Value = raw.run(words).await;
    }
}

#[test]
fn hostile_texts_stay_in_their_place() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = RedisServer::start();
    let (raw, planted) = runtime.block_on(async {
        let raw = Raw::on(&server).await;
        plant(&raw).await;
        let _: () = raw.run(&["CONFIG", "RESETSTAT"]).await;
        let planted = raw.everything().await;
        (raw, planted)
    });
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 96;
    }
    let programs = (vec(step(), 1..12), 1..4_u16);
    // A program whose steps are all refused would say nothing.
    let done = RefCell::new(BTreeMap::<_, u32>::new());
    let outcome = TestRunner::new(config).run(&programs, |(program, partitions)| {
        runtime.block_on(async {
            let options = RedisOptions::new().partitions(partitions);
            let journal = RedisJournal::connect(&server.url(), &options).await.unwrap();
            let mut expectation = Expectation::new(&journal, "annals");
            for step in &program {
                match expectation.step(step).await {
                    Ok(()) => *done.borrow_mut().entry(step.kind()).or_default() += 1,
                    // What no journal takes, and what meets the work of an earlier step.
                    Err(
                        JournalError::Invalid { .. } | JournalError::KeyTaken { .. } | JournalError::TypeTaken { .. },
                    ) => {}
                    Err(error) => return Err(TestCaseError::fail(format!("{step:?}: {error}"))),
                }
            }
            expectation.compare().await.map_err(|error| TestCaseError::fail(error.to_string()))?;
            let mut found = raw.everything().await;
            for (key, value) in &planted {
                let left = found.remove(key);
                prop_assert_eq!(left.as_ref(), Some(value), "{} was touched", key);
            }
            let found: BTreeSet<String> = found.into_keys().collect();
            prop_assert_eq!(&found, &expectation.keys);
            for key in &found {
                let _: () = raw.run(&["DEL", key]).await;
            }
            Ok(())
        })
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(difference, program)) => panic!("{program:#?}\n{difference}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
    let done = done.into_inner();
    assert!(done.len() == 6 && done.values().all(|times| *times > 5), "{done:?}");
    let mut ours: BTreeSet<String> = rights_of("annals").into_iter().map(ToOwned::to_owned).collect();
    // Rights that a user may have beside those that are needed.
    ours.extend(["client|info", "client|kill"].map(ToOwned::to_owned));
    let tests = ["auth", "keys", "dump", "del", "config|resetstat", "info"].map(ToOwned::to_owned);
    let stats = server.command(&["INFO", "commandstats"]);
    let run = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(':'));
    let others: Vec<_> =
        run.map(|(name, _)| name.to_owned()).filter(|name| !ours.contains(name) && !tests.contains(name)).collect();
    assert_eq!(others, [""; 0]);
}

#[tokio::test]
async fn no_namespace_has_the_keys_of_another() {
    let server = RedisServer::start();
    let raw = Raw::on(&server).await;
    let begin = |namespace: String| async {
        RedisJournal::connect(&server.url(), &RedisOptions::new().namespace(namespace)).await
    };
    for fragment in FRAGMENTS {
        for namespace in [fragment.to_owned(), format!("annals{fragment}"), format!("{fragment}annals")] {
            let Ok(journal) = begin(namespace.clone()).await else { continue };
            let append = Append::new(StreamName::new("order", "1"), Expected::Missing, vec![NewEvent::new("A", "{}")]);
            assert!(matches!(journal.append(append).await, Ok(Verdict::Appended(_))), "{namespace:?} is not new");
            let keys: Vec<String> = raw.run(&["KEYS", "*"]).await;
            let own = [format!("{namespace}:"), format!("{{{namespace}:0}}:")];
            let count = keys.iter().filter(|key| own.iter().any(|begin| key.starts_with(begin))).count();
            assert_eq!(count, 4, "{namespace:?} in {keys:?}");
        }
    }
    let keys: Vec<String> = raw.run(&["KEYS", "*"]).await;
    assert!(keys.len() >= 4 * 5 && keys.iter().all(|key| key.bytes().all(|byte| byte.is_ascii_graphic())), "{keys:?}");
}
