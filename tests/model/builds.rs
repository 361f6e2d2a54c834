//! What the builds of a read model are: one of them is read, and one that was retired gives nothing and takes nothing.

use super::{answers::Wrong, journal::Model};
use annals::journal::{Build, BuildState, BuildStep, Builds, ReadModel};

impl Model {
    pub(crate) fn builds(&self, name: &str) -> Result<Builds, Wrong> {
        if name.contains(' ') {
            return Err(Wrong::Invalid);
        }
        Ok(Builds::new(self.builds.iter().filter(|build| build.model.name == name).cloned().collect()))
    }

    /// Where a build stands, if there is such a build.
    pub(crate) fn state(&self, model: &ReadModel) -> Option<BuildState> {
        self.builds.iter().find(|build| build.model == *model).map(|build| build.state)
    }

    fn serving(&self, name: &str) -> Option<ReadModel> {
        let mut serving = self.builds.iter().filter(|build| build.state == BuildState::Serving);
        serving.find(|build| build.model.name == name).map(|build| build.model.clone())
    }

    pub(crate) fn is_retired(&self, model: &ReadModel) -> bool {
        match self.state(model) {
            Some(state) => state == BuildState::Retired,
            None => self.serving(&model.name).is_some_and(|serving| age(&serving) > age(model)),
        }
    }

    pub(super) fn is_not_retired(&self, model: &ReadModel) -> Result<(), Wrong> {
        if self.is_retired(model) { Err(Wrong::Retired(model.clone())) } else { Ok(()) }
    }

    pub(crate) fn build(&mut self, model: &ReadModel, step: BuildStep) -> Result<Builds, Wrong> {
        self.builds(&model.name)?;
        let (state, serving) = (self.state(model), self.serving(&model.name));
        match step {
            BuildStep::Begin(fingerprint) => {
                let older = serving.as_ref().is_some_and(|serving| age(serving) > age(model));
                if state.is_none() && !older {
                    let state = if serving.is_some() { BuildState::Building } else { BuildState::Serving };
                    self.builds.push(Build::new(model.clone(), fingerprint, state));
                }
            }
            BuildStep::Serve if state == Some(BuildState::Building) => {
                let fits = |serving: &ReadModel| age(serving) < age(model) && self.contains(model, serving);
                if serving.as_ref().is_none_or(fits) {
                    if let Some(serving) = serving {
                        self.set(&serving, BuildState::Retired);
                    }
                    self.set(model, BuildState::Serving);
                }
            }
            BuildStep::Abandon if state == Some(BuildState::Building) => self.set(model, BuildState::Retired),
            BuildStep::Accept(fingerprint) => {
                for build in self.builds.iter_mut().filter(|build| build.model == *model) {
                    build.fingerprint = fingerprint;
                }
            }
            BuildStep::Serve | BuildStep::Abandon => {}
        }
        self.builds(&model.name)
    }

    fn contains(&self, model: &ReadModel, other: &ReadModel) -> bool {
        let reached = |model| self.checkpoints(model).unwrap_or_default();
        let own = reached(model);
        reached(other).iter().all(|(partition, other)| own.get(partition).is_some_and(|own| own.number >= other.number))
    }

    fn set(&mut self, model: &ReadModel, state: BuildState) {
        for build in self.builds.iter_mut().filter(|build| build.model == *model) {
            build.state = state;
        }
    }

    /// Forgets a build of which nothing is left.
    pub(crate) fn forget(&mut self, model: &ReadModel) {
        self.builds.retain(|build| build.model != *model);
        self.leases.remove(&model.to_string());
        self.empty(model);
    }
}

fn age(model: &ReadModel) -> (u32, u32) {
    (model.version, model.build)
}
