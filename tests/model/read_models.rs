//! What the rows of read models are: they change together with their entries and with the checkpoints that say what they
//! contain.

use super::{
    answers::Wrong,
    journal::{Model, at_least_one},
};
use annals::journal::{Commit, Committed, Find, Found, FoundRow, LogId, ReadModel, RowChange, RowsPage};
use std::collections::{BTreeMap, BTreeSet};

/// One read model.
#[derive(Clone, Default)]
pub(super) struct Rows {
    by_key: BTreeMap<String, String>,
    indexes: BTreeMap<String, BTreeSet<String>>,
    parked: BTreeMap<String, String>,
    checkpoints: BTreeMap<u16, LogId>,
    revision: u64,
}

impl Model {
    fn rows_of(&self, model: &ReadModel) -> Result<Rows, Wrong> {
        if model.name.contains(' ') {
            return Err(Wrong::Invalid);
        }
        Ok(self.read_models.get(&model.to_string()).cloned().unwrap_or_default())
    }

    pub(crate) fn checkpoints(&self, model: &ReadModel) -> Result<BTreeMap<u16, LogId>, Wrong> {
        Ok(self.rows_of(model)?.checkpoints)
    }

    pub(crate) fn revision(&self, model: &ReadModel) -> Result<u64, Wrong> {
        Ok(self.rows_of(model)?.revision)
    }

    /// Takes over a revision that is no earlier one.
    pub(crate) fn at_revision(&mut self, model: &ReadModel, found: u64) -> Result<(), String> {
        let rows = self.read_models.entry(model.to_string()).or_default();
        if found < rows.revision {
            return Err(format!("the revision of `{model}` went back from {} to {found}", rows.revision));
        }
        rows.revision = found;
        Ok(())
    }

    pub(crate) fn parked(&self, model: &ReadModel) -> Result<BTreeMap<String, String>, Wrong> {
        Ok(self.rows_of(model)?.parked)
    }

    pub(crate) fn entries(&self, model: &ReadModel, index: &str) -> BTreeSet<String> {
        self.rows_of(model).ok().and_then(|rows| rows.indexes.get(index).cloned()).unwrap_or_default()
    }

    pub(crate) fn find(&self, model: &ReadModel, find: &Find) -> Result<Found, Wrong> {
        let rows = self.rows_of(model)?.by_key;
        at_least_one(find.limit)?;
        self.is_not_retired(model)?;
        let mut part: Vec<_> = self.entries(model, &find.index).into_iter().collect();
        part.retain(|entry| *entry >= find.from && find.to.as_ref().is_none_or(|to| entry < to));
        if find.descending {
            part.reverse();
        }
        let more = part.len() > find.limit;
        part.truncate(find.limit);
        let row = |entry: String| {
            let key = entry.splitn(find.parts + 1, '\0').nth(find.parts).ok_or(Wrong::Damaged)?.to_owned();
            let row = rows.get(&key).ok_or(Wrong::Damaged)?;
            Ok(FoundRow::new(entry, key, row))
        };
        Ok(Found::new(part.into_iter().map(row).collect::<Result<_, Wrong>>()?, more))
    }

    pub(crate) fn rows(&self, model: &ReadModel, keys: &[String]) -> Result<Vec<Option<String>>, Wrong> {
        let rows = self.rows_of(model)?.by_key;
        self.is_not_retired(model)?;
        Ok(keys.iter().map(|key| rows.get(key).cloned()).collect())
    }

    pub(crate) fn rows_page(&self, model: &ReadModel, after: Option<&String>, limit: usize) -> Result<RowsPage, Wrong> {
        let rows = self.rows_of(model)?.by_key;
        at_least_one(limit)?;
        self.is_not_retired(model)?;
        let mut rest: Vec<_> = rows.into_iter().filter(|(key, _)| after.is_none_or(|after| key > after)).collect();
        let more = rest.len() > limit;
        rest.truncate(limit);
        Ok(RowsPage::new(rest, more))
    }

    pub(crate) fn commit(&mut self, commit: &Commit) -> Result<Committed, Wrong> {
        let mut model = self.rows_of(&commit.model)?;
        self.is_partition(commit.partition)?;
        let keys =
            |changes: &[RowChange]| changes.iter().map(|change| change.key.clone()).collect::<BTreeSet<_>>().len();
        let entries: BTreeSet<_> = commit.entries.iter().map(|change| (&change.index, &change.entry)).collect();
        if keys(&commit.changes) < commit.changes.len()
            || keys(&commit.parked) < commit.parked.len()
            || entries.len() < commit.entries.len()
        {
            return Err(Wrong::Invalid);
        }
        self.is_not_retired(&commit.model)?;
        if commit.lease.is_some() && commit.lease != self.lease_of(&commit.model, commit.partition) {
            return Ok(Committed::Fenced);
        }
        let found = model.checkpoints.get(&commit.partition).copied();
        if found != commit.expected || commit.revision.is_some_and(|revision| revision != model.revision) {
            return Ok(Committed::Moved { found });
        }
        for (rows, changes) in [(&mut model.by_key, &commit.changes), (&mut model.parked, &commit.parked)] {
            for change in changes {
                match &change.row {
                    Some(row) => rows.insert(change.key.clone(), row.clone()),
                    None => rows.remove(&change.key),
                };
            }
        }
        for change in &commit.entries {
            let entries = model.indexes.entry(change.index.clone()).or_default();
            if change.there {
                entries.insert(change.entry.clone())
            } else {
                entries.remove(&change.entry)
            };
        }
        model.checkpoints.insert(commit.partition, commit.checkpoint);
        model.revision += 1;
        self.read_models.insert(commit.model.to_string(), model);
        Ok(Committed::Done)
    }

    pub(crate) fn clear(&mut self, model: &ReadModel) -> Result<(), Wrong> {
        let revision = self.rows_of(model)?.revision + 1;
        self.is_not_retired(model)?;
        self.empty(model);
        self.at_revision(model, revision).map_err(|_| Wrong::Invalid)
    }

    /// Deletes all that a read model has but its revision.
    pub(super) fn empty(&mut self, model: &ReadModel) {
        let rows = self.read_models.entry(model.to_string()).or_default();
        *rows = Rows { revision: rows.revision, ..Rows::default() };
    }
}
