//! What another database has to offer so that a projection's rows can be kept there.

use crate::{
    journal::{Checkpoint, Fingerprint},
    model::Projection,
};
use futures_util::future::BoxFuture;
use std::{collections::BTreeMap, error::Error, fmt, sync::Arc};

/// Another database, which keeps the rows of a projection: beside them how far they have come, in the same transaction.
///
/// What an implementor promises:
///
/// 1. [`commit`](Self::commit) is one transaction: where the revision that is kept is [`RowsCommit::revision`], all rows are
///    written and deleted, the partition's checkpoint and the fingerprint are kept, and the revision is one more;
///    where it is another one, nothing is changed and the answer is `false`. Of two commits on one revision, one is done.
/// 2. [`standing`](Self::standing) is as of one moment, and as of the last commit that was answered.
/// 3. [`load`](Self::load) answers in the order of the keys, each row as it was committed last.
/// 4. [`clear`](Self::clear) is one transaction too: rows, checkpoints and fingerprint go, and the revision is one more. It
///    never goes back.
///
/// What the projector makes of that: each event counts once in each row, whoever crashes, whenever, and however many projectors
/// run; a commit whose answer was lost is seen in the revision, and is not done again.
/// [`testing::row_store`](crate::testing::row_store) tests an implementor.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
/// # #[derive(Command, Clone)]
/// # #[command(counter: Counter)]
/// # #[command(any)]
/// # #[emit(Added { amount })]
/// # struct Add { amount: u64 }
/// use annals::projector::{RowStore, RowStoreError, RowsCommit, RowsStanding};
/// use futures_util::future::{BoxFuture, FutureExt, ready};
/// use std::{collections::HashMap, sync::Mutex};
///
/// #[derive(Projection, Clone, Default, Serialize, Deserialize)]
/// #[projection(name = "totals", events(CounterEvent))]
/// struct Total {
///     #[key]
///     counter: String,
///     #[on(Added { amount } => += *amount)]
///     total: u64,
/// }
///
/// /// A database within the program: its lock is the transaction.
/// #[derive(Debug, Default)]
/// struct Shelf(Mutex<(RowsStanding, HashMap<String, Total>)>);
///
/// # impl std::fmt::Debug for Total {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{}", self.total) }
/// # }
/// impl RowStore<Total> for Shelf {
///     fn standing(&self) -> BoxFuture<'_, Result<RowsStanding, RowStoreError>> {
///         ready(Ok(self.0.lock().unwrap().0.clone())).boxed()
///     }
///
///     fn load(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<Total>>, RowStoreError>> {
///         let shelf = self.0.lock().unwrap();
///         ready(Ok(keys.iter().map(|key| shelf.1.get(key).cloned()).collect())).boxed()
///     }
///
///     fn commit(&self, commit: RowsCommit<Total>) -> BoxFuture<'_, Result<bool, RowStoreError>> {
///         let mut shelf = self.0.lock().unwrap();
///         let done = shelf.0.revision == commit.revision;
///         if done {
///             shelf.0.revision += 1;
///             shelf.0.checkpoints.insert(commit.partition, commit.checkpoint);
///             shelf.0.fingerprint = Some(commit.fingerprint);
///             for (key, row) in commit.changes {
///                 match row {
///                     Some(row) => shelf.1.insert(key, row),
///                     None => shelf.1.remove(&key),
///                 };
///             }
///         }
///         ready(Ok(done)).boxed()
///     }
///
///     fn clear(&self) -> BoxFuture<'_, Result<(), RowStoreError>> {
///         let mut shelf = self.0.lock().unwrap();
///         shelf.0 = RowsStanding::new(shelf.0.revision + 1);
///         shelf.1.clear();
///         ready(Ok(())).boxed()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::memory();
/// store.repository::<Counter>().execute("visits", Add { amount: 2 }).await?;
///
/// let totals = store.projection_in(Shelf::default());
/// totals.catch_up().await?;
/// assert_eq!(totals.rows().load(vec!["visits".to_owned()]).await?[0].as_ref().unwrap().total, 2);
/// # Ok(())
/// # }
/// ```
pub trait RowStore<P: Projection>: Send + Sync + 'static {
    /// How far the rows have come.
    fn standing(&self) -> BoxFuture<'_, Result<RowsStanding, RowStoreError>>;

    /// The rows of these keys, in the order of the keys; `None` where there is none.
    fn load(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<P>>, RowStoreError>>;

    /// Changes rows, and keeps how far that brings them, in one transaction; whether that was done.
    fn commit(&self, commit: RowsCommit<P>) -> BoxFuture<'_, Result<bool, RowStoreError>>;

    /// Deletes the rows and how far they have come, in one transaction.
    fn clear(&self) -> BoxFuture<'_, Result<(), RowStoreError>>;
}

/// How far rows have come that are kept in another database.
///
/// ```
/// use annals::projector::RowsStanding;
///
/// assert!(RowsStanding::default().checkpoints.is_empty());
/// assert_eq!(RowsStanding::new(3).revision, 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowsStanding {
    /// How many commits and clears there were; 0 at first.
    pub revision: u64,
    /// The last log entry of each partition that the rows contain. Each is text, and is read again from it.
    pub checkpoints: BTreeMap<u16, Checkpoint>,
    /// What the rows were made by; `None` before the first commit, and after the rows were cleared.
    pub fingerprint: Option<Fingerprint>,
}

impl RowsStanding {
    /// No rows, after so many commits and clears.
    #[must_use]
    pub fn new(revision: u64) -> Self {
        Self { revision, ..Self::default() }
    }
}

/// Rows to change in another database, and how far that brings them.
///
/// ```
/// use annals::journal::{Checkpoint, Fingerprint, LogId};
/// use annals::projector::RowsCommit;
///
/// let checkpoint = Checkpoint::new(LogId::new(1_732_000_000_000, 42));
/// let changes = vec![("ann".to_owned(), None::<u64>)];
/// let commit = RowsCommit::new(7, 0, checkpoint, Fingerprint::new(1), changes);
/// assert_eq!((commit.revision, commit.changes.len()), (7, 1));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RowsCommit<P> {
    /// The revision that the rows were loaded at.
    pub revision: u64,
    /// The partition whose events were taken in.
    pub partition: u16,
    /// The last log entry of it that the rows contain then.
    pub checkpoint: Checkpoint,
    /// What the rows are made by.
    pub fingerprint: Fingerprint,
    /// Keys and rows; `None` deletes one. Each key stands there once.
    pub changes: Vec<(String, Option<P>)>,
}

impl<P> RowsCommit<P> {
    /// These changes.
    #[must_use]
    pub fn new(
        revision: u64,
        partition: u16,
        checkpoint: Checkpoint,
        fingerprint: Fingerprint,
        changes: Vec<(String, Option<P>)>,
    ) -> Self {
        Self { revision, partition, checkpoint, fingerprint, changes }
    }
}

/// What went wrong in the database that keeps the rows: its own error, and whether it may pass by itself.
///
/// ```
/// use annals::projector::RowStoreError;
///
/// let lost = RowStoreError::new(std::io::Error::other("the disk is gone"));
/// assert_eq!((lost.to_string().as_str(), lost.is_passing()), ("the disk is gone", false));
/// assert!(RowStoreError::passing(std::io::Error::other("locked")).is_passing());
/// ```
#[derive(Clone, Debug)]
pub struct RowStoreError {
    error: Arc<dyn Error + Send + Sync>,
    passing: bool,
}

impl RowStoreError {
    /// This error, which stops the projector.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: error.into().into(), passing: false }
    }

    /// This error, which may pass by itself: a projector that [runs](super::Elsewhere::run) waits and tries again.
    pub fn passing(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: error.into().into(), passing: true }
    }

    /// Whether it may pass by itself.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.passing
    }
}

impl fmt::Display for RowStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for RowStoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}
