//! Commits to read models: rows, entries of indexes, notes of parked rows and the checkpoint, in one call.

use super::{
    Checkpoint, Commit, Committed, JournalError, ReadModel, RedisJournal, checks,
    connection::{Failure, Patience},
    endure,
    keys::{Keys, ModelKeys},
    reply::{Reply, Unexpected},
    rows::{self, refusal},
};
use crate::journal::{EntryChange, LogId, RowChange};
use redis::Value;
use std::collections::BTreeMap;

/// A commit as the function wants it.
struct Call {
    keys: Vec<String>,
    arguments: Vec<String>,
}

/// How a call ended, and whether a call of it before may have happened whose answer was lost.
struct Answer {
    value: Value,
    may_have_happened: bool,
}

impl RedisJournal {
    pub(super) async fn commit_rows(&self, commit: Commit) -> Result<Committed, JournalError> {
        checks::commit(&commit, self.keys.partitions())?;
        let (model, reached) = (commit.model.clone(), commit.checkpoint);
        let operation = format!("commit rows of `{model}`");
        let odd = |found: Unexpected| found.during(&operation);
        let keys = self.keys.model(&model);
        let field = Keys::checkpoint(&model, commit.partition);

        let Answer { value, may_have_happened } = self.send_commit(&operation, &call(&keys, &field, commit)).await?;
        let mut reply = Reply::new(value).map_err(odd)?;
        let word = reply.text().map_err(odd)?;
        if word == "done" {
            return Ok(Committed::Done);
        }
        if !["moved", "fenced", "retired"].contains(&word.as_str()) {
            return Err(refusal(&operation, &model, &word, reply));
        }
        let found = match reply.told().map_err(odd)? {
            none if none.is_empty() => None,
            found => Some(rows::checkpoint(&keys.checkpoints(), &field, &found)?.log_id),
        };
        // Then it was this commit whose answer was lost, whatever has become of the lease and the build since.
        if may_have_happened && found == Some(reached) {
            return Ok(Committed::Done);
        }
        verdict(&word, found, model)
    }

    /// Sends a commit until it is answered.
    async fn send_commit(&self, operation: &str, call: &Call) -> Result<Answer, JournalError> {
        let keys: Vec<_> = call.keys.iter().map(String::as_str).collect();
        let mut may_have_happened = false;
        let mut patience = Patience::new();
        loop {
            match self.functions.call(&self.connection, patience.deadline(), "commit", &keys, &call.arguments).await {
                Ok(value) => return Ok(Answer { value, may_have_happened }),
                Err(failure) => {
                    may_have_happened |= matches!(failure, Failure::Lost(_));
                    endure(operation, failure, &mut patience).await.map_err(|error| match error {
                        JournalError::Unavailable { operation, reason } if may_have_happened => {
                            let reason = format!("{reason}; whether it happened shows in the checkpoint");
                            JournalError::Unavailable { operation, reason }
                        }
                        error => error,
                    })?;
                }
            }
        }
    }
}

/// What a commit that was not done is answered with.
fn verdict(word: &str, found: Option<LogId>, model: ReadModel) -> Result<Committed, JournalError> {
    match word {
        "moved" => Ok(Committed::Moved { found }),
        "fenced" => Ok(Committed::Fenced),
        _ => Err(JournalError::Retired { model }),
    }
}

/// The keys and arguments of a commit, as `journal.lua` says them.
fn call(of: &ModelKeys, field: &str, commit: Commit) -> Call {
    let Commit { expected, revision, checkpoint, event, lease, changes, entries, parked, .. } = commit;
    let reached = Checkpoint::new(checkpoint);
    let reached = event.map_or(reached, |event| reached.of_event(event));
    let (rows, notes) = (Sorted::of(changes), Sorted::of(parked));
    let mut keys = vec![
        of.rows(),
        of.row_keys(),
        of.checkpoints(),
        of.builds(),
        of.leases(),
        of.parked(),
        of.parked_counts(),
        of.indexes(),
    ];
    let mut arguments = vec![
        of.model().to_owned(),
        field.to_owned(),
        expected.map(|log_id| log_id.to_string()).unwrap_or_default(),
        reached.to_string(),
        revision.map(|revision| revision.to_string()).unwrap_or_default(),
        lease.map(|lease| lease.number().to_string()).unwrap_or_default(),
    ];
    for sorted in [&rows, &notes] {
        arguments.extend([(sorted.written.len() / 2).to_string(), sorted.deleted.len().to_string()]);
    }
    for sorted in [rows, notes] {
        arguments.extend(sorted.written);
        arguments.extend(sorted.deleted);
    }
    for (index, Entries { removed, added }) in by_index(entries) {
        keys.push(of.index(&index));
        arguments.extend([removed.len().to_string(), added.len().to_string()]);
        arguments.extend(removed);
        arguments.extend(added);
    }
    Call { keys, arguments }
}

/// Changes of a hash: fields with their values, and fields that go.
#[derive(Default)]
struct Sorted {
    written: Vec<String>,
    deleted: Vec<String>,
}

impl Sorted {
    /// In the order of the keys: the server finds the places of neighbours fast one after another.
    fn of(mut changes: Vec<RowChange>) -> Self {
        changes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        let mut sorted = Self::default();
        for RowChange { key, row } in changes {
            match row {
                Some(row) => sorted.written.extend([key, row]),
                None => sorted.deleted.push(key),
            }
        }
        sorted
    }
}

/// Changes of one index.
#[derive(Default)]
struct Entries {
    removed: Vec<String>,
    added: Vec<String>,
}

/// The changes of each index, in the order of the entries, for the same reason.
fn by_index(entries: Vec<EntryChange>) -> BTreeMap<String, Entries> {
    let mut indexes = BTreeMap::<String, Entries>::new();
    for EntryChange { index, entry, there } in entries {
        let changes = indexes.entry(index).or_default();
        if there { changes.added.push(entry) } else { changes.removed.push(entry) }
    }
    for Entries { removed, added } in indexes.values_mut() {
        removed.sort_unstable();
        added.sort_unstable();
    }
    indexes
}
