//! The journal in memory keeps the contract, and a journal that does not is found out.

use annals::{
    StreamName, Version,
    journal::{
        After, Append, AppendId, Appended, BuildStep, Builds, Checkpoint, Commit, Committed, Durability, Expected,
        Find, Fingerprint, Found, Health, Journal, JournalError, Lease, LeaseRequest, Leases, LogBatch, LogId, LogRead,
        MemoryJournal, Once, ReadModel, Remembered, Restored, RowsPage, Snapshot, StoredEvent, Verdict,
    },
    testing::conformance::{self, PARTITIONS},
};
use futures_util::{FutureExt, future::BoxFuture};
use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_journal_in_memory_keeps_the_contract() {
    conformance::run(
        |partitions| async move { Arc::new(MemoryJournal::with_partitions(partitions)) as Arc<dyn Journal> },
    )
    .await;
}

#[tokio::test]
async fn it_keeps_the_contract_on_one_thread_too() {
    for partitions in PARTITIONS {
        for check in conformance::checks() {
            check.run(Arc::new(MemoryJournal::with_partitions(partitions))).await;
        }
    }
}

#[test]
fn every_check_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = conformance::checks().iter().map(conformance::Check::name).collect();
    assert_eq!(names.len(), conformance::checks().len());
    assert!(names.iter().all(|name| name.split("::").count() == 2), "{names:?}");
}

/// What a broken journal does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    DropsTheLastEventOfABatch,
    SkipsAnEntryOfTheLog,
    IgnoresWhatIsExpected,
    AppendsTwice,
    TakesADuplicateForAnAppend,
    BringsNoMissedEvents,
    MovesRowsWithoutTheCheckpoint,
    CommitsOnAnyCheckpoint,
    CommitsOnAnyRevision,
    ReordersPages,
    ForgetsUnwantedEntries,
    ForgetsAnnotations,
    CutsPayloads,
    JoinsIdsOfOneSpelling,
    ClearsEveryVersion,
    PromisesAnEndTooEarly,
    LetsTwoKindsShareAType,
    ForgetsWhoseATypeIs,
    LeavesOutWhatIsNotKnown,
    GivesSnapshotsOfAnyFold,
    GivesSnapshotsOfAnyHistory,
    ForgetsSnapshots,
    RepeatsAnEventOfTheSnapshot,
    KeepsTheLastSnapshotInPlaceOfTheNewest,
    AppendsToAnyHistory,
    ReadsOnBehindAnyHistory,
    FollowsFromTheBeginning,
    ForgetsKeys,
    ForgetsWhoseAKeyIs,
    KeepsKeysForEver,
    ForgetsThatThereWasNothingToDo,
    ForgetsEntries,
    KeepsRemovedEntries,
    ChangesEntriesOnAnyCheckpoint,
    FindsTheLeastFirst,
    FindsBeyondTheEnd,
    SaysThatNothingIsLeft,
    FindsNothingWhereAnEntryLeadsNowhere,
    ForgetsParkedRows,
    KeepsParkedRowsOfClearedModels,
    CountsNoParkedRows,
    ServesABuildThatIsBehind,
    ServesAnOlderBuild,
    GivesUpNothing,
    ForgetsWhatMakesABuild,
    ReadsRetiredRows,
    FindsRetiredRows,
    TakesCommitsOfRetiredBuilds,
    SweepsNothing,
    SweepsAllAtOnce,
    SweepsWhatIsRead,
    SweepsForEver,
    IgnoresLeases,
    NumbersLeasesAlike,
    LeasesForEver,
    LeasesToEverybody,
    LetsHoldersKeepTooMuch,
    CountsOneHolder,
    ReleasesNothing,
    ReleasesEverybody,
}

/// The journal in memory with one fault.
#[derive(Debug)]
struct Broken {
    fault: Fault,
    inner: MemoryJournal,
    /// The snapshot that was written last.
    last: Mutex<Option<Snapshot>>,
    /// What was noted of parked rows when their model was cleared.
    kept: Mutex<BTreeMap<ReadModel, BTreeMap<String, String>>>,
    /// What each holder of leases has got.
    held: Mutex<BTreeMap<(ReadModel, String), BTreeMap<u16, Lease>>>,
}

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// The stream that is really written and read.
    fn stream(&self, stream: &StreamName) -> StreamName {
        if self.is(Fault::JoinsIdsOfOneSpelling) {
            return StreamName::new(&stream.aggregate(), &stream.id().to_lowercase());
        }
        stream.clone()
    }

    /// The key under which it is really asked.
    fn once(&self, once: &Once) -> Once {
        let mut once = once.clone();
        match self.fault {
            Fault::ForgetsWhoseAKeyIs => once.command = Fingerprint::new(0),
            Fault::KeepsKeysForEver => once.keep = Duration::from_hours(1),
            _ => {}
        }
        once
    }

    /// Moves the checkpoints of a build to those of another one, whatever it contains.
    async fn pretend_to_contain(&self, model: &ReadModel, other: &ReadModel) -> Result<(), JournalError> {
        let own = self.inner.checkpoints(model).await?;
        for (partition, reached) in self.inner.checkpoints(other).await? {
            let expected = own.get(&partition).map(|checkpoint| checkpoint.log_id);
            let commit = Commit::new(model.clone(), partition, expected, reached.log_id, Vec::new());
            let _ = self.inner.commit(commit).await?;
        }
        Ok(())
    }

    fn model(&self, model: &ReadModel) -> ReadModel {
        let mut model = model.clone();
        if self.is(Fault::ClearsEveryVersion) {
            model.version = 1;
        }
        model
    }
}

impl Journal for Broken {
    fn partitions(&self) -> u16 {
        self.inner.partitions()
    }

    fn append(&self, mut append: Append) -> BoxFuture<'_, Result<Verdict, JournalError>> {
        Box::pin(async move {
            append.stream = self.stream(&append.stream);
            append.once = append.once.map(|once| self.once(&once));
            match self.fault {
                Fault::DropsTheLastEventOfABatch if append.events.len() > 1 => {
                    append.events.pop();
                }
                Fault::IgnoresWhatIsExpected => append.expected = Expected::Any,
                Fault::AppendsToAnyHistory => append.after = None,
                Fault::ForgetsKeys => append.once = None,
                Fault::AppendsTwice => {
                    let first = self.inner.append(append.clone()).await?;
                    let Verdict::Appended(_) = first else { return Ok(first) };
                    let again = Append::new(append.stream, Expected::Any, append.events);
                    let _ = self.inner.append(again).await?;
                    return Ok(first);
                }
                Fault::ForgetsAnnotations => append.events.iter_mut().for_each(|event| event.annotations = None),
                Fault::CutsPayloads => {
                    for event in &mut append.events {
                        event.payload = event.payload.chars().filter(|&char| char != '\0').collect();
                    }
                }
                _ => {}
            }
            let verdict = self.inner.append(append).await?;
            Ok(match verdict {
                Verdict::Duplicate(appended) if self.is(Fault::TakesADuplicateForAnAppend) => {
                    Verdict::Appended(appended)
                }
                Verdict::Conflict(mut conflict) if self.is(Fault::BringsNoMissedEvents) => {
                    conflict.missed.clear();
                    Verdict::Conflict(conflict)
                }
                verdict => verdict,
            })
        })
    }

    fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, JournalError>> {
        self.inner.read_stream(&self.stream(stream), after, limit)
    }

    fn restore(
        &self,
        stream: &StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> BoxFuture<'_, Result<Restored, JournalError>> {
        let stream = self.stream(stream);
        Box::pin(async move {
            let last = self.last.lock().unwrap().clone().filter(|snapshot| snapshot.stream == stream);
            let forced = last.filter(|snapshot| match self.fault {
                Fault::GivesSnapshotsOfAnyFold => true,
                Fault::GivesSnapshotsOfAnyHistory | Fault::KeepsTheLastSnapshotInPlaceOfTheNewest => {
                    snapshot.fingerprint == fingerprint
                }
                _ => false,
            });
            if let Some(snapshot) = forced {
                let events = self.inner.read_stream(&stream, snapshot.version, limit).await?;
                return Ok(Restored::new(Some(snapshot), events));
            }
            let mut restored = self.inner.restore(&stream, fingerprint, limit).await?;
            if let Some(snapshot) = restored.snapshot.as_ref().filter(|_| self.is(Fault::RepeatsAnEventOfTheSnapshot)) {
                let before = Version::new(snapshot.version.number() - 1);
                restored.events = self.inner.read_stream(&stream, before, limit).await?;
            }
            Ok(restored)
        })
    }

    fn write_snapshot(&self, mut snapshot: Snapshot) -> BoxFuture<'_, Result<bool, JournalError>> {
        Box::pin(async move {
            snapshot.stream = self.stream(&snapshot.stream);
            if self.is(Fault::ForgetsSnapshots) {
                return Ok(true);
            }
            let kept = self.inner.write_snapshot(snapshot.clone()).await?;
            if kept || self.is(Fault::KeepsTheLastSnapshotInPlaceOfTheNewest) {
                *self.last.lock().unwrap() = Some(snapshot);
            }
            Ok(kept)
        })
    }

    fn stream_version(&self, stream: &StreamName) -> BoxFuture<'_, Result<Version, JournalError>> {
        self.inner.stream_version(&self.stream(stream))
    }

    fn read_log(&self, read: LogRead) -> BoxFuture<'_, Result<LogBatch, JournalError>> {
        Box::pin(async move {
            let mut read = read;
            if self.is(Fault::LeavesOutWhatIsNotKnown) {
                read.aggregates = Arc::default();
            }
            if let After::LogId(LogId { number, .. })
            | After::Checkpoint(Checkpoint { log_id: LogId { number, .. }, .. }) = read.after
                && self.is(Fault::ReadsOnBehindAnyHistory)
            {
                read.after = After::Position(number);
            }
            let mut batch = self.inner.read_log(read).await?;
            match self.fault {
                Fault::SkipsAnEntryOfTheLog => batch.events.retain(|event| event.position().number() != 23),
                Fault::ForgetsUnwantedEntries => batch.last = batch.events.last().map(StoredEvent::log_id),
                Fault::PromisesAnEndTooEarly => batch.end = true,
                _ => {}
            }
            Ok(batch)
        })
    }

    fn follow(
        &self,
        mut reads: Vec<LogRead>,
        patience: Duration,
    ) -> BoxFuture<'_, Result<Vec<LogBatch>, JournalError>> {
        if self.is(Fault::FollowsFromTheBeginning) {
            for read in &mut reads {
                read.after = After::Start;
            }
        }
        self.inner.follow(reads, patience)
    }

    fn wait_for_durability(
        &self,
        stream: &StreamName,
        id: AppendId,
        appended: Appended,
        durability: Durability,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        self.inner.wait_for_durability(&self.stream(stream), id, appended, durability)
    }

    fn recall(&self, stream: &StreamName, once: &Once) -> BoxFuture<'_, Result<Option<Remembered>, JournalError>> {
        self.inner.recall(&self.stream(stream), &self.once(once))
    }

    fn remember(
        &self,
        stream: &StreamName,
        once: Once,
        version: Version,
    ) -> BoxFuture<'_, Result<Remembered, JournalError>> {
        if self.is(Fault::ForgetsThatThereWasNothingToDo) {
            return Box::pin(async move { Ok(Remembered::Nothing { version }) });
        }
        self.inner.remember(&self.stream(stream), self.once(&once), version)
    }

    fn health(&self) -> BoxFuture<'_, Result<Health, JournalError>> {
        Box::pin(async move {
            let mut health = self.inner.health().await?;
            if self.is(Fault::CountsNoParkedRows) {
                health.parked.clear();
            }
            Ok(health)
        })
    }

    fn claim(&self, aggregate: &str, types: Vec<String>) -> BoxFuture<'_, Result<(), JournalError>> {
        let aggregate = aggregate.to_owned();
        Box::pin(async move {
            match self.inner.claim(&aggregate, types).await {
                Err(JournalError::TypeTaken { .. }) if self.is(Fault::LetsTwoKindsShareAType) => Ok(()),
                answer => answer,
            }
        })
    }

    fn owners(&self, types: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        Box::pin(async move {
            let mut owners = self.inner.owners(types).await?;
            if self.is(Fault::ForgetsWhoseATypeIs) {
                owners.fill(None);
            }
            Ok(owners)
        })
    }

    fn head(&self, partition: u16) -> BoxFuture<'_, Result<Option<LogId>, JournalError>> {
        self.inner.head(partition)
    }

    fn checkpoints(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<u16, Checkpoint>, JournalError>> {
        self.inner.checkpoints(&self.model(model))
    }

    fn revision(&self, model: &ReadModel) -> BoxFuture<'_, Result<u64, JournalError>> {
        self.inner.revision(&self.model(model))
    }

    fn rows(&self, model: &ReadModel, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        let model = self.model(model);
        Box::pin(async move {
            let count = keys.len();
            match self.inner.rows(&model, keys).await {
                Err(JournalError::Retired { .. }) if self.is(Fault::ReadsRetiredRows) => Ok(vec![None; count]),
                answer => answer,
            }
        })
    }

    fn rows_page(
        &self,
        model: &ReadModel,
        after: Option<String>,
        limit: usize,
    ) -> BoxFuture<'_, Result<RowsPage, JournalError>> {
        let model = self.model(model);
        Box::pin(async move {
            let mut page = self.inner.rows_page(&model, after, limit).await?;
            if self.is(Fault::ReordersPages) {
                page.rows.sort_by_key(|(key, _)| key.to_lowercase());
            }
            Ok(page)
        })
    }

    fn commit(&self, mut commit: Commit) -> BoxFuture<'_, Result<Committed, JournalError>> {
        Box::pin(async move {
            commit.model = self.model(&commit.model);
            if self.is(Fault::CommitsOnAnyRevision) {
                commit.revision = None;
            }
            let checkpoints = self.inner.checkpoints(&commit.model).await?;
            let found = checkpoints.get(&commit.partition).map(|checkpoint| checkpoint.log_id);
            if self.is(Fault::CommitsOnAnyCheckpoint) {
                commit.expected = found;
            }
            if self.is(Fault::MovesRowsWithoutTheCheckpoint)
                && let Some(found) = found
            {
                commit.checkpoint = found;
            }
            match self.fault {
                Fault::ForgetsEntries => commit.entries.clear(),
                Fault::KeepsRemovedEntries => commit.entries.retain(|change| change.there),
                Fault::ForgetsParkedRows => commit.parked.clear(),
                Fault::IgnoresLeases | Fault::NumbersLeasesAlike => commit.lease = None,
                _ => {}
            }
            let only_entries = found.filter(|_| !commit.entries.is_empty()).map(|found| {
                let nothing = Commit::new(commit.model.clone(), commit.partition, Some(found), found, Vec::new());
                nothing.with_entries(commit.entries.clone())
            });
            match (self.inner.commit(commit).await, only_entries) {
                (Ok(Committed::Moved { found }), Some(only_entries))
                    if self.is(Fault::ChangesEntriesOnAnyCheckpoint) =>
                {
                    let _ = self.inner.commit(only_entries).await?;
                    Ok(Committed::Moved { found })
                }
                (Err(JournalError::Retired { .. }), _) if self.is(Fault::TakesCommitsOfRetiredBuilds) => {
                    Ok(Committed::Done)
                }
                (answer, _) => answer,
            }
        })
    }

    fn find(&self, model: &ReadModel, mut find: Find) -> BoxFuture<'_, Result<Found, JournalError>> {
        let model = self.model(model);
        Box::pin(async move {
            match self.fault {
                Fault::FindsTheLeastFirst => find.descending = false,
                Fault::FindsBeyondTheEnd => find.to = find.to.map(|to| format!("{to}\0")),
                _ => {}
            }
            let mut found = match self.inner.find(&model, find).await {
                Err(JournalError::Foreign { .. }) if self.is(Fault::FindsNothingWhereAnEntryLeadsNowhere) => {
                    Found::default()
                }
                Err(JournalError::Retired { .. }) if self.is(Fault::FindsRetiredRows) => Found::default(),
                answer => answer?,
            };
            if self.is(Fault::SaysThatNothingIsLeft) {
                found.more = false;
            }
            Ok(found)
        })
    }

    fn clear(&self, model: &ReadModel) -> BoxFuture<'_, Result<(), JournalError>> {
        let model = self.model(model);
        Box::pin(async move {
            if self.is(Fault::KeepsParkedRowsOfClearedModels) {
                let parked = self.inner.parked(&model).await?;
                self.kept.lock().unwrap().insert(model.clone(), parked);
            }
            self.inner.clear(&model).await
        })
    }

    fn parked(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<String, String>, JournalError>> {
        let model = self.model(model);
        Box::pin(async move {
            let mut parked = self.inner.parked(&model).await?;
            parked.extend(self.kept.lock().unwrap().get(&model).cloned().unwrap_or_default());
            Ok(parked)
        })
    }

    fn builds(&self, name: &str) -> BoxFuture<'_, Result<Builds, JournalError>> {
        self.inner.builds(name)
    }

    fn build(&self, model: &ReadModel, mut step: BuildStep) -> BoxFuture<'_, Result<Builds, JournalError>> {
        let model = self.model(model);
        Box::pin(async move {
            let mut builds = self.inner.builds(&model.name).await?;
            match (&mut step, self.fault) {
                (BuildStep::Begin(fingerprint), Fault::ForgetsWhatMakesABuild) => *fingerprint = Fingerprint::new(0),
                (BuildStep::Serve, Fault::ServesABuildThatIsBehind) => {
                    if let Some(serving) = builds.serving() {
                        self.pretend_to_contain(&model, &serving.model).await?;
                    }
                }
                (BuildStep::Serve, Fault::ServesAnOlderBuild) => {
                    if let Some(newest) = builds.all.pop() {
                        return self.inner.build(&newest.model, BuildStep::Serve).await;
                    }
                }
                (BuildStep::Abandon, Fault::GivesUpNothing) => return Ok(builds),
                _ => {}
            }
            self.inner.build(&model, step).await
        })
    }

    fn sweep(&self, model: &ReadModel, rows: usize) -> BoxFuture<'_, Result<bool, JournalError>> {
        let model = self.model(model);
        Box::pin(async move {
            match self.fault {
                Fault::SweepsNothing if rows > 0 => Ok(false),
                Fault::SweepsAllAtOnce if rows > 0 => self.inner.sweep(&model, usize::MAX).await,
                Fault::SweepsForEver if rows > 0 => Ok(true),
                Fault::SweepsWhatIsRead => {
                    let left = self.inner.sweep(&model, rows).await?;
                    // One that is retired is not cleared.
                    let _ = self.inner.clear(&model).await;
                    Ok(left)
                }
                _ => self.inner.sweep(&model, rows).await,
            }
        })
    }

    fn lease(&self, mut request: LeaseRequest) -> BoxFuture<'_, Result<Leases, JournalError>> {
        Box::pin(async move {
            request.model = self.model(&request.model);
            match self.fault {
                Fault::LeasesForEver => request.time = request.time.max(Duration::from_hours(1)),
                Fault::LeasesToEverybody => "everybody".clone_into(&mut request.holder),
                _ => {}
            }
            let (model, holder) = (request.model.clone(), request.holder.clone());
            let mut leases = self.inner.lease(request).await?;
            match self.fault {
                Fault::NumbersLeasesAlike => leases.held.values_mut().for_each(|lease| *lease = Lease::new(1)),
                Fault::CountsOneHolder => leases.holders = 1,
                // Whatever one ever held.
                Fault::LetsHoldersKeepTooMuch => {
                    let mut held = self.held.lock().unwrap();
                    let before = held.entry((model, holder)).or_default();
                    for (partition, lease) in &*before {
                        leases.held.entry(*partition).or_insert(*lease);
                    }
                    before.clone_from(&leases.held);
                }
                _ => {}
            }
            Ok(leases)
        })
    }

    fn release(&self, model: &ReadModel, holder: &str) -> BoxFuture<'_, Result<(), JournalError>> {
        let (model, holder) = (self.model(model), holder.to_owned());
        Box::pin(async move {
            match self.fault {
                Fault::ReleasesNothing => Ok(()),
                Fault::ReleasesEverybody => {
                    for holder in ["a", "b", "c"] {
                        self.inner.release(&model, holder).await?;
                    }
                    self.inner.release(&model, &holder).await
                }
                _ => self.inner.release(&model, &holder).await,
            }
        })
    }
}

/// What the checks of a topic say of a journal with this fault.
async fn found_out(fault: Fault, topic: &str) -> String {
    let all = async {
        for partitions in PARTITIONS {
            for check in conformance::checks().iter().filter(|check| check.name().starts_with(topic)) {
                let inner = MemoryJournal::with_partitions(partitions);
                let (last, kept, held) = Default::default();
                check.run(Arc::new(Broken { fault, inner, last, kept, held })).await;
            }
        }
    };
    let verdict = AssertUnwindSafe(all).catch_unwind().await;
    let panic = verdict.expect_err(&format!("a journal with the fault {fault:?} passes the checks of {topic}"));
    panic.downcast_ref::<String>().expect("the suite says what failed").clone()
}

macro_rules! found_out {
    ($($test:ident: $fault:ident by $check:literal;)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let (topic, _) = $check.split_once("::").unwrap();
            let said = found_out(Fault::$fault, topic).await;
            assert!(said.starts_with(concat!("the check `", $check)), "{said}");
            assert!(said.contains("(partitions: "), "{said}");
        })*
    };
}

// Each is found by the first check of its topic that meets it.
found_out! {
    an_event_that_is_dropped_is_found: DropsTheLastEventOfABatch by "appending::";
    an_entry_that_is_skipped_is_found: SkipsAnEntryOfTheLog by "appending::";
    an_expectation_that_is_ignored_is_found: IgnoresWhatIsExpected by "appending::";
    an_append_that_happens_twice_is_found: AppendsTwice by "appending::";
    a_duplicate_that_is_taken_for_an_append_is_found: TakesADuplicateForAnAppend by "repeating::";
    missed_events_that_are_not_brought_are_found: BringsNoMissedEvents by "appending::";
    rows_that_move_without_their_checkpoint_are_found: MovesRowsWithoutTheCheckpoint by "rows::";
    a_commit_on_any_checkpoint_is_found: CommitsOnAnyCheckpoint by "rows::";
    a_commit_on_any_revision_is_found: CommitsOnAnyRevision by "rows::";
    pages_in_another_order_are_found: ReordersPages by "rows::pages_follow_the_bytes_of_the_keys";
    unwanted_entries_that_are_forgotten_are_found: ForgetsUnwantedEntries by "log::only_wanted_types_are_given";
    annotations_that_are_forgotten_are_found: ForgetsAnnotations by "payloads::annotations";
    a_payload_that_is_cut_is_found: CutsPayloads by "payloads::";
    ids_that_meet_are_found: JoinsIdsOfOneSpelling by "ids::";
    a_version_that_is_cleared_with_another_is_found: ClearsEveryVersion by "rows::";
    a_log_that_ends_too_early_is_found: PromisesAnEndTooEarly by "appending::";
    a_type_that_two_kinds_share_is_found: LetsTwoKindsShareAType by "types::a_type_of_another_kind";
    an_owner_that_is_forgotten_is_found: ForgetsWhoseATypeIs by "types::";
    a_snapshot_of_another_fold_is_found: GivesSnapshotsOfAnyFold by "snapshots::one_of_another_fingerprint";
    a_snapshot_of_another_history_is_found: GivesSnapshotsOfAnyHistory by "snapshots::one_of_another_history";
    a_snapshot_that_is_forgotten_is_found: ForgetsSnapshots by "snapshots::one_is_given";
    an_event_that_comes_twice_is_found: RepeatsAnEventOfTheSnapshot by "snapshots::one_is_given";
    an_older_snapshot_that_stays_is_found: KeepsTheLastSnapshotInPlaceOfTheNewest by "snapshots::an_older_one";
    an_append_to_another_history_is_found: AppendsToAnyHistory by "snapshots::an_append_after";
    a_history_that_is_not_compared_is_found: ReadsOnBehindAnyHistory by "log::who_goes_on_after";
    a_follower_that_begins_anew_is_found: FollowsFromTheBeginning by "log::who_follows";
    a_key_that_is_forgotten_is_found: ForgetsKeys by "keys::a_command_is_carried_out_once";
    a_key_of_anybody_is_found: ForgetsWhoseAKeyIs by "keys::a_key_of_another_command";
    a_key_that_stays_is_found: KeepsKeysForEver by "keys::a_key_is_kept";
    nothing_to_do_that_is_forgotten_is_found: ForgetsThatThereWasNothingToDo by "keys::";
    an_unknown_event_that_is_left_out_is_found: LeavesOutWhatIsNotKnown by "types::every_event";
    entries_that_are_forgotten_are_found: ForgetsEntries by "indexes::entries_come";
    an_entry_that_stays_is_found: KeepsRemovedEntries by "indexes::entries_are_added_and_removed";
    entries_that_change_without_the_rows_are_found: ChangesEntriesOnAnyCheckpoint by "indexes::a_commit_that_is_not";
    an_order_that_is_ignored_is_found: FindsTheLeastFirst by "indexes::entries_come";
    an_end_that_is_taken_in_is_found: FindsBeyondTheEnd by "indexes::a_part_begins";
    more_that_is_not_told_is_found: SaysThatNothingIsLeft by "indexes::a_limit_is_kept";
    damage_that_is_not_told_is_found: FindsNothingWhereAnEntryLeadsNowhere by "indexes::an_entry_that_leads_nowhere";
    a_parked_row_that_is_forgotten_is_found: ForgetsParkedRows by "parked::notes_are_written";
    a_parked_row_that_is_not_cleared_is_found: KeepsParkedRowsOfClearedModels by "parked::notes_are_those";
    a_parked_row_that_is_not_counted_is_found: CountsNoParkedRows by "parked::health";
    a_build_that_is_behind_is_found: ServesABuildThatIsBehind by "builds::one_is_served";
    an_older_build_that_is_served_is_found: ServesAnOlderBuild by "builds::only_a_newer_one";
    a_build_that_is_not_given_up_is_found: GivesUpNothing by "builds::only_a_newer_one";
    a_fingerprint_that_is_forgotten_is_found: ForgetsWhatMakesABuild by "builds::the_first";
    rows_that_are_read_of_a_retired_build_are_found: ReadsRetiredRows by "builds::one_that_is_made";
    rows_that_are_found_in_a_retired_build_are_found: FindsRetiredRows by "builds::one_that_is_retired";
    a_commit_to_a_retired_build_is_found: TakesCommitsOfRetiredBuilds by "builds::one_that_is_retired";
    a_build_that_is_not_swept_is_found: SweepsNothing by "builds::one_that_is_swept";
    a_build_that_is_swept_at_once_is_found: SweepsAllAtOnce by "builds::one_that_is_swept";
    a_build_that_is_read_and_swept_is_found: SweepsWhatIsRead by "builds::";
    a_sweep_without_an_end_is_found: SweepsForEver by "builds::a_name_without_builds";
    a_lease_that_nobody_needs_is_found: IgnoresLeases by "leases::";
    leases_of_one_number_are_found: NumbersLeasesAlike by "leases::the_number_grows";
    a_lease_that_never_runs_out_is_found: LeasesForEver by "leases::a_lease_that_ran_out";
    a_lease_of_everybody_is_found: LeasesToEverybody by "leases::three_share";
    a_share_that_is_too_large_is_found: LetsHoldersKeepTooMuch by "leases::";
    holders_that_are_not_counted_are_found: CountsOneHolder by "leases::three_share";
    what_is_not_given_back_is_found: ReleasesNothing by "leases::who_asks_alone";
    what_somebody_else_gives_back_is_found: ReleasesEverybody by "leases::what_is_given_back";
}
