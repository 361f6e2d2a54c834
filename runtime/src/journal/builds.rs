//! The builds of a read model: which one is read, which are being made, and which are on their way out.

use super::{Fingerprint, ReadModel};

/// What becomes of a build of a read model.
///
/// ```
/// use annals::journal::{BuildState, BuildStep, Fingerprint, Journal, MemoryJournal, ReadModel};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), annals::journal::JournalError> {
/// let journal = MemoryJournal::new();
/// let (old, new) = (ReadModel::new("orders", 1), ReadModel::new("orders", 2));
///
/// // The first one is read at once, the next ones when they have caught up.
/// let builds = journal.build(&old, BuildStep::Begin(Fingerprint::new(1))).await?;
/// assert_eq!(builds.serving().unwrap().model, old);
/// let builds = journal.build(&new, BuildStep::Begin(Fingerprint::new(2))).await?;
/// assert_eq!(builds.of(&new).unwrap().state, BuildState::Building);
///
/// let builds = journal.build(&new, BuildStep::Serve).await?;
/// assert_eq!(builds.serving().unwrap().model, new);
/// assert_eq!(builds.of(&old).unwrap().state, BuildState::Retired);
///
/// while journal.sweep(&old, 1_000).await? {}
/// assert_eq!(journal.builds("orders").await?.of(&old), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildStep {
    /// It is begun, by what has this fingerprint: it is [serving](BuildState::Serving) where no build is, and
    /// [building](BuildState::Building) otherwise. A build that is there is left as it is; one that is older than the
    /// one that serves is not begun.
    Begin(Fingerprint),
    /// It is read from now on, and the one that was so far is retired; but only if it is building, newer than that one, and
    /// contains all that that one does: of each partition at least as much of the log. Otherwise nothing is changed.
    Serve,
    /// It is given up before it was ever read: it is retired if it is building. Otherwise nothing is changed.
    Abandon,
    /// The rows are as what has this fingerprint makes them: it replaces the one that was noted. A build that is not there
    /// is not begun.
    Accept(Fingerprint),
}

/// Where a build stands.
///
/// ```
/// use annals::journal::BuildState;
///
/// assert_ne!(BuildState::Serving, BuildState::Retired);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuildState {
    /// It is read.
    Serving,
    /// It is being made, beside the one that is read.
    Building,
    /// It is read no more, and its rows are on their way out: it takes no commits, and gives no rows.
    Retired,
}

/// One build of a read model.
///
/// ```
/// use annals::journal::{Build, BuildState, Fingerprint, ReadModel};
///
/// let build = Build::new(ReadModel::new("orders", 2), Fingerprint::new(7), BuildState::Building);
/// assert_eq!(build.model.version, 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Build {
    /// Which one it is.
    pub model: ReadModel,
    /// What its rows are made by.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: BuildState,
}

impl Build {
    /// The build of this model.
    #[must_use]
    pub fn new(model: ReadModel, fingerprint: Fingerprint, state: BuildState) -> Self {
        Self { model, fingerprint, state }
    }
}

/// The builds that there are of a read model, the oldest first.
///
/// ```
/// use annals::journal::{Build, BuildState, Builds, Fingerprint, ReadModel};
///
/// let build = |version, state| Build::new(ReadModel::new("orders", version), Fingerprint::new(7), state);
/// let builds = Builds::new(vec![build(2, BuildState::Building), build(1, BuildState::Serving)]);
/// assert_eq!(builds.serving().unwrap().model.version, 1);
/// assert_eq!(builds.all.last().unwrap().model.version, 2);
/// assert_eq!(Builds::default().serving(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Builds {
    /// The builds.
    pub all: Vec<Build>,
}

impl Builds {
    /// These builds.
    #[must_use]
    pub fn new(mut all: Vec<Build>) -> Self {
        all.sort_by_key(|build| build.model.age());
        Self { all }
    }

    /// The one that is read.
    #[must_use]
    pub fn serving(&self) -> Option<&Build> {
        self.all.iter().find(|build| build.state == BuildState::Serving)
    }

    /// This one.
    #[must_use]
    pub fn of(&self, model: &ReadModel) -> Option<&Build> {
        self.all.iter().find(|build| build.model == *model)
    }
}
