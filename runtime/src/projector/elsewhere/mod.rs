//! Projections whose rows are kept in another database.

mod keeper;
mod rows;

pub use rows::{RowStore, RowStoreError, RowsCommit, RowsStanding};

use super::{
    CaughtUp, OnChanged, OnRewound, ProjectError, Run,
    catch_up::Steady,
    driver::{Driver, done_and_all, wait_until},
    policy::{OnPoison, Policy},
    run::Source,
    versions::fingerprint_of,
};
use crate::{
    journal::{Fingerprint, Journal},
    model::{Cursor, Projection},
};
use futures_util::future::BoxFuture;
use keeper::Foreign;
use std::{fmt, sync::Arc, time::Duration};

/// A projection whose rows are kept in another database, made by [`Store::projection_in`](crate::Store::projection_in). Readers
/// ask that database.
///
/// A row that cannot take an event stops it: nothing is skipped, and nothing can be [parked](OnPoison::Park) where the
/// journal does not keep the rows. Nor are they made anew beside those that are there: for a new version, give it another
/// table, and let the readers change over when [`lag`](Self::lag) is 0.
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
/// # use annals::projector::{RowStore, RowStoreError, RowsCommit, RowsStanding};
/// # use futures_util::future::{BoxFuture, FutureExt, ready};
/// # use std::sync::Mutex;
/// # #[derive(Default)]
/// # struct Database(Mutex<RowsStanding>);
/// # impl RowStore<NoteRow> for Database {
/// #     fn standing(&self) -> BoxFuture<'_, Result<RowsStanding, RowStoreError>> { ready(Ok(self.0.lock().unwrap().clone())).boxed() }
/// #     fn load(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<NoteRow>>, RowStoreError>> { ready(Ok(keys.iter().map(|_| None).collect())).boxed() }
/// #     fn commit(&self, commit: RowsCommit<NoteRow>) -> BoxFuture<'_, Result<bool, RowStoreError>> {
/// #         let mut standing = self.0.lock().unwrap();
/// #         standing.revision += 1;
/// #         standing.checkpoints.insert(commit.partition, commit.checkpoint);
/// #         ready(Ok(true)).boxed()
/// #     }
/// #     fn clear(&self) -> BoxFuture<'_, Result<(), RowStoreError>> {
/// #         let mut standing = self.0.lock().unwrap();
/// #         *standing = RowsStanding::new(standing.revision + 1);
/// #         ready(Ok(())).boxed()
/// #     }
/// # }
/// use annals::projector::{OnChanged, OnRewound};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::memory();
/// let written = store.repository::<Note>().execute("a", Write { text: "tea".to_owned() }).await?;
/// # let database = Database::default();
///
/// let notes = store.projection_in(database).on_rewound(OnRewound::Rebuild).on_changed(OnChanged::Rebuild);
/// assert_eq!(notes.lag().await?, 1);
/// notes.catch_up().await?;
/// notes.wait_until(written.token(), Duration::from_secs(1)).await?;
/// assert_eq!(notes.rebuild().await?.events, 1);
///
/// let stopped = async { tokio::time::sleep(Duration::from_millis(10)).await };
/// notes.run(stopped).await?;
/// assert_eq!(notes.rows().standing().await?.checkpoints.len(), 1);
/// # Ok(())
/// # }
/// ```
pub struct Elsewhere<P, S> {
    journal: Arc<dyn Journal>,
    rows: Arc<S>,
    policy: Policy,
    fingerprint: Fingerprint,
    row: std::marker::PhantomData<fn() -> P>,
}

impl<P, S> Clone for Elsewhere<P, S> {
    fn clone(&self) -> Self {
        Self {
            journal: Arc::clone(&self.journal),
            rows: Arc::clone(&self.rows),
            policy: self.policy,
            fingerprint: self.fingerprint,
            row: std::marker::PhantomData,
        }
    }
}

impl<P: Projection, S> fmt::Debug for Elsewhere<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elsewhere").field("projection", &P::NAME).field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl<P: Projection, S: RowStore<P>> Elsewhere<P, S> {
    pub(crate) fn new(journal: Arc<dyn Journal>, rows: S) -> Self {
        // A new version is another fold, also where nothing else was changed.
        let fingerprint = Fingerprint::of(&[&format!("version {}\n{}", P::VERSION, fingerprint_of::<P>())]);
        let policy = Policy { on_poison: OnPoison::Stop, ..Policy::default() };
        Self { journal, rows: Arc::new(rows), policy, fingerprint, row: std::marker::PhantomData }
    }

    /// The database of the rows.
    #[must_use]
    pub fn rows(&self) -> &S {
        &self.rows
    }

    /// What is done where the journal has another history than the rows were made of; [`OnRewound::Stop`] unless said
    /// otherwise.
    #[must_use]
    pub fn on_rewound(mut self, policy: OnRewound) -> Self {
        self.policy.on_rewound = policy;
        self
    }

    /// What is done where the rows that are there were made by another fold or version; [`OnChanged::Refuse`] unless said
    /// otherwise. [`OnChanged::Rebuild`] deletes the rows and makes them anew, while readers find only those made so far.
    #[must_use]
    pub fn on_changed(mut self, policy: OnChanged) -> Self {
        self.policy.on_changed = policy;
        self
    }

    /// Takes in every event that was recorded before this call.
    ///
    /// # Errors
    ///
    /// When the journal or the database cannot be read or written, or an event cannot be taken into its row. The rows then
    /// hold what was committed before; the next call goes on there. Where the fold was changed,
    /// [`ProjectError::Changed`].
    pub async fn catch_up(&self) -> Result<CaughtUp, ProjectError> {
        let (mut caught_up, mut lag) = (CaughtUp::default(), 0);
        self.driver().catch_up(&mut Steady, &mut caught_up, &mut lag).await?;
        Ok(caught_up)
    }

    /// Deletes the rows and makes them anew from the first event on. Until that is done, readers find only those made so far.
    ///
    /// # Errors
    ///
    /// As [`catch_up`](Self::catch_up), which takes it up where it was stopped.
    pub async fn rebuild(&self) -> Result<CaughtUp, ProjectError> {
        self.rows.clear().await.map_err(keeper::failed::<P>)?;
        self.catch_up().await
    }

    /// Brings the rows up to date, and keeps them so, until `shutdown` is over: as
    /// [`Projector::run`](super::Projector::run), also with several programs. Errors of the database that
    /// [may pass](RowStoreError::passing) are waited for.
    pub fn run(&self, shutdown: impl Future<Output = ()> + Send + 'static) -> Run<P> {
        let name = crate::journal::ReadModel::new(format!("{}.elsewhere", P::NAME), P::VERSION);
        let rows = self.clone();
        let driver = Arc::new(move || rows.driver());
        Run::new(Source::Elsewhere { driver, name, journal: Arc::clone(&self.journal) }, shutdown)
    }

    /// How many events of any type have been recorded and not yet been looked at.
    ///
    /// # Errors
    ///
    /// When the journal or the database cannot be read.
    pub async fn lag(&self) -> Result<u64, ProjectError> {
        let standing = self.rows.standing().await.map_err(keeper::failed::<P>)?;
        let (done, all) = done_and_all(&*self.journal, &standing.checkpoints).await?;
        Ok(all.saturating_sub(done))
    }

    /// Waits until the rows contain a place of the log, such as the [`token`](crate::repository::Outcome::token) of a
    /// command's outcome, for so long at most.
    ///
    /// # Errors
    ///
    /// [`ProjectError::Behind`] when the time is over; when the journal or the database cannot be read.
    pub async fn wait_until(&self, token: impl Into<Cursor>, within: Duration) -> Result<(), ProjectError> {
        let checkpoints = || -> BoxFuture<'static, _> {
            let rows = Arc::clone(&self.rows);
            Box::pin(async move { Ok(rows.standing().await.map_err(keeper::failed::<P>)?.checkpoints) })
        };
        wait_until::<P>(&token.into(), within, self.journal.partitions(), checkpoints).await
    }

    fn driver(&self) -> Driver<P> {
        let keeper =
            Foreign { rows: Arc::clone(&self.rows), fingerprint: self.fingerprint, on_changed: self.policy.on_changed };
        Driver::new(Arc::clone(&self.journal), Arc::new(keeper), self.policy.on_poison, self.policy.on_rewound)
    }
}
