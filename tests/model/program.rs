//! Running a program on a journal and on the model, and comparing every answer.

use super::{
    answers::{Part, Told, Wrong, answer, part, same, told},
    journal::Model,
    operation::{Event, Expect, Limit, Named, On, Operation, Place, Restart},
};
use annals::{
    StreamName, Version,
    journal::{
        After, Append, Commit, Committed, Expected, Fingerprint, Journal, LogId, LogRead, NewEvent, ReadModel,
        RowChange, Snapshot, StoredEvent, Verdict,
    },
};

use std::collections::BTreeSet;

const STREAMS: [(&str, &str); 5] = [("order", "1"), ("order", "2"), ("order", "{é}:s 1"), ("user", "1"), ("cart", "")];
const AGGREGATES: [&str; 4] = ["order", "user", "cart", ""];
const TYPES: [&str; 5] = ["Placed", "Paid", "Named", "Filled", "a b"];
const MODELS: [(&str, u32); 4] = [("orders", 1), ("orders", 2), ("totals", 1), ("no name", 1)];
const KEYS: [&str; 6] = ["", "1", "10", "2", "é", "{1}:\n"];

/// What a program runs on.
pub(crate) struct Program<'a> {
    journal: &'a dyn Journal,
    model: Model,
    /// What was asked for before, and whether it is there.
    asked: Vec<(Append, bool)>,
    restart: &'a dyn Fn(Restart),
    /// Which kinds of answers there were.
    reached: BTreeSet<&'static str>,
}

/// Every kind of answer that programs are to come to.
pub(crate) const KINDS: [&str; 17] = [
    "appended",
    "appended to the second list",
    "duplicate",
    "conflict that missed events",
    "conflict that missed too many events",
    "conflict with a stream that is shorter",
    "conflict with another history",
    "invalid append",
    "part of a log",
    "snapshot kept",
    "snapshot older than the one that is there",
    "snapshot restored",
    "claimed",
    "taken",
    "committed",
    "moved",
    "more rows",
];

fn pick<T: Copy>(from: &[T], number: u8) -> T {
    from[usize::from(number) % from.len()]
}

fn stream(number: u8) -> StreamName {
    let (aggregate, id) = pick(&STREAMS, number);
    StreamName::new(aggregate, id)
}

fn read_model(number: u8) -> ReadModel {
    let (name, version) = pick(&MODELS, number);
    ReadModel::new(name, version)
}

fn texts(from: &[&str], numbers: &[u8]) -> Vec<String> {
    numbers.iter().map(|number| pick(from, *number).to_owned()).collect()
}

fn limit(limit: Limit) -> usize {
    match limit {
        Limit::Of(limit) => limit.into(),
        Limit::All => usize::MAX,
    }
}

impl<'a> Program<'a> {
    /// Runs all steps, and compares what lies there at the end.
    pub(crate) async fn run(
        journal: &'a dyn Journal,
        restart: &'a dyn Fn(Restart),
        operations: &[Operation],
    ) -> Result<BTreeSet<&'static str>, String> {
        let (model, reached) = (Model::new(journal.partitions()), BTreeSet::new());
        let mut program = Self { journal, model, asked: Vec::new(), restart, reached };
        for (number, operation) in (1..).zip(operations) {
            let step = program.step(operation).await;
            step.map_err(|difference| format!("step {number}, {operation:?}\n{difference}"))?;
        }
        program.end().await.map_err(|difference| format!("at the end\n{difference}"))?;
        Ok(program.reached)
    }

    async fn step(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Append { .. } | Operation::Again { .. } | Operation::Mend { .. } => {
                match self.to_append(operation) {
                    Some(append) => self.append(append).await,
                    None => Ok(()),
                }
            }
            Operation::Version { stream: number } => self.version(&stream(*number)).await,
            Operation::Read { stream: number, after, limit: most } => {
                let stream = stream(*number);
                let after = u64::from(*after) % (self.model.version(&stream).number() + 2);
                self.read(&stream, Version::new(after), limit(*most)).await
            }
            Operation::Log { partition, after, limit: most, types, aggregates } => {
                let partition = self.partition(*partition);
                let log = self.model.log(partition);
                let after = match after {
                    Place::Start => After::Start,
                    Place::Position(number) => After::Position(u64::from(*number) % (log.len() as u64 + 2)),
                    Place::Entry(_) if log.is_empty() => After::Start,
                    Place::Entry(number) => After::LogId(log[usize::from(*number) % log.len()].log_id()),
                };
                let mut read = LogRead::new(partition, after, limit(*most));
                if let Some(types) = types {
                    read = read.with_types(texts(&TYPES, types).into());
                }
                let read = read.with_aggregates(texts(&AGGREGATES, aggregates).into());
                if self.model.read_log(&read).is_ok_and(|part| !part.end) {
                    self.reach("part of a log");
                }
                self.log(read).await
            }
            Operation::Head { partition } => self.head(self.partition(*partition)).await,
            Operation::Keep { .. } | Operation::Restore { .. } => self.snapshots(operation).await,
            Operation::Claim { aggregate, types } => {
                let (aggregate, types) = (pick(&AGGREGATES, *aggregate), texts(&TYPES, types));
                let found = answer(self.journal.claim(aggregate, types.clone()).await)?;
                let expected = self.model.claim(aggregate, &types);
                self.reach(match expected {
                    Ok(()) => "claimed",
                    Err(Wrong::TypeTaken(..)) => "taken",
                    Err(Wrong::Invalid) => return same("the claim", &expected, &found),
                });
                same("the claim", &expected, &found)
            }
            Operation::Owners { types } => self.owners(texts(&TYPES, types)).await,
            Operation::Restart(how) => {
                (self.restart)(*how);
                Ok(())
            }
            rows => self.rows(rows).await,
        }
    }

    /// One that is there, or now and then one that is not.
    fn partition(&self, number: u16) -> u16 {
        if number % 16 == 15 { self.model.partitions } else { number % self.model.partitions }
    }

    /// The append that a step asks for, if there is one.
    fn to_append(&self, operation: &Operation) -> Option<Append> {
        match operation {
            Operation::Append { stream: number, expect, after, events } => {
                let stream = stream(*number);
                let actual = self.model.version(&stream).number();
                let expected = match expect {
                    Expect::Right => Expected::Version(Version::new(actual)),
                    Expect::Behind(by) => Expected::Version(Version::new(actual.saturating_sub((*by).into()))),
                    Expect::Ahead(by) => Expected::Version(Version::new(actual + u64::from(*by))),
                    Expect::Missing => Expected::Missing,
                    Expect::Existing => Expected::Existing,
                    Expect::Any => Expected::Any,
                };
                let named = match expected {
                    Expected::Version(version) => self.named(&stream, version, *after),
                    _ => self.named(&stream, Version::new(actual), *after),
                };
                let append = Append::new(stream, expected, self.events(events));
                Some(match named {
                    Some(log_id) => append.after(log_id),
                    None => append,
                })
            }
            Operation::Again { which, more } => {
                let (mut append, _) = self.earlier(*which)?.clone();
                // Who expects anything is known again only at the end of the stream; behind others it is not promised.
                let last = self.model.stream(&append.stream).last();
                let is_last = last.is_some_and(|event| event.append_id() == append.id.as_str());
                if matches!(append.expected, Expected::Any | Expected::Existing) && !is_last {
                    return None;
                }
                if *more {
                    append.events.extend(append.events.clone());
                }
                Some(append)
            }
            Operation::Mend { which } => {
                let (append, there) = self.earlier(*which)?;
                let expected = Expected::Version(self.model.version(&append.stream));
                let mended = Append::new(append.stream.clone(), expected, append.events.clone());
                (!there).then(|| mended.with_id(append.id.clone()))
            }
            _ => None,
        }
    }

    fn earlier(&self, which: u8) -> Option<&(Append, bool)> {
        self.asked.get(usize::from(which) % self.asked.len().max(1))
    }

    fn events(&self, events: &[Event]) -> Vec<NewEvent> {
        let mut new = Vec::new();
        for (number, event) in events.iter().enumerate() {
            for time in 0..event.times {
                let payload = format!(r#"{{"append":{},"event":{number},"time":{time}}}"#, self.asked.len());
                // The last type is one that no event can have.
                let mut one = NewEvent::new(pick(&TYPES[..TYPES.len() - 1], event.kind), payload);
                one.schema_version = event.schema_version;
                one.annotations = event.annotated.then(|| r#"{"actor":"clerk"}"#.into());
                new.push(one);
            }
        }
        new
    }

    fn named(&self, stream: &StreamName, version: Version, named: Named) -> Option<LogId> {
        let event = version.number().checked_sub(1).and_then(|index| {
            self.model.stream(stream).get(usize::try_from(index).expect("a version of a test is small"))
        });
        let there = event.map(StoredEvent::log_id);
        match named {
            Named::None => None,
            Named::Right => there,
            Named::Wrong => {
                let there = there.unwrap_or(LogId::new(1, 1));
                Some(LogId::new(there.millis, there.number + 1))
            }
        }
    }

    async fn append(&mut self, append: Append) -> Result<(), String> {
        let found = answer(self.journal.append(append.clone()).await)?;
        let newest = self.model.head(self.model.partition(&append.stream)).ok().flatten();
        let newest = newest.map_or(0, |newest| newest.millis);
        // Only the journal's clock knows the time; but it does not run backwards.
        let now = match &found {
            Ok(Verdict::Appended(appended)) => appended.first.millis,
            _ => newest,
        };
        let expected = self.model.append(&append, now);
        let there = matches!(expected, Ok(Told::Appended(_) | Told::Duplicate(_))) || self.was_there(&append);
        self.asked.push((append, there));
        self.reach(match &expected {
            Ok(Told::Appended(appended)) if appended.first_version.number() > 4_096 => "appended to the second list",
            Ok(Told::Appended(_)) => "appended",
            Ok(Told::Duplicate(_)) => "duplicate",
            Ok(Told::Conflict { rewound: true, .. }) => "conflict with another history",
            Ok(Told::Conflict { missed, actual, .. }) => match missed.last() {
                None => "conflict with a stream that is shorter",
                Some(last) if last.version() < *actual => "conflict that missed too many events",
                Some(_) => "conflict that missed events",
            },
            Err(_) => "invalid append",
        });
        same("the append", &expected, &found.map(told))
    }

    fn reach(&mut self, kind: &'static str) {
        assert!(KINDS.contains(&kind), "`{kind}` is missing in the list");
        self.reached.insert(kind);
    }

    fn was_there(&self, append: &Append) -> bool {
        self.asked.iter().any(|(earlier, there)| earlier.id == append.id && *there)
    }

    async fn version(&self, stream: &StreamName) -> Result<(), String> {
        let found = answer(self.journal.stream_version(stream).await)?;
        same(&format!("the version of `{stream}`"), &Ok(self.model.version(stream)), &found)
    }

    async fn read(&self, stream: &StreamName, after: Version, limit: usize) -> Result<(), String> {
        let found = answer(self.journal.read_stream(stream, after, limit).await)?;
        same(&format!("stream `{stream}`"), &self.model.read_stream(stream, after, limit), &found)
    }

    async fn log(&self, read: LogRead) -> Result<(), String> {
        let found = answer(self.journal.read_log(read.clone()).await)?;
        let expected = self.model.read_log(&read);
        let found: Result<Part, Wrong> = match (found, &expected) {
            (Ok(batch), Ok(expected)) => Ok(part(batch, expected)),
            (Ok(batch), Err(_)) => return Err(format!("the log: expected {expected:?}, found {batch:?}")),
            (Err(wrong), _) => Err(wrong),
        };
        same(&format!("the log of partition {}", read.partition), &expected, &found)
    }

    async fn head(&self, partition: u16) -> Result<(), String> {
        let found = answer(self.journal.head(partition).await)?;
        same(&format!("the head of partition {partition}"), &self.model.head(partition), &found)
    }

    async fn snapshots(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Keep { stream: number, version, named, fingerprint, state } => {
                let stream = stream(*number);
                let version = Version::new(u64::from(*version) % (self.model.version(&stream).number() + 2));
                let log_id = self.named(&stream, version, *named).unwrap_or(LogId::new(1, 1));
                let fingerprint = Fingerprint::new((*fingerprint).into());
                let snapshot = Snapshot::new(stream, version, log_id, fingerprint, format!(r#"{{"state":{state}}}"#));
                let found = answer(self.journal.write_snapshot(snapshot.clone()).await)?;
                let expected = self.model.write_snapshot(snapshot);
                match expected {
                    Ok(true) => self.reach("snapshot kept"),
                    Ok(false) => self.reach("snapshot older than the one that is there"),
                    Err(_) => {}
                }
                same("the snapshot", &expected, &found)
            }
            Operation::Restore { stream: number, fingerprint, limit: most } => {
                let (stream, fingerprint) = (stream(*number), Fingerprint::new((*fingerprint).into()));
                let found = answer(self.journal.restore(&stream, fingerprint, limit(*most)).await)?;
                let expected = self.model.restore(&stream, fingerprint, limit(*most));
                if expected.as_ref().is_ok_and(|restored| restored.snapshot.is_some()) {
                    self.reach("snapshot restored");
                }
                same(&format!("stream `{stream}` from its snapshot on"), &expected, &found)
            }
            _ => Ok(()),
        }
    }

    async fn owners(&self, types: Vec<String>) -> Result<(), String> {
        let found = answer(self.journal.owners(types.clone()).await)?;
        same("the owners", &Ok(self.model.owners(&types)), &found)
    }

    async fn rows(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Commit { .. } => {
                let commit = self.to_commit(operation);
                let found = answer(self.journal.commit(commit.clone()).await)?;
                let expected = self.model.commit(&commit);
                match expected {
                    Ok(Committed::Done) => self.reach("committed"),
                    Ok(Committed::Moved { .. }) => self.reach("moved"),
                    Err(_) => {}
                }
                same("the commit", &expected, &found)
            }
            Operation::Rows { model, keys } => {
                let (model, keys) = (read_model(*model), texts(&KEYS, keys));
                let found = answer(self.journal.rows(&model, keys.clone()).await)?;
                same(&format!("rows of `{model}`"), &self.model.rows(&model, &keys), &found)
            }
            Operation::Page { model, after, limit: most } => {
                let (model, after) = (read_model(*model), after.map(|number| pick(&KEYS, number).to_owned()));
                if self.model.rows_page(&model, after.as_ref(), limit(*most)).is_ok_and(|page| page.more) {
                    self.reach("more rows");
                }
                self.page(&model, after, limit(*most)).await
            }
            Operation::Checkpoints { model } => self.checkpoints(&read_model(*model)).await,
            Operation::Revision { model } => self.revision(&read_model(*model)).await,
            Operation::Clear { model } => {
                let model = read_model(*model);
                let found = answer(self.journal.clear(&model).await)?;
                same(&format!("clearing `{model}`"), &self.model.clear(&model), &found)
            }
            _ => Ok(()),
        }
    }

    fn to_commit(&self, operation: &Operation) -> Commit {
        let Operation::Commit { model, partition, on, revision, checkpoint, changes } = operation else {
            unreachable!("only commits are asked for");
        };
        let (model, partition) = (read_model(*model), self.partition(*partition));
        let there = self.model.checkpoints(&model).ok().and_then(|checkpoints| checkpoints.get(&partition).copied());
        let expected = match on {
            On::Right => there,
            On::Nothing => None,
            On::Other => Some(LogId::new(7, there.map_or(1, |there| there.number + 1))),
        };
        let at = self.model.revision(&model).unwrap_or_default();
        let changes = changes.iter().map(|(key, row)| match row {
            Some(row) => RowChange::write(pick(&KEYS, *key), format!(r#"{{"row":{row}}}"#)),
            None => RowChange::delete(pick(&KEYS, *key)),
        });
        let number = u64::from(*checkpoint);
        let commit = Commit::new(model, partition, expected, LogId::new(number, number), changes.collect());
        match revision {
            None => commit,
            Some(On::Right) => commit.at_revision(at),
            Some(On::Nothing) => commit.at_revision(0),
            Some(On::Other) => commit.at_revision(at + 1),
        }
    }

    async fn page(&self, model: &ReadModel, after: Option<String>, limit: usize) -> Result<(), String> {
        let found = answer(self.journal.rows_page(model, after.clone(), limit).await)?;
        same(&format!("a page of `{model}`"), &self.model.rows_page(model, after.as_ref(), limit), &found)
    }

    async fn checkpoints(&self, model: &ReadModel) -> Result<(), String> {
        let found = answer(self.journal.checkpoints(model).await)?;
        same(&format!("the checkpoints of `{model}`"), &self.model.checkpoints(model), &found)
    }

    async fn revision(&self, model: &ReadModel) -> Result<(), String> {
        let found = answer(self.journal.revision(model).await)?;
        same(&format!("the revision of `{model}`"), &self.model.revision(model), &found)
    }

    /// Compares everything that lies in the journal.
    async fn end(&self) -> Result<(), String> {
        for partition in 0..self.model.partitions {
            self.log(LogRead::new(partition, After::Start, usize::MAX)).await?;
            self.head(partition).await?;
        }
        for (aggregate, id) in STREAMS {
            let stream = StreamName::new(aggregate, id);
            self.read(&stream, Version::NONE, usize::MAX).await?;
            self.version(&stream).await?;
        }
        for (name, version) in MODELS {
            let model = ReadModel::new(name, version);
            self.page(&model, None, usize::MAX).await?;
            self.checkpoints(&model).await?;
            self.revision(&model).await?;
        }
        self.owners(TYPES.map(str::to_owned).into()).await
    }
}
