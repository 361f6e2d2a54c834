//! What the rows of read models are: they change together with the checkpoints that say what they contain.

use super::{
    answers::Wrong,
    journal::{Model, at_least_one},
};
use annals::journal::{Commit, Committed, LogId, ReadModel, RowsPage};
use std::collections::{BTreeMap, BTreeSet};

/// One read model.
#[derive(Clone, Default)]
pub(super) struct Rows {
    by_key: BTreeMap<String, String>,
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

    pub(crate) fn rows(&self, model: &ReadModel, keys: &[String]) -> Result<Vec<Option<String>>, Wrong> {
        let rows = self.rows_of(model)?.by_key;
        Ok(keys.iter().map(|key| rows.get(key).cloned()).collect())
    }

    pub(crate) fn rows_page(&self, model: &ReadModel, after: Option<&String>, limit: usize) -> Result<RowsPage, Wrong> {
        let rows = self.rows_of(model)?.by_key;
        at_least_one(limit)?;
        let mut rest: Vec<_> = rows.into_iter().filter(|(key, _)| after.is_none_or(|after| key > after)).collect();
        let more = rest.len() > limit;
        rest.truncate(limit);
        Ok(RowsPage::new(rest, more))
    }

    pub(crate) fn commit(&mut self, commit: &Commit) -> Result<Committed, Wrong> {
        let mut model = self.rows_of(&commit.model)?;
        self.is_partition(commit.partition)?;
        let keys: BTreeSet<_> = commit.changes.iter().map(|change| &change.key).collect();
        if keys.len() < commit.changes.len() {
            return Err(Wrong::Invalid);
        }
        let found = model.checkpoints.get(&commit.partition).copied();
        if found != commit.expected || commit.revision.is_some_and(|revision| revision != model.revision) {
            return Ok(Committed::Moved { found });
        }
        for change in &commit.changes {
            match &change.row {
                Some(row) => model.by_key.insert(change.key.clone(), row.clone()),
                None => model.by_key.remove(&change.key),
            };
        }
        model.checkpoints.insert(commit.partition, commit.checkpoint);
        model.revision += 1;
        self.read_models.insert(commit.model.to_string(), model);
        Ok(Committed::Done)
    }

    pub(crate) fn clear(&mut self, model: &ReadModel) -> Result<(), Wrong> {
        let revision = self.rows_of(model)?.revision + 1;
        self.read_models.insert(model.to_string(), Rows { revision, ..Rows::default() });
        Ok(())
    }
}
