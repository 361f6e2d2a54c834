//! Running a program on a journal and on the model, and comparing every answer.

use super::{
    answers::{Part, Told, Wrong, answer, part, same, told},
    asking::to_find,
    journal::Model,
    names::{AGGREGATES, HOLDERS, KEYS, MODELS, STREAMS, TYPES, limit, pick, read_model, stream, texts},
    operation::{Operation, Place, Restart, Step},
};
use annals::{
    StreamName, Version,
    journal::{
        After, Append, BuildState, BuildStep, Checkpoint, Commit, Committed, Expected, Fingerprint, Journal,
        LeaseRequest, LogId, LogRead, NewEvent, ReadModel, Remembered, Snapshot, Verdict,
    },
};
use std::{collections::BTreeSet, time::Duration};

/// What a program runs on.
pub(crate) struct Program<'a> {
    journal: &'a dyn Journal,
    pub(super) model: Model,
    /// What was asked for before, and whether it is there.
    pub(super) asked: Vec<(Append, bool)>,
    restart: &'a dyn Fn(Restart),
    /// Which kinds of answers there were.
    reached: BTreeSet<&'static str>,
}

/// Every kind of answer that programs are to come to.
pub(crate) const KINDS: [&str; 32] = [
    "appended",
    "appended to the second list",
    "duplicate",
    "conflict that missed events",
    "conflict that missed too many events",
    "conflict with a stream that is shorter",
    "conflict with another history",
    "invalid append",
    "remembered",
    "remembered that there was nothing to do",
    "taken key",
    "part of a log",
    "rewound",
    "snapshot kept",
    "snapshot older than the one that is there",
    "snapshot restored",
    "claimed",
    "taken",
    "committed",
    "moved",
    "fenced",
    "retired",
    "more rows",
    "found",
    "more found",
    "damaged",
    "begun",
    "served",
    "given up",
    "swept",
    "leased",
    "shared",
];

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
            Operation::Once { .. } | Operation::Recall { .. } | Operation::Nothing { .. } => self.once(operation).await,
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
                    Place::Entry(number) | Place::Event(number) | Place::Other(number) => {
                        match (after, log.get(usize::from(*number) % log.len().max(1))) {
                            (_, None) => After::Start,
                            (Place::Entry(_), Some(there)) => After::LogId(there.log_id()),
                            (Place::Event(_), Some(there)) => After::Checkpoint(there.checkpoint()),
                            // Its time is another one, or its event.
                            (_, Some(there)) if number % 2 == 0 => {
                                let LogId { millis, number } = there.log_id();
                                After::LogId(LogId::new(millis + 1, number))
                            }
                            (_, Some(there)) => {
                                After::Checkpoint(Checkpoint::new(there.log_id()).of_event(Fingerprint::new(7)))
                            }
                        }
                    }
                };
                let mut read = LogRead::new(partition, after, limit(*most));
                if let Some(types) = types {
                    read = read.with_types(texts(&TYPES, types).into());
                }
                let read = read.with_aggregates(texts(&AGGREGATES, aggregates).into());
                match self.model.read_log(&read) {
                    Ok(part) if !part.end => self.reach("part of a log"),
                    Err(Wrong::Rewound(_)) => self.reach("rewound"),
                    _ => {}
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
                    Err(_) => return same("the claim", &expected, &found),
                });
                same("the claim", &expected, &found)
            }
            Operation::Owners { types } => self.owners(texts(&TYPES, types)).await,
            Operation::Restart(how) => {
                (self.restart)(*how);
                // An append that meets a broken connection may be one of which nobody knows; this one has no effect in any case.
                let nobody = StreamName::new("nobody", "");
                let events = vec![NewEvent::new("Placed", "{}")];
                match answer(self.journal.append(Append::new(nobody, Expected::Existing, events)).await)?.map(told) {
                    Ok(Told::Conflict { actual: Version::NONE, .. }) => Ok(()),
                    other => Err(format!("after a restart: expected a conflict at version 0, found {other:?}")),
                }
            }
            rows => self.rows(rows).await,
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
            Ok(Told::Remembered(Remembered::Appended(_))) => "remembered",
            Ok(Told::Remembered(Remembered::Nothing { .. })) => "remembered that there was nothing to do",
            Err(Wrong::KeyTaken(_)) => "taken key",
            Err(_) => "invalid append",
        });
        same("the append", &expected, &found.map(told))
    }

    async fn once(&mut self, operation: &Operation) -> Result<(), String> {
        let Some((stream, once)) = self.to_once(operation) else { return Ok(()) };
        match operation {
            Operation::Once { expect, .. } => {
                let append = self.to_append_to(stream, *expect);
                self.append(append.once(once)).await
            }
            Operation::Nothing { .. } => {
                let version = self.model.version(&stream);
                let found = answer(self.journal.remember(&stream, once.clone(), version).await)?;
                let nothing = Remembered::Nothing { version };
                same("what is remembered", &self.model.remember(&stream, &once, nothing), &found)
            }
            _ => {
                let found = answer(self.journal.recall(&stream, &once).await)?;
                same("what is recalled", &self.model.recall(&stream, &once), &found)
            }
        }
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
                    Ok(Committed::Fenced) => self.reach("fenced"),
                    Err(Wrong::Retired(_)) => self.reach("retired"),
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
            Operation::Find { .. } => {
                let Some((model, find)) = to_find(operation) else { return Ok(()) };
                let found = answer(self.journal.find(&model, find.clone()).await)?;
                let expected = self.model.find(&model, &find);
                match &expected {
                    Ok(found) if found.more => self.reach("more found"),
                    Ok(found) if !found.rows.is_empty() => self.reach("found"),
                    Err(Wrong::Damaged) => self.reach("damaged"),
                    _ => {}
                }
                same(&format!("what is found of `{model}`"), &expected, &found)
            }
            Operation::Parked { model } => self.parked(&read_model(*model)).await,
            builds => self.builds(builds).await,
        }
    }

    async fn builds(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Build { model, step } => {
                let model = match step {
                    Step::Begin(_) | Step::Accept(_) => read_model(*model),
                    Step::Serve(_) | Step::Abandon => self.preferably(BuildState::Building, *model),
                };
                self.build(&model, *step).await
            }
            Operation::Builds { model } => self.builds_of(&read_model(*model)).await,
            Operation::Sweep { model, rows } => {
                let (model, rows) = (self.preferably(BuildState::Retired, *model), limit(*rows));
                let found = answer(self.journal.sweep(&model, rows).await)?;
                if rows == 0 || self.model.builds(&model.name).is_err() {
                    return same("the sweep", &Err(Wrong::Invalid), &found);
                }
                // How much of it is deleted at a time is for the journal to say.
                if self.model.state(&model) != Some(BuildState::Retired) {
                    return same("the sweep", &Ok(false), &found);
                }
                if found == Ok(false) {
                    self.reach("swept");
                    self.model.forget(&model);
                }
                self.take_revision(&model).await
            }
            Operation::Lease { model, holder } => {
                let (model, holder) = (read_model(*model), pick(&HOLDERS, *holder));
                // Nobody works on what is on its way out.
                if self.model.is_retired(&model) {
                    return Ok(());
                }
                let asked = LeaseRequest::new(model.clone(), holder, Duration::from_hours(1));
                match answer(self.journal.lease(asked).await)? {
                    Ok(leases) => {
                        self.reach(if leases.holders > 1 { "shared" } else { "leased" });
                        self.model.given(&model, holder, &leases)
                    }
                    Err(wrong) => same("the leases", &self.model.builds(&model.name).map(drop), &Err(wrong)),
                }
            }
            Operation::Release { model, holder } => {
                let (model, holder) = (read_model(*model), pick(&HOLDERS, *holder));
                let found = answer(self.journal.release(&model, holder).await)?;
                self.model.release(&model, holder);
                same("what is given back", &self.model.builds(&model.name).map(drop), &found)
            }
            _ => Ok(()),
        }
    }

    /// A read model that stands there, where there is one; but now and then any.
    fn preferably(&self, state: BuildState, number: u8) -> ReadModel {
        let mut all = MODELS.iter().map(|(name, version, build)| ReadModel::new(*name, *version).at_build(*build));
        let there = all.find(|model| number < 4 && self.model.state(model) == Some(state));
        there.unwrap_or_else(|| read_model(number))
    }

    async fn build(&mut self, model: &ReadModel, step: Step) -> Result<(), String> {
        let step = match step {
            Step::Begin(fingerprint) => BuildStep::Begin(Fingerprint::new(fingerprint.into())),
            Step::Accept(fingerprint) => BuildStep::Accept(Fingerprint::new(fingerprint.into())),
            Step::Abandon => BuildStep::Abandon,
            Step::Serve(caught_up) => {
                if caught_up {
                    self.catch_up(model).await?;
                }
                BuildStep::Serve
            }
        };
        let before = self.model.builds(&model.name);
        let found = answer(self.journal.build(model, step).await)?;
        let expected = self.model.build(model, step);
        same(&format!("the builds after {step:?} of `{model}`"), &expected, &found)?;
        let (Ok(before), Ok(after)) = (before, expected) else { return Ok(()) };
        if before != after {
            match step {
                BuildStep::Begin(_) => self.reach("begun"),
                BuildStep::Serve => self.reach("served"),
                BuildStep::Abandon => self.reach("given up"),
                BuildStep::Accept(_) => {}
            }
        }
        // Whatever is retired may get another revision, for the sake of commits that are on their way.
        for build in after.all.iter().filter(|build| build.state == BuildState::Retired) {
            self.take_revision(&build.model).await?;
        }
        Ok(())
    }

    /// Brings a build that is made as far as the one that is read.
    async fn catch_up(&mut self, model: &ReadModel) -> Result<(), String> {
        let serving = self.model.builds(&model.name).ok().and_then(|builds| builds.serving().cloned());
        let Some(serving) = serving.filter(|_| self.model.state(model) == Some(BuildState::Building)) else {
            return Ok(());
        };
        let own = self.model.checkpoints(model).unwrap_or_default();
        for (partition, reached) in self.model.checkpoints(&serving.model).unwrap_or_default() {
            let commit = Commit::new(model.clone(), partition, own.get(&partition).copied(), reached, Vec::new());
            let found = answer(self.journal.commit(commit.clone()).await)?;
            same("the commit", &self.model.commit(&commit), &found)?;
        }
        Ok(())
    }

    async fn take_revision(&mut self, model: &ReadModel) -> Result<(), String> {
        match answer(self.journal.revision(model).await)? {
            Ok(found) => self.model.at_revision(model, found),
            Err(wrong) => Err(format!("the revision of `{model}`: found {wrong:?}")),
        }
    }

    async fn builds_of(&self, model: &ReadModel) -> Result<(), String> {
        let found = answer(self.journal.builds(&model.name).await)?;
        same(&format!("the builds of `{}`", model.name), &self.model.builds(&model.name), &found)
    }

    async fn parked(&self, model: &ReadModel) -> Result<(), String> {
        let found = answer(self.journal.parked(model).await)?;
        same(&format!("what is noted of `{model}`"), &self.model.parked(model), &found)
    }

    /// Compares how many rows are parked of what is not retired.
    async fn health(&self) -> Result<(), String> {
        let Ok(health) = answer(self.journal.health().await)? else { return Err("health is refused".to_owned()) };
        for (name, version, build) in MODELS {
            let model = ReadModel::new(name, version).at_build(build);
            if !self.model.is_retired(&model) {
                let expected = self.model.parked(&model).map_or(0, |parked| parked.len() as u64);
                let found = health.parked.get(&model).copied();
                same(&format!("parked rows of `{model}`"), &(expected > 0).then_some(expected), &found)?;
            }
        }
        Ok(())
    }

    async fn page(&self, model: &ReadModel, after: Option<String>, limit: usize) -> Result<(), String> {
        let found = answer(self.journal.rows_page(model, after.clone(), limit).await)?;
        same(&format!("a page of `{model}`"), &self.model.rows_page(model, after.as_ref(), limit), &found)
    }

    async fn checkpoints(&self, model: &ReadModel) -> Result<(), String> {
        let found = answer(self.journal.checkpoints(model).await)?;
        let found = found.map(|found| found.into_iter().map(|(partition, found)| (partition, found.log_id)).collect());
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
        self.health().await?;
        for (name, version, build) in MODELS {
            let model = ReadModel::new(name, version).at_build(build);
            self.parked(&model).await?;
            self.builds_of(&model).await?;
            self.page(&model, None, usize::MAX).await?;
            self.checkpoints(&model).await?;
            self.revision(&model).await?;
        }
        self.owners(TYPES.map(str::to_owned).into()).await
    }
}
