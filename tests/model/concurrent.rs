//! Many clients at once, over several connections, on a few streams that all of them want; and the checker, which says
//! whether one journal can have told them all that.
//!
//! `CONCURRENT_SECONDS=60` runs longer, and `CONCURRENT_SEED=7` makes the same choices again, though not at the same
//! moments.

use annals::{
    StreamName, Version,
    journal::{
        After, Append, Commit, Conflict, Expected, Journal, JournalError, LogId, LogRead, MemoryJournal, NewEvent,
        ReadModel, RedisJournal, RedisOptions, RowChange, StoredEvent, Verdict,
    },
};
use annals_test_support::{
    RedisServer,
    history::{Client, Contents, Recorder, Summary, check, check_rows, report},
};
use std::{
    collections::BTreeMap,
    env,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const CLIENTS: u32 = 8;
const PROJECTORS: u64 = 2;

/// A number from the environment.
fn given(name: &str) -> Option<u64> {
    env::var(name).ok().map(|number| number.parse().unwrap_or_else(|_| panic!("{name} is no number: {number}")))
}

/// One client: what it knows of the streams, and what it sent.
struct Worker {
    client: Client,
    journal: Arc<dyn Journal>,
    choices: fastrand::Rng,
    streams: Vec<StreamName>,
    /// The last version of each stream that it knows of, and the log id there.
    known: BTreeMap<StreamName, (Version, Option<LogId>)>,
    /// What it may send again: an append whose answer it did not wait for, or one that says where it belongs.
    sent: Vec<Append>,
    cursors: BTreeMap<u16, After>,
    number: u64,
}

impl Worker {
    async fn work(mut self, until: Instant) {
        while Instant::now() < until {
            let chosen = match self.choices.u8(..100) {
                0..40 => self.append().await,
                40..46 => self.send_again().await,
                46..60 => self.read_version().await,
                60..78 => self.read_stream().await,
                _ => self.read_log().await,
            };
            // Without a fault nothing goes wrong; only what was cut off may be too far back to be found again.
            if let Err(error) = chosen {
                assert!(matches!(error, JournalError::Unknown { .. }), "{error}");
            }
        }
    }

    fn stream(&mut self) -> StreamName {
        self.streams[self.choices.usize(..self.streams.len())].clone()
    }

    fn events(&mut self) -> Vec<NewEvent> {
        self.number += 1;
        let (client, number) = (self.choices.u32(..), self.number);
        let event = |part| {
            let event_type = if part % 2 == 0 { "Counted" } else { "Recounted" };
            NewEvent::new(event_type, format!(r#"{{"by":{client},"number":{number},"part":{part}}}"#))
        };
        (0..self.choices.u64(1..4)).map(event).collect()
    }

    async fn append(&mut self) -> Result<(), JournalError> {
        let (stream, events) = (self.stream(), self.events());
        let (version, log_id) = self.known.get(&stream).copied().unwrap_or_default();
        let expected = match self.choices.u8(..20) {
            0 => Expected::Missing,
            1 => Expected::Existing,
            2..5 => Expected::Any,
            5 => Expected::Version(Version::new(version.number().saturating_sub(self.choices.u64(..4)))),
            6 => Expected::Version(version.after(2)),
            _ => Expected::Version(version),
        };
        let mut append = Append::new(stream, expected, events);
        if let Some(log_id) = log_id.filter(|_| expected == Expected::Version(version) && self.choices.bool()) {
            append = append.after(log_id);
        }
        if self.choices.u8(..20) == 0 {
            let patience = Duration::from_micros(self.choices.u64(..500));
            let sent = self.client.append(&*self.journal, append.clone());
            if let Ok(answer) = tokio::time::timeout(patience, sent).await {
                return answer.map(|_| ());
            }
            self.sent.push(append);
            return Ok(());
        }
        // One that was answered is known again for ever only where it says to which version it belongs.
        if matches!(expected, Expected::Version(_) | Expected::Missing) && self.choices.u8(..10) == 0 {
            self.sent.push(append.clone());
        }
        self.send(append).await
    }

    async fn send_again(&mut self) -> Result<(), JournalError> {
        if self.sent.is_empty() {
            return Ok(());
        }
        let append = self.sent.swap_remove(self.choices.usize(..self.sent.len()));
        self.send(append).await
    }

    async fn send(&mut self, append: Append) -> Result<(), JournalError> {
        let stream = append.stream.clone();
        let known = match self.client.append(&*self.journal, append).await? {
            Verdict::Appended(appended) | Verdict::Duplicate(appended) => {
                let last = LogId::new(appended.first.millis, appended.positions().end().number());
                (*appended.versions().end(), Some(last))
            }
            Verdict::Conflict(Conflict { actual, missed, .. }) => {
                let last = missed.last().filter(|last| last.version() == actual);
                (actual, last.map(StoredEvent::log_id))
            }
        };
        self.known.insert(stream, known);
        Ok(())
    }

    async fn read_version(&mut self) -> Result<(), JournalError> {
        let stream = self.stream();
        let version = self.client.stream_version(&*self.journal, &stream).await?;
        self.known.insert(stream, (version, None));
        Ok(())
    }

    async fn read_stream(&mut self) -> Result<(), JournalError> {
        let stream = self.stream();
        let (version, _) = self.known.get(&stream).copied().unwrap_or_default();
        let back = self.choices.u64(..20);
        let (after, limit) = (Version::new(version.number().saturating_sub(back)), self.choices.usize(1..30));
        let events = self.client.read_stream(&*self.journal, &stream, after, limit).await?;
        if let Some(last) = events.last() {
            self.known.insert(stream, (last.version(), Some(last.log_id())));
        }
        Ok(())
    }

    async fn read_log(&mut self) -> Result<(), JournalError> {
        let partition = self.choices.u16(..self.journal.partitions());
        let after = self.cursors.get(&partition).copied().unwrap_or(After::Start);
        let mut read = LogRead::new(partition, after, self.choices.usize(1..50));
        if self.choices.u8(..4) == 0 {
            read = read.with_types(["Recounted".to_owned()].into());
        }
        let batch = self.client.read_log(&*self.journal, read).await?;
        if let Some(last) = batch.last {
            let next = if self.choices.bool() { After::LogId(last) } else { After::Position(last.number) };
            self.cursors.insert(partition, next);
        }
        Ok(())
    }
}

fn model() -> ReadModel {
    ReadModel::new("counts", 1)
}

fn row(count: u64, last: &str) -> String {
    format!(r#"{{"count":{count},"last":{last}}}"#)
}

/// Takes the next events of a partition into the read model, if nobody else does so first. Answers whether there were any.
async fn project(journal: &dyn Journal, partition: u16) -> Result<bool, JournalError> {
    let checkpoint = journal.checkpoints(&model()).await?.get(&partition).copied();
    let after = checkpoint.map_or(After::Start, After::LogId);
    let batch = journal.read_log(LogRead::new(partition, after, 20)).await?;
    let Some(last) = batch.last else { return Ok(false) };
    let mut rows = BTreeMap::<String, (u64, String)>::new();
    for event in &batch.events {
        let key = event.stream().to_string();
        if !rows.contains_key(&key) {
            let found = journal.rows(&model(), vec![key.clone()]).await?.remove(0);
            let count = found.map_or(0, |row| {
                let row: serde_json::Value = serde_json::from_str(&row).expect("a row is JSON");
                row["count"].as_u64().expect("a row has a count")
            });
            rows.insert(key.clone(), (count, String::new()));
        }
        let row = rows.get_mut(&key).expect("the row was read");
        *row = (row.0 + 1, event.payload().to_owned());
    }
    let changes = rows.into_iter().map(|(key, (count, last))| RowChange::write(key, row(count, &last)));
    let commit = Commit::new(model(), partition, checkpoint, last, changes.collect());
    // Whoever comes too late begins again.
    let _ = journal.commit(commit).await?;
    Ok(true)
}

async fn project_until(journal: Arc<dyn Journal>, seed: u64, until: Instant) {
    let mut choices = fastrand::Rng::with_seed(seed);
    while Instant::now() < until {
        let partition = choices.u16(..journal.partitions());
        if !project(&*journal, partition).await.expect("nothing goes wrong without a fault") {
            tokio::task::yield_now().await;
        }
        if choices.u16(..500) == 0 {
            journal.clear(&model()).await.expect("nothing goes wrong without a fault");
        }
    }
}

/// Lets the clients loose on the journal that all of these are, and checks what they were told.
async fn run(journals: Vec<Arc<dyn Journal>>, streams: usize) -> Summary {
    let seed = given("CONCURRENT_SEED").unwrap_or_else(|| fastrand::u64(..));
    let partitions = journals[0].partitions();
    println!("CONCURRENT_SEED={seed} partitions={partitions}");
    let until = Instant::now() + Duration::from_secs(given("CONCURRENT_SECONDS").unwrap_or(2));
    let recorder = Recorder::new();
    let streams: Vec<_> = (1..=streams).map(|number| StreamName::new("order", &number.to_string())).collect();
    let mut tasks = JoinSet::new();
    for (number, journal) in (1..=CLIENTS).zip(journals.iter().cycle()) {
        let worker = Worker {
            client: recorder.client(number),
            journal: Arc::clone(journal),
            choices: fastrand::Rng::with_seed(seed.wrapping_add(number.into())),
            streams: streams.clone(),
            known: BTreeMap::new(),
            sent: Vec::new(),
            cursors: BTreeMap::new(),
            number: 0,
        };
        tasks.spawn(worker.work(until));
    }
    for (number, journal) in (0..PROJECTORS).zip(journals.iter().cycle()) {
        tasks.spawn(project_until(Arc::clone(journal), seed.wrapping_sub(number), until));
    }
    tasks.join_all().await;

    let (journal, history) = (&*journals[0], recorder.history());
    let contents = Contents::read(journal, &history).await.expect("a journal without a fault can be read");
    let summary =
        check(&history, &contents).unwrap_or_else(|violations| panic!("seed {seed}: {}", report(&violations)));
    println!("{summary:?}");

    for partition in 0..partitions {
        while project(journal, partition).await.expect("nothing goes wrong without a fault") {}
        let checkpoints = journal.checkpoints(&model()).await.expect("nothing goes wrong without a fault");
        assert_eq!(checkpoints.get(&partition), contents.log(partition).last().map(StoredEvent::log_id).as_ref());
    }
    // The versions of a stream are dense, so its last event tells how many there are.
    let fold = |rows: &mut BTreeMap<String, String>, event: &StoredEvent| {
        rows.insert(event.stream().to_string(), row(event.version().number(), event.payload()));
    };
    let rows = check_rows(journal, &model(), &contents, fold).await.expect("nothing goes wrong without a fault");
    let rows = rows.unwrap_or_else(|violations| panic!("seed {seed}: {}", report(&violations)));
    assert!(rows > 0 && rows <= streams.len(), "{rows} rows for {} streams", streams.len());
    // Otherwise the run would say nothing.
    let Summary { appended, duplicates, conflicts, reads, failed, .. } = summary;
    assert!(appended > 100 && duplicates > 0 && conflicts > 20 && reads > 100, "{summary:?}");
    assert_eq!(failed, 0);
    summary
}

async fn on_redis(partitions: u16, streams: usize) {
    let server = RedisServer::start();
    let options = RedisOptions::new().partitions(partitions);
    let mut journals = Vec::<Arc<dyn Journal>>::new();
    for _ in 0..4 {
        let journal = RedisJournal::connect(&server.url(), &options).await.expect("the server was started for this");
        journals.push(Arc::new(journal));
    }
    let summary = run(journals, streams).await;
    assert!(summary.unknown > 0, "nobody was cut off: {summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_of_redis_are_told_what_one_journal_can_tell() {
    on_redis(1, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_of_redis_are_told_what_one_journal_can_tell_in_4_partitions() {
    on_redis(4, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_of_redis_are_told_what_one_journal_can_tell_in_16_partitions() {
    on_redis(16, 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_of_the_memory_are_told_what_one_journal_can_tell() {
    run(vec![Arc::new(MemoryJournal::new())], 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_of_the_memory_are_told_what_one_journal_can_tell_in_4_partitions() {
    run(vec![Arc::new(MemoryJournal::with_partitions(4))], 4).await;
}
