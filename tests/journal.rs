//! The journal in memory keeps the contract, and a journal that does not is found out.

use annals::{
    StreamName, Version,
    journal::{
        After, Append, AppendId, Appended, Checkpoint, Commit, Committed, Durability, Expected, Fingerprint, Health,
        Journal, JournalError, LogBatch, LogId, LogRead, MemoryJournal, Once, ReadModel, Remembered, Restored,
        RowsPage, Snapshot, StoredEvent, Verdict,
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
}

/// The journal in memory with one fault.
#[derive(Debug)]
struct Broken {
    fault: Fault,
    inner: MemoryJournal,
    /// The snapshot that was written last.
    last: Mutex<Option<Snapshot>>,
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
        self.inner.health()
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
        self.inner.rows(&self.model(model), keys)
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
            self.inner.commit(commit).await
        })
    }

    fn clear(&self, model: &ReadModel) -> BoxFuture<'_, Result<(), JournalError>> {
        self.inner.clear(&self.model(model))
    }
}

/// What the suite says of a journal with this fault.
async fn found_out(fault: Fault) -> String {
    let open = |partitions| async move {
        let inner = MemoryJournal::with_partitions(partitions);
        Arc::new(Broken { fault, inner, last: Mutex::default() }) as Arc<dyn Journal>
    };
    let verdict = AssertUnwindSafe(conformance::run(open)).catch_unwind().await;
    let panic = verdict.expect_err(&format!("a journal with the fault {fault:?} passes the suite"));
    panic.downcast_ref::<String>().expect("the suite says what failed").clone()
}

macro_rules! found_out {
    ($($test:ident: $fault:ident by $check:literal;)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let said = found_out(Fault::$fault).await;
            assert!(said.starts_with(concat!("the check `", $check)), "{said}");
            assert!(said.contains("(partitions: "), "{said}");
        })*
    };
}

// Each is found by the first check that meets it.
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
}
