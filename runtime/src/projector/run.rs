//! Running a projection: catching up, then living on what comes, sharing the work with other programs.

use super::{
    CaughtUp, ProjectError, Projector,
    driver::{Driver, done_and_all},
    keeper::is_outage,
    worker::{Pace, Took, Worker},
};
use crate::{
    journal::{After, AppendId, BuildState, Journal, JournalError, LeaseRequest, Leases, LogRead, ReadModel},
    model::{Projection, Seen},
    trace::tell,
};
use futures_util::future::{BoxFuture, Either, FutureExt, select};
use std::{collections::BTreeMap, fmt, future::IntoFuture, sync::Arc, time::Duration};
use tokio::time::Instant;

/// For how long a projector holds its share of the partitions, unless said otherwise.
const LEASE: Duration = Duration::from_secs(5);
/// How many log entries are looked at in one trip: at first, and at most under load.
const FIRST_BATCH: usize = 100;
const LARGEST_BATCH: usize = 4_000;
/// How long is waited after a journal that could not be reached: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// By how many events a new build may be behind when it is tried whether it can be read: one more batch, and it is not.
const NEARLY: u64 = 1_000;

/// A projection that runs, made by [`Projector::run`]. Await it, usually in a task of its own.
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
/// use std::time::Duration;
/// use tokio::sync::oneshot;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::memory();
/// let rows = store.projection::<NoteRow>();
/// let (stop, stopped) = oneshot::channel::<()>();
/// let running = tokio::spawn(rows.run(async { drop(stopped.await) }).lease_for(Duration::from_secs(2)).into_future());
///
/// let written = store.repository::<Note>().execute("a", Write { text: "tea".to_owned() }).await?;
/// rows.wait_until(written.token()).await?;
/// assert_eq!(rows.get("a").await?.unwrap().text, "tea");
///
/// drop(stop);
/// assert_eq!(running.await??.events, 1);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing runs until it is awaited"]
pub struct Run<P: Projection> {
    source: Source<P>,
    shutdown: BoxFuture<'static, ()>,
    lease: Duration,
}

impl<P: Projection> fmt::Debug for Run<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("lease", &self.lease).finish_non_exhaustive()
    }
}

/// Whose rows are brought up to date.
pub(super) enum Source<P: Projection> {
    /// Those in the journal, in the build that this program writes.
    Journal(Projector<P>),
    /// Those in another database, and by which name its projectors share the work.
    Elsewhere { driver: Arc<dyn Fn() -> Driver<P> + Send + Sync>, name: ReadModel, journal: Arc<dyn Journal> },
}

impl<P: Projection> Run<P> {
    pub(super) fn new(source: Source<P>, shutdown: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { source, shutdown: Box::pin(shutdown), lease: LEASE }
    }

    /// For how long this projector holds its share of the partitions without asking again; 5 seconds unless said otherwise,
    /// and at least 100 milliseconds. It asks again after a third of that. Where it crashes, others take its share over after
    /// that time; where it stops, at once.
    pub fn lease_for(mut self, time: Duration) -> Self {
        self.lease = time.max(Duration::from_millis(100));
        self
    }

    async fn run(self) -> Result<CaughtUp, ProjectError> {
        let Self { source, shutdown, lease } = self;
        let mut runner = Runner {
            source,
            shutdown: Shutdown { shutdown, over: false },
            lease,
            holder: AppendId::fresh().to_string(),
            done: CaughtUp::default(),
        };
        let mut pause = FIRST_PAUSE;
        loop {
            match runner.session(&mut pause).await {
                Ok(Some(End::Shutdown)) => return Ok(runner.done),
                // Another build is to be written now, or the share is to be asked for anew.
                Ok(None) => {}
                // The journal has tried for a while already. A projection waits for as long as it takes.
                Err(error) if is_outage(&error) => {
                    tell!(
                        warn,
                        projection = P::NAME,
                        reason = error.to_string().as_str(),
                        "a projection waits for the journal"
                    );
                    // Half of it is left to chance, so that not all come back at once.
                    if !runner.shutdown.sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await {
                        return Ok(runner.done);
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl<P: Projection> IntoFuture for Run<P> {
    type Output = Result<CaughtUp, ProjectError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// When to stop.
struct Shutdown {
    shutdown: BoxFuture<'static, ()>,
    over: bool,
}

impl Shutdown {
    fn is_over(&mut self) -> bool {
        self.over = self.over || self.shutdown.as_mut().now_or_never().is_some();
        self.over
    }

    /// Waits for something, unless it is time to stop: then there is nothing.
    async fn or<T>(&mut self, wait: impl Future<Output = T> + Send) -> Option<T> {
        if self.is_over() {
            return None;
        }
        match select(self.shutdown.as_mut(), std::pin::pin!(wait)).await {
            Either::Left(((), _)) => {
                self.over = true;
                None
            }
            Either::Right((answer, _)) => Some(answer),
        }
    }

    /// Whether to go on after a pause.
    async fn sleep(&mut self, time: Duration) -> bool {
        self.or(tokio::time::sleep(time)).await.is_some()
    }
}

enum End {
    Shutdown,
}

/// A projector that runs.
struct Runner<P: Projection> {
    source: Source<P>,
    shutdown: Shutdown,
    lease: Duration,
    /// By this name it holds its share.
    holder: String,
    done: CaughtUp,
}

/// What is run: rows, and under which name the work on them is shared.
struct Shift<P: Projection> {
    journal: Arc<dyn Journal>,
    model: ReadModel,
    /// Whether another build is read meanwhile.
    beside: bool,
    driver: Driver<P>,
}

impl<P: Projection> Runner<P> {
    async fn shift(&mut self) -> Result<Shift<P>, ProjectError> {
        Ok(match &self.source {
            Source::Journal(projector) => {
                let writing = projector.writing().await?;
                let driver = projector.driver(&writing);
                let journal = Arc::clone(&projector.journal);
                Shift { journal, beside: writing.beside, model: writing.model, driver }
            }
            Source::Elsewhere { driver, name, journal } => {
                Shift { journal: Arc::clone(journal), model: name.clone(), beside: false, driver: driver() }
            }
        })
    }

    /// Works until it is time to stop, or until another build is to be written.
    async fn session(&mut self, pause: &mut Duration) -> Result<Option<End>, ProjectError> {
        let shift = self.shift().await?;
        let mut worker = shift.driver.worker().await?;
        let end = self.work(&shift, &mut worker, pause).await;
        self.done.add(worker.caught_up);
        match end {
            Err(ProjectError::Journal(JournalError::Retired { .. })) if !shift.beside => Ok(None),
            Ok(Some(end)) => {
                self.release(&shift).await;
                Ok(Some(end))
            }
            Err(error) if !is_outage(&error) => {
                self.release(&shift).await;
                Err(error)
            }
            end => end,
        }
    }

    /// Gives back what is held, so that others need not wait until it has run out. If that cannot be done, they wait.
    async fn release(&mut self, shift: &Shift<P>) {
        if let Err(error) = shift.journal.release(&shift.model, &self.holder).await {
            tell!(warn, projection = P::NAME, reason = error.to_string().as_str(), "leases were not given back");
        }
    }

    async fn work(
        &mut self,
        shift: &Shift<P>,
        worker: &mut Worker<P>,
        pause: &mut Duration,
    ) -> Result<Option<End>, ProjectError> {
        let mut share = self.ask(shift).await?;
        // What the rows contain is looked at again, since others may have worked on these partitions before.
        worker.refresh().await?;
        let mut limits: BTreeMap<u16, usize> = BTreeMap::new();
        loop {
            if self.shutdown.is_over() {
                return Ok(Some(End::Shutdown));
            }
            if share.is_due() {
                let before = share.leases.held;
                share = self.ask(shift).await?;
                if share.leases.held != before {
                    worker.refresh().await?;
                }
            }
            let mut fenced = false;
            for (&partition, &lease) in &share.leases.held {
                let limit = limits.entry(partition).or_insert(FIRST_BATCH);
                let mut pace = Growing { limit: *limit, due: share.due, shutdown: &mut self.shutdown, enough: false };
                let head = shift.driver.reader.head(partition).await?;
                let took = match worker.catch_up((partition, head), Some(lease), &mut pace).await {
                    Ok(took) => took,
                    Err(error) => {
                        shift.driver.may_begin_anew(worker, error).await?;
                        Took::Moved
                    }
                };
                let enough = pace.enough;
                *limit = pace.limit;
                fenced |= took == Took::Fenced;
                if enough || took != Took::All {
                    break;
                }
            }
            *pause = FIRST_PAUSE;
            if fenced {
                share.due = Instant::now();
                continue;
            }
            if share.is_due() || self.shutdown.is_over() {
                continue;
            }
            if let Source::Journal(projector) = &self.source
                && Self::tidy_up(projector, shift).await?
            {
                return Ok(None);
            }
            self.live(shift, worker, &share).await?;
        }
    }

    /// Lets a build be read that has caught up, and deletes what is left of older ones; whether another build is to be
    /// written now, or this one under other circumstances.
    async fn tidy_up(projector: &Projector<P>, shift: &Shift<P>) -> Result<bool, ProjectError> {
        let builds = shift.journal.builds(P::NAME).await?;
        if shift.beside {
            let (done, all) = done_and_all(&*shift.journal, &shift.journal.checkpoints(&shift.model).await?).await?;
            if all - done < NEARLY && projector.take_over(&shift.model).await? {
                return Ok(true);
            }
            return Ok(false);
        }
        if builds.of(&shift.model).is_none_or(|build| build.state != BuildState::Serving) {
            return Ok(true);
        }
        if builds.all.iter().any(|build| build.state == BuildState::Retired) {
            projector.sweep().await?;
        }
        Ok(false)
    }

    /// Waits for what comes and takes it in, until the share is to be asked for again, more has come than one batch holds, or
    /// there is reason to look whether the history is still the same.
    async fn live(&mut self, shift: &Shift<P>, worker: &mut Worker<P>, share: &Share) -> Result<(), ProjectError> {
        loop {
            let patience = share.due.saturating_duration_since(Instant::now());
            if share.leases.held.is_empty() {
                self.shutdown.sleep(patience).await;
                return Ok(());
            }
            let reads = share.leases.held.keys().map(|&partition| {
                let after = After::seen(worker.checkpoint(partition).map(Seen::Entry));
                LogRead::new(partition, after, LARGEST_BATCH)
            });
            let reads: Vec<_> = reads.collect();
            let partitions: Vec<_> = reads.iter().map(|read| read.partition).collect();
            let reader = shift.driver.reader.clone();
            let follow = reader.wanted.follow(&*reader.journal, reads, patience);
            let Some(batches) = self.shutdown.or(follow).await else { return Ok(()) };
            let batches = batches.map_err(|error| reader.told(error))?;
            let mut has_come = false;
            let mut go_on = true;
            for (partition, batch) in partitions.into_iter().zip(batches) {
                has_come |= batch.last.is_some();
                go_on &= batch.end || batch.last.is_none();
                let lease = share.leases.held.get(&partition).copied();
                go_on &= worker.take_in(partition, &batch, lease).await? == Took::All;
            }
            if !has_come || !go_on || share.is_due() || shift.beside {
                return Ok(());
            }
        }
    }

    /// Asks for the share of the partitions, or for more time.
    async fn ask(&mut self, shift: &Shift<P>) -> Result<Share, ProjectError> {
        let asked = Instant::now();
        let request = LeaseRequest::new(shift.model.clone(), self.holder.clone(), self.lease);
        Ok(Share { leases: shift.journal.lease(request).await?, due: asked + self.lease / 3 })
    }
}

/// What a projector holds, and when it asks again.
struct Share {
    leases: Leases,
    due: Instant,
}

impl Share {
    fn is_due(&self) -> bool {
        Instant::now() >= self.due
    }
}

/// Batches that grow while there is more than one of them to take in, and shrink when there is not.
struct Growing<'a> {
    limit: usize,
    due: Instant,
    shutdown: &'a mut Shutdown,
    enough: bool,
}

impl Pace for Growing<'_> {
    fn limit(&self) -> usize {
        self.limit
    }

    async fn go_on<P: Projection>(&mut self, entries: u64, _: &Worker<P>) -> Result<bool, ProjectError> {
        let entries = usize::try_from(entries).unwrap_or(LARGEST_BATCH);
        if entries >= self.limit {
            self.limit = (self.limit * 2).min(LARGEST_BATCH);
        } else if entries < self.limit / 4 {
            self.limit = (self.limit / 2).max(FIRST_BATCH);
        }
        self.enough = self.shutdown.is_over() || Instant::now() >= self.due;
        Ok(!self.enough)
    }
}

impl<P: Projection> Projector<P> {
    /// Brings the rows up to date, and keeps them so: takes in what is there, then each event as it comes, until `shutdown`
    /// is over. Then the batch that is in hand is finished.
    ///
    /// Several programs may run the same projection: each holds a share of the partitions for a time (see
    /// [`lease_for`](Run::lease_for)), and whoever has lost his, since he was stopped or slow, can change nothing any more.
    /// While the journal cannot be reached, it waits and tries again. Where rows of an older version are read, those of
    /// this version are made beside them, and take their place once they have caught up.
    ///
    /// # Errors
    ///
    /// As [`catch_up`](Self::catch_up), except that a journal that cannot be reached is waited for. What was held is given
    /// back.
    pub fn run(&self, shutdown: impl Future<Output = ()> + Send + 'static) -> Run<P> {
        Run::new(Source::Journal(self.clone()), shutdown)
    }
}
