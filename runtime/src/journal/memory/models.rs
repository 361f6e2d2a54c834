//! Rows of read models, with all that changes together with them: entries, parked rows, checkpoints, builds and leases.

use super::{builds::Records, indexes::Indexes, leases::Shares};
use crate::journal::{
    BuildState, BuildStep, Builds, Checkpoint, Commit, Committed, Find, Found, JournalError, LeaseRequest, Leases,
    ReadModel, RowChange, RowsPage,
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
};
use tokio::time::Instant;

/// Every read model.
#[derive(Default)]
pub(super) struct Models {
    kept: HashMap<ReadModel, Model>,
    builds: Records,
    leases: HashMap<ReadModel, Shares>,
}

/// One read model. Strings are ordered by their bytes, and so are the rows.
#[derive(Default)]
struct Model {
    rows: BTreeMap<String, String>,
    indexes: Indexes,
    parked: BTreeMap<String, String>,
    checkpoints: BTreeMap<u16, Checkpoint>,
    revision: u64,
}

impl Models {
    pub(super) fn checkpoints(&self, model: &ReadModel) -> BTreeMap<u16, Checkpoint> {
        self.kept.get(model).map(|model| model.checkpoints.clone()).unwrap_or_default()
    }

    pub(super) fn revision(&self, model: &ReadModel) -> u64 {
        self.kept.get(model).map_or(0, |model| model.revision)
    }

    pub(super) fn parked(&self, model: &ReadModel) -> BTreeMap<String, String> {
        self.kept.get(model).map(|model| model.parked.clone()).unwrap_or_default()
    }

    /// How many rows of each read model are parked, where there are some.
    pub(super) fn parked_counts(&self) -> BTreeMap<ReadModel, u64> {
        let parked = self.kept.iter().filter(|(_, model)| !model.parked.is_empty());
        let count = |model: &Model| u64::try_from(model.parked.len()).unwrap_or(u64::MAX);
        parked.map(|(name, model)| (name.clone(), count(model))).collect()
    }

    pub(super) fn rows(&self, model: &ReadModel, keys: &[String]) -> Result<Vec<Option<String>>, JournalError> {
        let model = self.read(model)?;
        Ok(keys.iter().map(|key| model.and_then(|model| model.rows.get(key)).cloned()).collect())
    }

    pub(super) fn page(
        &self,
        model: &ReadModel,
        after: Option<String>,
        limit: usize,
    ) -> Result<RowsPage, JournalError> {
        let Some(model) = self.read(model)? else { return Ok(RowsPage::default()) };
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = model.rows.range((start, Bound::Unbounded));
        let rows = rest.by_ref().take(limit).map(|(key, row)| (key.clone(), row.clone())).collect();
        Ok(RowsPage::new(rows, rest.next().is_some()))
    }

    pub(super) fn find(&self, model: &ReadModel, find: &Find) -> Result<Found, JournalError> {
        let Some(found) = self.read(model)? else { return Ok(Found::default()) };
        found.indexes.find(model, find, &found.rows)
    }

    pub(super) fn commit(&mut self, commit: Commit) -> Result<Committed, JournalError> {
        let Commit { model, partition, expected, revision, checkpoint, event, lease, changes, entries, parked } =
            commit;
        let there = self.read(&model)?;
        let holds = |lease| self.leases.get(&model).is_some_and(|held| held.holds(partition, lease, Instant::now()));
        if lease.is_some_and(|lease| !holds(lease)) {
            return Ok(Committed::Fenced);
        }
        let found = there.and_then(|there| there.checkpoints.get(&partition)).map(|found| found.log_id);
        if found != expected || revision.is_some_and(|revision| revision != self.revision(&model)) {
            return Ok(Committed::Moved { found });
        }
        let model = self.kept.entry(model).or_default();
        change(&mut model.rows, changes);
        change(&mut model.parked, parked);
        for entry in entries {
            model.indexes.change(entry);
        }
        let reached = Checkpoint::new(checkpoint);
        model.checkpoints.insert(partition, event.map_or(reached, |event| reached.of_event(event)));
        model.revision += 1;
        Ok(Committed::Done)
    }

    pub(super) fn clear(&mut self, model: &ReadModel) -> Result<(), JournalError> {
        self.read(model)?;
        self.empty(model);
        Ok(())
    }

    /// Deletes all that a read model has. The revision goes on, so that nobody takes the rows that come next for those that
    /// were here.
    fn empty(&mut self, model: &ReadModel) {
        let model = self.kept.entry(model.clone()).or_default();
        *model = Model { revision: model.revision + 1, ..Model::default() };
    }

    pub(super) fn builds(&self, name: &str) -> Builds {
        self.builds.of(name)
    }

    pub(super) fn build(&mut self, model: &ReadModel, step: BuildStep) -> Builds {
        match step {
            BuildStep::Begin(fingerprint) => self.builds.begin(model, fingerprint),
            BuildStep::Serve => self.serve(model),
            BuildStep::Abandon if self.is_building(model) => self.retire(model),
            BuildStep::Abandon => {}
            BuildStep::Accept(fingerprint) => self.builds.accept(model, fingerprint),
        }
        self.builds.of(&model.name)
    }

    fn serve(&mut self, model: &ReadModel) {
        if !self.is_building(model) {
            return;
        }
        if let Some(serving) = self.builds.serving(&model.name).cloned() {
            if serving.age() > model.age() || !self.contains(model, &serving) {
                return;
            }
            self.retire(&serving);
        }
        self.builds.set(model, BuildState::Serving);
    }

    fn is_building(&self, model: &ReadModel) -> bool {
        self.builds.state(model) == Some(BuildState::Building)
    }

    /// Whether one build has taken in all of the log that another one has.
    fn contains(&self, model: &ReadModel, other: &ReadModel) -> bool {
        let own = self.checkpoints(model);
        self.checkpoints(other).iter().all(|(partition, reached)| {
            own.get(partition).is_some_and(|own| own.log_id.number >= reached.log_id.number)
        })
    }

    /// From now on a build gives no rows. A commit that is under way finds another revision, also where a build of the same
    /// number is begun after this one was forgotten.
    fn retire(&mut self, model: &ReadModel) {
        self.builds.set(model, BuildState::Retired);
        self.kept.entry(model.clone()).or_default().revision += 1;
    }

    /// Deletes at most so many rows, or entries where no rows are left: nobody reads either any more. At last all the rest.
    pub(super) fn sweep(&mut self, model: &ReadModel, most: usize) -> bool {
        if self.builds.state(model) != Some(BuildState::Retired) {
            return false;
        }
        if let Some(there) = self.kept.get_mut(model) {
            let mut left = most;
            while left > 0 && there.rows.pop_first().is_some() {
                left -= 1;
            }
            there.indexes.delete(left);
            if !there.rows.is_empty() || !there.indexes.is_empty() {
                return true;
            }
        }
        self.empty(model);
        self.leases.remove(model);
        self.builds.forget(model);
        false
    }

    pub(super) fn lease(&mut self, request: LeaseRequest, partitions: u16) -> Leases {
        self.leases.entry(request.model.clone()).or_default().lease(request, partitions, Instant::now())
    }

    pub(super) fn release(&mut self, model: &ReadModel, holder: &str) {
        if let Some(shares) = self.leases.get_mut(model) {
            shares.release(holder);
        }
    }

    /// A read model that may be read, if there is one.
    fn read(&self, model: &ReadModel) -> Result<Option<&Model>, JournalError> {
        if self.builds.is_retired(model) {
            return Err(JournalError::Retired { model: model.clone() });
        }
        Ok(self.kept.get(model))
    }
}

fn change(rows: &mut BTreeMap<String, String>, changes: Vec<RowChange>) {
    for RowChange { key, row } in changes {
        match row {
            Some(row) => rows.insert(key, row),
            None => rows.remove(&key),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{EntryChange, Fingerprint, LogId};

    fn model(version: u32) -> ReadModel {
        ReadModel::new("orders", version)
    }

    /// A build of so many rows, each with an entry in two indexes.
    fn filled(models: &mut Models, model: &ReadModel, rows: u64) {
        models.build(model, BuildStep::Begin(Fingerprint::new(1)));
        let changes = (0..rows).map(|key| RowChange::write(key.to_string(), "{}")).collect();
        let entries = (0..rows).flat_map(|key| ["a", "b"].map(|index| EntryChange::add(index, format!("x\0{key}"))));
        let commit = Commit::new(model.clone(), 0, None, LogId::new(7, 7), changes).with_entries(entries.collect());
        assert_eq!(models.commit(commit), Ok(Committed::Done));
    }

    #[test]
    fn a_sweep_does_no_more_at_a_time_than_it_is_asked_to() {
        let mut models = Models::default();
        let (old, new) = (model(1), model(2));
        filled(&mut models, &old, 5);
        filled(&mut models, &new, 0);
        models.build(&new, BuildStep::Serve);
        let left = |models: &Models| {
            let model = &models.kept[&old];
            let mut indexes = 0;
            for index in ["a", "b"] {
                let all = (0..5).map(|key| (key.to_string(), String::new())).collect();
                indexes +=
                    model.indexes.find(&old, &Find::new(index, 1, "", 10), &all).map_or(0, |found| found.rows.len());
            }
            (model.rows.len(), indexes)
        };
        for expected in [(3, 10), (1, 10), (0, 9), (0, 7), (0, 5), (0, 3), (0, 1)] {
            assert!(models.sweep(&old, 2));
            assert_eq!(left(&models), expected);
        }
        assert!(!models.sweep(&old, 2));
        assert_eq!(left(&models), (0, 0));
    }

    #[test]
    fn the_leases_of_a_build_that_was_swept_are_forgotten() {
        let mut models = Models::default();
        let (old, new) = (model(1), model(2));
        filled(&mut models, &old, 0);
        filled(&mut models, &new, 0);
        let asked = LeaseRequest::new(old.clone(), "a", std::time::Duration::from_hours(1));
        assert_eq!(models.lease(asked, 1).held.len(), 1);
        models.build(&new, BuildStep::Serve);
        assert!(!models.sweep(&old, 1));
        assert!(models.leases.is_empty());
    }

    #[test]
    fn a_commit_on_the_way_to_a_build_that_was_given_up_finds_another_revision() {
        let mut models = Models::default();
        let (serving, new) = (model(1), model(2));
        filled(&mut models, &serving, 0);
        models.build(&new, BuildStep::Begin(Fingerprint::new(2)));
        let revision = models.revision(&new);
        let late = Commit::new(new.clone(), 0, None, LogId::new(1, 1), Vec::new()).at_revision(revision);
        models.build(&new, BuildStep::Abandon);
        assert!(!models.sweep(&new, 1));
        // By now somebody begins a build of the same number.
        models.build(&new, BuildStep::Begin(Fingerprint::new(3)));
        assert_eq!(models.commit(late), Ok(Committed::Moved { found: None }));
    }
}
