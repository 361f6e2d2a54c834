//! Rows made anew beside those that are read: watched, slowed down, given up, taken up again.

use super::{
    CaughtUp, ProjectError, Projector,
    driver::done_and_all,
    worker::{Pace, Worker},
};
use crate::{
    journal::{After, BuildState, BuildStep, Builds, JournalError, LogRead, ReadModel},
    model::Projection,
    reading::BATCH,
};
use futures_util::future::BoxFuture;
use std::{fmt, future::IntoFuture, time::Duration};
use tokio::time::Instant;

/// How often whoever watches is told.
const TELL: Duration = Duration::from_millis(100);

/// Rows that are made anew, made by [`Projector::rebuild`]. Await it for what was done.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum NoteEvent { Written { text: String } }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = NoteEvent)]
/// # struct Note { #[on(Written { text })] text: String }
/// # #[derive(Command, Clone)]
/// # #[command(note: Note)]
/// # #[command(any)]
/// # #[emit(Written { text })]
/// # struct Write { text: String }
/// # #[derive(Projection, Default, Debug, Serialize, Deserialize)]
/// # #[projection(name = "notes", events(NoteEvent))]
/// # struct NoteRow { #[key] id: String, #[on(Written { text })] text: String }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Store::memory();
/// # store.repository::<Note>().execute("a", Write { text: "tea".to_owned() }).await?;
/// let notes = store.projection::<NoteRow>();
/// let rebuild = notes.rebuild().at_most(50_000).watch(|progress| {
///     println!("{} of {} events, {:?} to go", progress.done, progress.all, progress.left());
/// });
/// assert_eq!(rebuild.await?.rows, 1);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is rebuilt until it is awaited"]
pub struct Rebuild<P> {
    projector: Projector<P>,
    at_most: Option<u32>,
    watch: Option<Watch>,
}

type Watch = Box<dyn FnMut(&Progress) + Send>;

impl<P: Projection> fmt::Debug for Rebuild<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rebuild")
            .field("projector", &self.projector)
            .field("at_most", &self.at_most)
            .finish_non_exhaustive()
    }
}

/// How far rows have come that are being made.
///
/// ```
/// use annals::projector::Progress;
/// use std::time::Duration;
///
/// let progress = Progress { done: 600, all: 1_000, events_per_second: 200.0 };
/// assert_eq!(progress.left(), Some(Duration::from_secs(2)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "whoever shows it may make one, to test that")]
pub struct Progress {
    /// How many log entries have been looked at, of all partitions together.
    pub done: u64,
    /// How many there are, as far as was looked last.
    pub all: u64,
    /// How many are looked at in a second, since this program began with it.
    pub events_per_second: f64,
}

impl Progress {
    /// How long it takes until there are none left, if it goes on like this; `None` where nothing was done yet.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        #[expect(clippy::cast_precision_loss, reason = "a guess")]
        let left = self.all.saturating_sub(self.done) as f64;
        (self.events_per_second > 0.0).then(|| Duration::try_from_secs_f64(left / self.events_per_second).ok())?
    }
}

/// One build of a read model, and how far it has come: what [`Projector::status`] gives.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum NoteEvent { Written { text: String } }
/// # #[derive(Projection, Default, Debug, Serialize, Deserialize)]
/// # #[projection(name = "notes", events(NoteEvent))]
/// # struct NoteRow { #[key] id: String, #[on(Written { text })] text: String }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let notes = Store::memory().projection::<NoteRow>();
/// notes.catch_up().await?;
/// for build in notes.status().await? {
///     println!("{} is {:?}: {} of {} events", build.model, build.state, build.done, build.all);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuildStatus {
    /// Which one it is.
    pub model: ReadModel,
    /// Whether it is read, being made, or on its way out.
    pub state: BuildState,
    /// How many log entries it has looked at.
    pub done: u64,
    /// How many there are.
    pub all: u64,
}

impl<P: Projection> Rebuild<P> {
    /// At most so many log entries a second, so that the server has time for others; at least one. As fast as it goes unless
    /// said otherwise.
    pub fn at_most(mut self, events_per_second: u32) -> Self {
        self.at_most = Some(events_per_second.max(1));
        self
    }

    /// Told several times a second how far it has come.
    pub fn watch(mut self, watch: impl FnMut(&Progress) + Send + 'static) -> Self {
        self.watch = Some(Box::new(watch));
        self
    }

    async fn run(self) -> Result<CaughtUp, ProjectError> {
        let Self { projector, at_most, watch } = self;
        let mut pace = Watched { at_most, watch, begun: Instant::now(), entries: 0, told: None, all: 0 };
        projector.begin_rebuild().await?;
        let done = projector.bring_up_newest(&mut pace).await?;
        pace.finish();
        Ok(done)
    }
}

impl<P: Projection> IntoFuture for Rebuild<P> {
    type Output = Result<CaughtUp, ProjectError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The pace of a rebuild: slowed down, and watched.
struct Watched {
    at_most: Option<u32>,
    watch: Option<Watch>,
    begun: Instant,
    /// How many log entries were looked at by this program.
    entries: u64,
    told: Option<Instant>,
    all: u64,
}

impl Watched {
    fn progress(&self, done: u64) -> Progress {
        let seconds = self.begun.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let events_per_second = if seconds > 0.0 { self.entries as f64 / seconds } else { 0.0 };
        Progress { done, all: self.all.max(done), events_per_second }
    }

    /// Tells that nothing is left.
    fn finish(&mut self) {
        let progress = self.progress(self.all);
        if let Some(watch) = &mut self.watch {
            watch(&progress);
        }
    }
}

impl Pace for Watched {
    fn limit(&self) -> usize {
        // In steps of a tenth of a second, so that it is slow evenly.
        self.at_most.map_or(BATCH, |at_most| usize::try_from(at_most / 10).unwrap_or(BATCH).clamp(1, BATCH))
    }

    async fn go_on<P: Projection>(&mut self, entries: u64, worker: &Worker<P>) -> Result<bool, ProjectError> {
        self.entries += entries;
        if self.told.is_none_or(|told| told.elapsed() >= TELL) {
            let (done, all) = done_and_all(&*worker.reader.journal, &worker.standing.checkpoints).await?;
            self.all = all;
            self.told = Some(Instant::now());
            let progress = self.progress(done);
            if let Some(watch) = &mut self.watch {
                watch(&progress);
            }
        }
        if let Some(at_most) = self.at_most {
            #[expect(clippy::cast_precision_loss, reason = "a pause")]
            let due = Duration::from_secs_f64(self.entries as f64 / f64::from(at_most));
            tokio::time::sleep_until(self.begun + due).await;
        }
        Ok(true)
    }
}

impl<P: Projection> Projector<P> {
    /// Makes all rows anew from the first event on, beside those that are read, which take events in and are read until the
    /// new ones have caught up; then these take their place in one step, and the old ones are deleted, a slice at a time.
    ///
    /// What was begun before and not finished, here or by another program, is gone on with. Dropping the future stops it;
    /// [`abandon_rebuild`](Self::abandon_rebuild) gives up what was made so far. Where the rows are of another history than
    /// the journal has, there is nothing to read on: they are deleted first.
    ///
    /// # Errors
    ///
    /// As [`catch_up`](Self::catch_up); the rows that are read stay as they are. The next call takes it up where it stopped.
    pub fn rebuild(&self) -> Rebuild<P> {
        Rebuild { projector: self.clone(), at_most: None, watch: None }
    }

    /// Gives up a rebuild that is under way, here or in another program, and deletes what it has made. What is read stays.
    ///
    /// Answers whether there was one. The one who was at it is told with [`JournalError::Retired`].
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum NoteEvent { Written { text: String } }
    /// # #[derive(Projection, Default, Debug, Serialize, Deserialize)]
    /// # #[projection(name = "notes", events(NoteEvent))]
    /// # struct NoteRow { #[key] id: String, #[on(Written { text })] text: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let notes = Store::memory().projection::<NoteRow>();
    /// assert!(!notes.abandon_rebuild().await?, "nobody has begun one");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn abandon_rebuild(&self) -> Result<bool, ProjectError> {
        let builds = self.journal.builds(P::NAME).await?;
        let mut found = false;
        for build in builds.all.iter().filter(|build| build.state == BuildState::Building) {
            let builds = self.journal.build(&build.model, BuildStep::Abandon).await?;
            found |= builds.of(&build.model).is_none_or(|build| build.state == BuildState::Retired);
        }
        self.sweep().await?;
        Ok(found)
    }

    /// The builds that there are of this read model, of all versions: the one that is read, the one that is being made, and
    /// those on their way out; and how far each has come.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub async fn status(&self) -> Result<Vec<BuildStatus>, ProjectError> {
        let builds = self.journal.builds(P::NAME).await?;
        let mut status = Vec::with_capacity(builds.all.len());
        for build in builds.all {
            let checkpoints = self.journal.checkpoints(&build.model).await?;
            let (done, all) = done_and_all(&*self.journal, &checkpoints).await?;
            status.push(BuildStatus { model: build.model, state: build.state, done, all });
        }
        Ok(status)
    }

    /// Sees to it that there is a build beside the one that is read, or that nothing is read which would have to stay.
    async fn begin_rebuild(&self) -> Result<(), ProjectError> {
        let builds = self.journal.builds(P::NAME).await?;
        let Some(serving) = builds.serving().filter(|serving| serving.model.version == P::VERSION) else {
            return Ok(());
        };
        if self.is_of_another_history(&serving.model).await? {
            self.journal.build(&serving.model, BuildStep::Accept(self.fingerprint())).await?;
            return Ok(self.journal.clear(&serving.model).await?);
        }
        let rebuilding = self.clone().on_changed(super::OnChanged::Rebuild);
        rebuilding.beside(&builds).await.map(drop)
    }

    /// Whether a build contains an event that the journal does not have.
    async fn is_of_another_history(&self, model: &ReadModel) -> Result<bool, ProjectError> {
        for (partition, checkpoint) in self.journal.checkpoints(model).await? {
            match self.journal.read_log(LogRead::new(partition, After::Checkpoint(checkpoint), 1)).await {
                Err(JournalError::HistoryRewound { .. }) => return Ok(true),
                answer => drop(answer?),
            }
        }
        Ok(false)
    }

    /// Brings the newest build of this version to the end of the log, and lets it be read.
    async fn bring_up_newest(&self, pace: &mut impl Pace) -> Result<CaughtUp, ProjectError> {
        let builds = self.journal.builds(P::NAME).await?;
        if !has_one_beside::<P>(&builds, self.fingerprint()) {
            return self.bring_up(pace).await;
        }
        let writing = self.beside(&builds).await?;
        let (mut caught_up, mut lag) = (CaughtUp::default(), 0);
        self.bring_up_build(&writing, pace, &mut caught_up, &mut lag).await?;
        Ok(caught_up)
    }
}

fn has_one_beside<P: Projection>(builds: &Builds, fingerprint: crate::journal::Fingerprint) -> bool {
    builds.all.iter().any(|build| {
        build.state == BuildState::Building && build.model.version == P::VERSION && build.fingerprint == fingerprint
    })
}
