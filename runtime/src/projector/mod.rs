//! Read models: brought up to date from the log, and read.

mod catch_up;
mod driver;
mod elsewhere;
mod error;
mod find;
mod fold;
mod keeper;
mod pages;
mod parked;
mod policy;
mod rebuild;
mod run;
mod versions;
mod wait;
mod worker;

pub use catch_up::CaughtUp;
pub use elsewhere::{Elsewhere, RowStore, RowStoreError, RowsCommit, RowsStanding};
pub use error::ProjectError;
pub use find::Find;
pub use pages::{Page, Rows};
pub use parked::{ParkedRow, Retried};
pub use policy::{OnChanged, OnPoison, OnRewound};
pub use rebuild::{BuildStatus, Progress, Rebuild};
pub use run::Run;
pub use wait::WaitUntil;

use crate::{
    journal::{Fingerprint, Journal, ReadModel},
    model::{IntoIdentifier, Projection},
};
use policy::Policy;
use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, OnceLock},
};

/// The read model of one row type, made by [`Store::projection`](crate::Store::projection). Cheap to clone.
///
/// Rows and the checkpoint that says what they contain change together, in one call to the journal: a projector that is
/// stopped at any point, and several that run at once, count each event once.
///
/// ```
/// use annals::prelude::*;
///
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
/// #[derive(Projection, Default, Debug, PartialEq, Serialize, Deserialize)]
/// #[projection(name = "largest", events(CounterEvent))]
/// struct Largest {
///     #[key]
///     counter: String,
///     #[on(Added { amount } => self.amount.max(*amount))]
///     amount: u64,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let store = Store::memory();
/// for amount in [3, 7, 5] {
///     store.repository::<Counter>().execute("visits", Add { amount }).await?;
/// }
///
/// let largest = store.projection::<Largest>();
/// assert_eq!(largest.lag().await?, 3);
/// largest.catch_up().await?;
/// assert_eq!(largest.get("visits").await?, Some(Largest { counter: "visits".into(), amount: 7 }));
/// assert_eq!(largest.all().await?.rows.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub struct Projector<P> {
    journal: Arc<dyn Journal>,
    policy: Policy,
    /// What this program's rows are made by, once it was asked for.
    fingerprint: Arc<OnceLock<Fingerprint>>,
    /// The build that was read last.
    read: Arc<Mutex<Option<ReadModel>>>,
    row: PhantomData<fn() -> P>,
}

impl<P> Clone for Projector<P> {
    fn clone(&self) -> Self {
        Self {
            journal: Arc::clone(&self.journal),
            policy: self.policy,
            fingerprint: Arc::clone(&self.fingerprint),
            read: Arc::clone(&self.read),
            row: PhantomData,
        }
    }
}

impl<P: Projection> fmt::Debug for Projector<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projector")
            .field("projection", &P::NAME)
            .field("version", &P::VERSION)
            .field("policy", &self.policy)
            .field("journal", &self.journal)
            .finish_non_exhaustive()
    }
}

impl<P: Projection> Projector<P> {
    pub(crate) fn new(journal: Arc<dyn Journal>) -> Self {
        Self { journal, policy: Policy::default(), fingerprint: Arc::default(), read: Arc::default(), row: PhantomData }
    }

    /// What is done where the journal has another history than the rows were made of, as after a failover that lost events;
    /// [`OnRewound::Stop`] unless said otherwise.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum NoteEvent { Written { text: String } }
    /// # #[derive(Projection, Default, Debug, Serialize, Deserialize)]
    /// # #[projection(name = "notes", events(NoteEvent))]
    /// # struct NoteRow { #[key] id: String, #[on(Written { text })] text: String }
    /// use annals::projector::OnRewound;
    ///
    /// let notes = Store::memory().projection::<NoteRow>().on_rewound(OnRewound::Rebuild);
    /// # drop(notes);
    /// ```
    #[must_use]
    pub fn on_rewound(mut self, policy: OnRewound) -> Self {
        self.policy.on_rewound = policy;
        self
    }

    /// What is done where the rows that are there were made by another fold, under the same version;
    /// [`OnChanged::Refuse`] unless said otherwise.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum NoteEvent { Written { text: String } }
    /// # #[derive(Projection, Default, Debug, Serialize, Deserialize)]
    /// # #[projection(name = "notes", events(NoteEvent))]
    /// # struct NoteRow { #[key] id: String, #[on(Written { text })] text: String }
    /// use annals::projector::OnChanged;
    ///
    /// let notes = Store::memory().projection::<NoteRow>().on_changed(OnChanged::Rebuild);
    /// # drop(notes);
    /// ```
    #[must_use]
    pub fn on_changed(mut self, policy: OnChanged) -> Self {
        self.policy.on_changed = policy;
        // What was read last was read under another policy.
        self.read = Arc::default();
        self
    }

    /// What is done with a row that cannot take an event; [`OnPoison::Park`] unless said otherwise.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum NoteEvent { Written { text: String } }
    /// # #[derive(Projection, Default, Debug, Serialize, Deserialize)]
    /// # #[projection(name = "notes", events(NoteEvent))]
    /// # struct NoteRow { #[key] id: String, #[on(Written { text })] text: String }
    /// use annals::projector::OnPoison;
    ///
    /// let notes = Store::memory().projection::<NoteRow>().on_poison(OnPoison::Stop);
    /// # drop(notes);
    /// ```
    #[must_use]
    pub fn on_poison(mut self, policy: OnPoison) -> Self {
        self.policy.on_poison = policy;
        self
    }

    /// The row of this key, as far as the rows have been brought. [`Single`](crate::Single) is the key where there is
    /// only one.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or the row does not read as a `P`.
    pub async fn get(&self, key: impl IntoIdentifier<P::Key>) -> Result<Option<P>, ProjectError> {
        let key = key.into_identifier().to_string();
        let rows = self.read(|journal, model| {
            let keys = vec![key.clone()];
            Box::pin(async move { journal.rows(&model, keys).await })
        });
        let rows = rows.await?;
        rows.into_iter().next().flatten().map(|json| read_row(&key, &json)).transpose()
    }

    /// The rows in the order of their keys' bytes, a page at a time. Await it for a [`Page`].
    pub fn all(&self) -> Rows<P> {
        Rows::new(self.clone())
    }

    /// How many events of any type have been recorded and not yet been looked at by the build that this program writes: 0
    /// right after [`catch_up`](Self::catch_up), if nobody writes.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or this program has no build to write.
    pub async fn lag(&self) -> Result<u64, ProjectError> {
        let model = self.writing().await?.model;
        let (done, all) = driver::done_and_all(&*self.journal, &self.journal.checkpoints(&model).await?).await?;
        Ok(all.saturating_sub(done))
    }
}

fn read_row<P: Projection>(key: &str, json: &str) -> Result<P, ProjectError> {
    serde_json::from_str(json).map_err(|error| ProjectError::Row {
        projection: P::NAME,
        key: key.to_owned(),
        reason: format!("it does not read as it is declared: {error}; found `{}`", crate::codec::shortened(json)),
    })
}

fn write_row<P: Projection>(key: &str, row: &P) -> Result<String, ProjectError> {
    crate::codec::json(row).map_err(|error| ProjectError::Row {
        projection: P::NAME,
        key: key.to_owned(),
        reason: format!("it cannot be written: {error}"),
    })
}
