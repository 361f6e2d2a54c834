//! Which build of a read model is written, and which is read: versions, changed folds, and the change from one to the next.

use super::{OnChanged, ProjectError, Projector};
use crate::{
    codec,
    journal::{Build, BuildState, BuildStep, Builds, Fingerprint, Journal, JournalError, ReadModel},
    model::Projection,
    trace::tell,
};
use futures_util::future::BoxFuture;
use std::{
    any::type_name,
    fmt::Write as _,
    panic,
    sync::{Arc, PoisonError},
};

/// How many rows of a retired build are deleted in one call to the journal.
pub(super) const SLICE: usize = 1_000;

/// The build that this program writes.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    pub(super) model: ReadModel,
    /// Whether another one is read meanwhile.
    pub(super) beside: bool,
}

/// What the rows of a projection are made by, as far as it can be seen: its fold, the shape of its rows, its indexes.
pub(super) fn fingerprint_of<P: Projection>() -> Fingerprint {
    // The shape is found by asking the row's `Deserialize`, which may panic at what it is asked.
    let shape = panic::catch_unwind(codec::shape_text::<P>).unwrap_or_default();
    let mut text = format!("fold {:016x}\nshape {shape}\n", P::FOLD);
    // A constant among the parameters may stand in an arm, and shows nowhere else.
    if let Some((_, parameters)) = type_name::<P>().split_once('<') {
        let _ = writeln!(text, "parameters {parameters}");
    }
    for index in P::INDEXES {
        let _ = writeln!(text, "index {} {}", index.name, index.parts);
    }
    Fingerprint::of(&[&text])
}

impl<P: Projection> Projector<P> {
    /// What this program's rows are made by.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        *self.fingerprint.get_or_init(fingerprint_of::<P>)
    }

    /// The build that this program writes, begun where there is none.
    pub(super) async fn writing(&self) -> Result<Writing, ProjectError> {
        let ours = self.fingerprint();
        let builds = self.journal.builds(P::NAME).await?;
        let Some(serving) = builds.serving() else {
            // Somebody may be quicker: then it is seen what they have begun.
            let builds = self.journal.build(&ReadModel::of::<P>(), BuildStep::Begin(ours)).await?;
            return match builds.serving() {
                Some(serving) if serving.model == ReadModel::of::<P>() && serving.fingerprint == ours => {
                    Ok(Writing { model: serving.model.clone(), beside: false })
                }
                Some(_) => Box::pin(self.writing()).await,
                None => Err(gone(ReadModel::of::<P>())),
            };
        };
        if serving.model.version > P::VERSION {
            return Err(Self::superseded(serving));
        }
        if serving.model.version == P::VERSION {
            if serving.fingerprint == ours {
                return Ok(Writing { model: serving.model.clone(), beside: false });
            }
            match self.policy.on_changed {
                OnChanged::Refuse => return Err(self.changed(serving)),
                OnChanged::Keep => {
                    self.journal.build(&serving.model, BuildStep::Accept(ours)).await?;
                    return Ok(Writing { model: serving.model.clone(), beside: false });
                }
                OnChanged::Rebuild => {}
            }
        }
        self.beside(&builds).await
    }

    /// The build of this program's version and fold that is made beside the one that is read; begun where there is none.
    pub(super) async fn beside(&self, builds: &Builds) -> Result<Writing, ProjectError> {
        let ours = self.fingerprint();
        let of_this_version = || builds.all.iter().filter(|build| build.model.version == P::VERSION);
        for build in of_this_version().filter(|build| build.state == BuildState::Building) {
            if build.fingerprint == ours {
                return Ok(Writing { model: build.model.clone(), beside: true });
            }
            match self.policy.on_changed {
                OnChanged::Refuse => return Err(self.changed(build)),
                // Nobody has read it yet.
                OnChanged::Keep | OnChanged::Rebuild => {
                    self.journal.build(&build.model, BuildStep::Abandon).await?;
                }
            }
        }
        let last = of_this_version().map(|build| build.model.build).max();
        let model = ReadModel::of::<P>().at_build(last.map_or(0, |last| last + 1));
        let begun = self.journal.build(&model, BuildStep::Begin(ours)).await?;
        match begun.of(&model) {
            Some(build) if build.fingerprint == ours && build.state != BuildState::Retired => {
                tell!(
                    info,
                    projection = P::NAME,
                    build = model.to_string().as_str(),
                    "a build is made beside the rows"
                );
                Ok(Writing { beside: build.state == BuildState::Building, model })
            }
            // Somebody else was quicker.
            Some(_) => Box::pin(self.writing()).await,
            None => Err(gone(model)),
        }
    }

    /// Lets a build be read that has caught up; whether it is.
    pub(super) async fn take_over(&self, model: &ReadModel) -> Result<bool, ProjectError> {
        let builds = self.journal.build(model, BuildStep::Serve).await?;
        match builds.of(model).map(|build| build.state) {
            Some(BuildState::Serving) => {
                tell!(
                    info,
                    projection = P::NAME,
                    build = model.to_string().as_str(),
                    "the new rows are read from now on"
                );
                Ok(true)
            }
            Some(BuildState::Building) => Ok(false),
            Some(BuildState::Retired) | None => Err(gone(model.clone())),
        }
    }

    /// Deletes what is left of retired builds, a slice at a time.
    pub(super) async fn sweep(&self) -> Result<(), ProjectError> {
        let builds = self.journal.builds(P::NAME).await?;
        for build in builds.all.iter().filter(|build| build.state == BuildState::Retired) {
            while self.journal.sweep(&build.model, SLICE).await? {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// The build that is read now, if this program reads its rows.
    pub(super) async fn reading(&self) -> Result<ReadModel, ProjectError> {
        let builds = self.journal.builds(P::NAME).await?;
        // Where nothing was ever made, there are no rows.
        let Some(serving) = builds.serving() else { return Ok(ReadModel::of::<P>()) };
        if serving.model.version > P::VERSION {
            return Err(Self::superseded(serving));
        }
        if serving.model.version < P::VERSION {
            return Err(ProjectError::NotReady {
                projection: P::NAME,
                version: P::VERSION,
                serving: serving.model.version,
            });
        }
        if serving.fingerprint != self.fingerprint() {
            match self.policy.on_changed {
                OnChanged::Refuse => return Err(self.changed(serving)),
                OnChanged::Keep => {}
                OnChanged::Rebuild => {
                    let serving = serving.model.version;
                    return Err(ProjectError::NotReady { projection: P::NAME, version: P::VERSION, serving });
                }
            }
        }
        Ok(serving.model.clone())
    }

    /// Reads rows of the build that is read now, also where another one takes its place meanwhile. Which one it is, is not
    /// asked each time: one that is read no more gives no rows.
    pub(super) async fn read<T>(
        &self,
        read: impl Fn(Arc<dyn Journal>, ReadModel) -> BoxFuture<'static, Result<T, JournalError>>,
    ) -> Result<T, ProjectError> {
        let known = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut model = known().clone();
        loop {
            let asked = match model.take() {
                Some(model) => model,
                None => self.reading().await?,
            };
            match read(Arc::clone(&self.journal), asked.clone()).await {
                Err(JournalError::Retired { .. }) => {}
                answer => {
                    *known() = Some(asked);
                    return Ok(answer?);
                }
            }
        }
    }

    fn superseded(serving: &Build) -> ProjectError {
        ProjectError::Superseded { projection: P::NAME, version: P::VERSION, serving: serving.model.version }
    }

    fn changed(&self, found: &Build) -> ProjectError {
        ProjectError::Changed {
            projection: P::NAME,
            version: P::VERSION,
            expected: self.fingerprint(),
            found: found.fingerprint,
        }
    }
}

/// A build that was given up while it was made.
fn gone(model: ReadModel) -> ProjectError {
    JournalError::Retired { model }.into()
}
