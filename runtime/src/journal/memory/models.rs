//! Rows of read models beside the checkpoints that say what they contain.

use crate::journal::{Checkpoint, Commit, Committed, ReadModel, RowsPage};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
};

/// Every read model.
#[derive(Default)]
pub(super) struct Models {
    models: HashMap<ReadModel, Model>,
}

/// One read model. Strings are ordered by their bytes, and so are the rows.
#[derive(Default)]
struct Model {
    rows: BTreeMap<String, String>,
    checkpoints: BTreeMap<u16, Checkpoint>,
    revision: u64,
}

impl Models {
    pub(super) fn checkpoints(&self, model: &ReadModel) -> BTreeMap<u16, Checkpoint> {
        self.models.get(model).map(|model| model.checkpoints.clone()).unwrap_or_default()
    }

    pub(super) fn revision(&self, model: &ReadModel) -> u64 {
        self.models.get(model).map_or(0, |model| model.revision)
    }

    pub(super) fn rows(&self, model: &ReadModel, keys: &[String]) -> Vec<Option<String>> {
        let model = self.models.get(model);
        keys.iter().map(|key| model.and_then(|model| model.rows.get(key)).cloned()).collect()
    }

    pub(super) fn page(&self, model: &ReadModel, after: Option<String>, limit: usize) -> RowsPage {
        let Some(model) = self.models.get(model) else {
            return RowsPage::default();
        };
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = model.rows.range((start, Bound::Unbounded));
        let rows = rest.by_ref().take(limit).map(|(key, row)| (key.clone(), row.clone())).collect();
        RowsPage::new(rows, rest.next().is_some())
    }

    pub(super) fn commit(&mut self, commit: Commit) -> Committed {
        let Commit { model, partition, expected, revision, checkpoint, event, changes } = commit;
        let found =
            self.models.get(&model).and_then(|model| model.checkpoints.get(&partition)).map(|found| found.log_id);
        if found != expected || revision.is_some_and(|revision| revision != self.revision(&model)) {
            return Committed::Moved { found };
        }
        let model = self.models.entry(model).or_default();
        for change in changes {
            match change.row {
                Some(row) => model.rows.insert(change.key, row),
                None => model.rows.remove(&change.key),
            };
        }
        let reached = Checkpoint::new(checkpoint);
        model.checkpoints.insert(partition, event.map_or(reached, |event| reached.of_event(event)));
        model.revision += 1;
        Committed::Done
    }

    pub(super) fn clear(&mut self, model: &ReadModel) {
        let model = self.models.entry(model.clone()).or_default();
        // The revision goes on, so that nobody takes the rows that come next for those that were here.
        *model = Model { revision: model.revision + 1, ..Model::default() };
    }
}
