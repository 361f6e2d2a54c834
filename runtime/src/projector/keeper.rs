//! Where the rows of a read model are kept, beside the checkpoints that say what they contain.

use super::{ProjectError, fold::Changed};
use crate::{
    journal::{Checkpoint, Commit, Committed, EntryChange, Journal, JournalError, Lease, ReadModel, RowChange},
    model::Projection,
};
use futures_util::future::BoxFuture;
use std::{collections::BTreeMap, sync::Arc};

/// What keeps rows: the journal itself, or another database.
pub(super) trait Keeper<P: Projection>: Send + Sync {
    /// What the rows contain now.
    fn standing(&self) -> BoxFuture<'_, Result<Standing, ProjectError>>;

    /// The rows of these keys, in the order of the keys.
    fn load(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Loaded<P>>, ProjectError>>;

    /// Changes rows and moves the checkpoint, together or not at all.
    fn commit(&self, step: Step<P>) -> BoxFuture<'_, Result<Committed, ProjectError>>;

    /// Deletes rows and checkpoints.
    fn clear(&self) -> BoxFuture<'_, Result<(), ProjectError>>;

    /// Whether it can note that a row is parked.
    fn parks(&self) -> bool;
}

/// What the rows contain.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    pub(super) revision: u64,
    pub(super) checkpoints: BTreeMap<u16, Checkpoint>,
    /// What is noted of the rows that are parked.
    pub(super) parked: BTreeMap<String, String>,
}

/// A row as it is kept.
pub(super) enum Loaded<P> {
    Absent,
    Row {
        json: String,
        row: P,
    },
    /// It is there, and does not read as it is declared.
    Unreadable(ProjectError),
}

/// Rows to change, and how far that brings them.
pub(super) struct Step<P> {
    pub(super) partition: u16,
    pub(super) expected: Option<Checkpoint>,
    pub(super) reached: Checkpoint,
    pub(super) revision: u64,
    pub(super) lease: Option<Lease>,
    pub(super) changes: Vec<Changed<P>>,
    pub(super) parked: Vec<RowChange>,
}

/// One build of a read model in the journal.
pub(super) struct InJournal {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) model: ReadModel,
}

impl<P: Projection> Keeper<P> for InJournal {
    fn standing(&self) -> BoxFuture<'_, Result<Standing, ProjectError>> {
        Box::pin(async move {
            // Before all that depends on it: what is read later cannot be older.
            let revision = self.journal.revision(&self.model).await?;
            let checkpoints = self.journal.checkpoints(&self.model).await?;
            let parked = self.journal.parked(&self.model).await?;
            Ok(Standing { revision, checkpoints, parked })
        })
    }

    fn load(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Loaded<P>>, ProjectError>> {
        Box::pin(async move {
            let rows = self.journal.rows(&self.model, keys.clone()).await?;
            let loaded = rows.into_iter().zip(&keys).map(|(json, key)| match json {
                None => Loaded::Absent,
                Some(json) => match super::read_row(key, &json) {
                    Ok(row) => Loaded::Row { json, row },
                    Err(error) => Loaded::Unreadable(error),
                },
            });
            Ok(loaded.collect())
        })
    }

    fn commit(&self, step: Step<P>) -> BoxFuture<'_, Result<Committed, ProjectError>> {
        Box::pin(async move {
            let Step { partition, expected, reached, revision, lease, changes, parked } = step;
            let mut rows = Vec::with_capacity(changes.len());
            let mut entries = Vec::new();
            for Changed { key, entries: before, now } in changes {
                let after = now.as_ref().map(|now| now.entries.as_slice()).unwrap_or_default();
                changed_entries(&key, &before, after, &mut entries);
                match now {
                    Some(now) => rows.push(RowChange::write(key, now.json)),
                    None => rows.push(RowChange::delete(key)),
                }
            }
            let expected = expected.map(|checkpoint| checkpoint.log_id);
            let mut commit = Commit::new(self.model.clone(), partition, expected, reached.log_id, rows)
                .at_revision(revision)
                .with_entries(entries)
                .with_parked(parked);
            commit.event = reached.event;
            commit.lease = lease;
            Ok(self.journal.commit(commit).await?)
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), ProjectError>> {
        Box::pin(async move { Ok(self.journal.clear(&self.model).await?) })
    }

    fn parks(&self) -> bool {
        true
    }
}

/// The entries of a row that go, and those that come. An entry ends with the row's key.
fn changed_entries(
    key: &str,
    before: &[(&'static str, String)],
    after: &[(&'static str, String)],
    changes: &mut Vec<EntryChange>,
) {
    let gone = before.iter().filter(|entry| !after.contains(entry));
    changes.extend(gone.map(|(index, entry)| EntryChange::remove(*index, format!("{entry}{key}"))));
    let new = after.iter().filter(|entry| !before.contains(entry));
    changes.extend(new.map(|(index, entry)| EntryChange::add(*index, format!("{entry}{key}"))));
}

/// Whether this says that the journal or the database cannot be reached now, and may be soon.
pub(super) fn is_outage(error: &ProjectError) -> bool {
    match error {
        ProjectError::Journal(error) => matches!(error, JournalError::Unavailable { .. }),
        ProjectError::RowStore { source, .. } => source.is_passing(),
        _ => false,
    }
}
