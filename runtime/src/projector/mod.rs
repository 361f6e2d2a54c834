//! Read models: brought up to date from the log, and read.

mod catch_up;
mod error;
mod pages;

pub use catch_up::CaughtUp;
pub use error::ProjectError;
pub use pages::{Page, Rows};

use crate::{
    journal::{Journal, ReadModel},
    model::{IntoIdentifier, Projection},
};
use std::{fmt, marker::PhantomData, sync::Arc};

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
    model: ReadModel,
    on_rewound: OnRewound,
    row: PhantomData<fn() -> P>,
}

/// What a projector does where the journal has another history than its rows were made of: a failover, or a crash without
/// durable writes, lost events that were taken in.
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
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let notes = Store::memory().projection::<NoteRow>().on_rewound(OnRewound::Rebuild);
/// notes.catch_up().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRewound {
    /// It stops with [`ProjectError::HistoryRewound`], and changes nothing.
    #[default]
    Stop,
    /// It deletes the rows and makes them anew of the history that there is now.
    Rebuild,
}

impl<P> Clone for Projector<P> {
    fn clone(&self) -> Self {
        Self {
            journal: Arc::clone(&self.journal),
            model: self.model.clone(),
            on_rewound: self.on_rewound,
            row: PhantomData,
        }
    }
}

impl<P> fmt::Debug for Projector<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projector").field("model", &self.model).field("journal", &self.journal).finish_non_exhaustive()
    }
}

impl<P: Projection> Projector<P> {
    pub(crate) fn new(journal: Arc<dyn Journal>) -> Self {
        Self { journal, model: ReadModel::of::<P>(), on_rewound: OnRewound::Stop, row: PhantomData }
    }

    /// What is done where the journal has another history than the rows were made of, as after a failover that lost events;
    /// [`OnRewound::Stop`] unless said otherwise.
    #[must_use]
    pub fn on_rewound(mut self, policy: OnRewound) -> Self {
        self.on_rewound = policy;
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
        let mut rows = self.journal.rows(&self.model, vec![key.clone()]).await?;
        rows.pop().flatten().map(|json| read_row(&key, &json)).transpose()
    }

    /// The rows in the order of their keys' bytes, a page at a time. Await it for a [`Page`].
    pub fn all(&self) -> Rows<P> {
        Rows::new(self.clone())
    }

    /// How many events of any type have been recorded and not yet been looked at: 0 right after
    /// [`catch_up`](Self::catch_up), if nobody writes.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub async fn lag(&self) -> Result<u64, ProjectError> {
        let checkpoints = self.journal.checkpoints(&self.model).await?;
        let mut lag = 0;
        for partition in 0..self.journal.partitions() {
            let head = self.journal.head(partition).await?.map_or(0, |head| head.number);
            let seen = checkpoints.get(&partition).map_or(0, |checkpoint| checkpoint.log_id.number);
            lag += head.saturating_sub(seen);
        }
        Ok(lag)
    }

    /// Deletes all rows and makes them anew from the first event on. Until that is done, readers find only the rows
    /// made so far.
    ///
    /// # Errors
    ///
    /// As [`catch_up`](Self::catch_up), which takes it up where it was stopped.
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
    /// let store = Store::memory();
    /// store.repository::<Note>().execute("a", Write { text: "tea".to_owned() }).await?;
    /// let notes = store.projection::<NoteRow>();
    /// notes.catch_up().await?;
    ///
    /// // The row's type was changed, and the rows that are there are of the old one:
    /// assert_eq!(notes.rebuild().await?.rows, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rebuild(&self) -> Result<CaughtUp, ProjectError> {
        self.journal.clear(&self.model).await?;
        self.catch_up().await
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
