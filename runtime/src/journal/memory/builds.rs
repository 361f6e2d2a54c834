//! What is recorded of the builds of read models: which one is read, which are made, and which are retired.

use crate::journal::{Build, BuildState, Builds, Fingerprint, ReadModel};
use std::collections::HashMap;

/// The builds of every read model, by its name.
#[derive(Default)]
pub(super) struct Records {
    records: HashMap<String, Builds>,
}

impl Records {
    pub(super) fn of(&self, name: &str) -> Builds {
        self.records.get(name).cloned().unwrap_or_default()
    }

    /// Whether a build gives no rows and takes no commits: it is recorded as retired, or it was forgotten since.
    pub(super) fn is_retired(&self, model: &ReadModel) -> bool {
        match self.state(model) {
            Some(state) => state == BuildState::Retired,
            // Where no build is recorded, or an older one is read, nobody has taken this one's place.
            None => self.serving(&model.name).is_some_and(|serving| serving.age() > model.age()),
        }
    }

    pub(super) fn state(&self, model: &ReadModel) -> Option<BuildState> {
        Some(self.records.get(&model.name)?.of(model)?.state)
    }

    pub(super) fn serving(&self, name: &str) -> Option<&ReadModel> {
        Some(&self.records.get(name)?.serving()?.model)
    }

    pub(super) fn begin(&mut self, model: &ReadModel, fingerprint: Fingerprint) {
        let state = match self.serving(&model.name) {
            None => BuildState::Serving,
            Some(serving) if serving.age() < model.age() => BuildState::Building,
            Some(_) => return,
        };
        if self.state(model).is_some() {
            return;
        }
        let builds = self.records.entry(model.name.clone()).or_default();
        builds.all.push(Build::new(model.clone(), fingerprint, state));
        builds.all.sort_by_key(|build| build.model.age());
    }

    pub(super) fn set(&mut self, model: &ReadModel, state: BuildState) {
        if let Some(build) = self.get_mut(model) {
            build.state = state;
        }
    }

    pub(super) fn accept(&mut self, model: &ReadModel, fingerprint: Fingerprint) {
        if let Some(build) = self.get_mut(model) {
            build.fingerprint = fingerprint;
        }
    }

    pub(super) fn forget(&mut self, model: &ReadModel) {
        if let Some(builds) = self.records.get_mut(&model.name) {
            builds.all.retain(|build| build.model != *model);
        }
    }

    fn get_mut(&mut self, model: &ReadModel) -> Option<&mut Build> {
        self.records.get_mut(&model.name)?.all.iter_mut().find(|build| build.model == *model)
    }
}
