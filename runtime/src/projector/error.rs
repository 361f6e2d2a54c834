//! What can go wrong between a read model's rows and its readers, and how to react.

use super::RowStoreError;
use crate::{
    codec::{DecodeError, Place},
    journal::{Checkpoint, Fingerprint, JournalError},
    model::Position,
};
use std::time::Duration;

/// Why a read model could not be brought up to date, or read.
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
/// use annals::projector::ProjectError;
///
/// match store.projection::<NoteRow>().catch_up().await {
///     Err(ProjectError::Decode(error)) => println!("deploy a program that knows `{}`: {error}", error.event_type),
///     Err(error) => return Err(error.into()),
///     Ok(caught_up) => println!("{} events were taken in", caught_up.events),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// The journal could not be read or written. React as its variant says; what was done stays done, and each event
    /// counts once however often it is tried.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An event does not decode, and it cannot be told which row it belongs to, or poison is not
    /// [parked](super::OnPoison::Park). The rows hold everything before it and nothing after it. React by deploying a
    /// program that knows the event.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An event belongs to a row whose key does not read as the key's type. The rows hold everything before it. React
    /// by changing the type of the `#[key]`.
    #[error("projection `{projection}`, event {place}: {reason}")]
    Key {
        /// The projection's name.
        projection: &'static str,
        /// Where the event lies.
        place: Place,
        /// What was expected and what was found.
        reason: String,
    },
    /// The fold of an event into a row panicked, and poison is not [parked](super::OnPoison::Park). The rows hold everything
    /// before that event. React by mending the fold.
    #[error("projection `{projection}`, row `{key}`, event {place}: its fold panicked: {message}")]
    Panicked {
        /// The projection's name.
        projection: &'static str,
        /// The row's key.
        key: String,
        /// Where the event lies.
        place: Place,
        /// What the panic said.
        message: String,
    },
    /// A row that is there does not read, or one does not write. React by [`rebuild`](super::Projector::rebuild)ing,
    /// where the row's type was changed.
    #[error("projection `{projection}`, row `{key}`: {reason}")]
    Row {
        /// The projection's name.
        projection: &'static str,
        /// The row's key.
        key: String,
        /// What serde says, and what was found.
        reason: String,
    },
    /// The rows hold events that the journal no longer has: its history was rewound, or it is another journal. Nothing was
    /// changed. React by finding out which, then by [`rebuild`](super::Projector::rebuild)ing, or by having that done with
    /// [`OnRewound::Rebuild`](super::OnRewound::Rebuild).
    #[error(
        "projection `{projection}` was made of another history: at position {at} expected {expected}, found {}",
        found.map_or_else(|| "nothing".to_owned(), |found| found.to_string())
    )]
    HistoryRewound {
        /// The projection's name.
        projection: &'static str,
        /// The last position that the rows contain, of its partition.
        at: Position,
        /// What the rows contain there.
        expected: Checkpoint,
        /// What the journal has there.
        found: Option<Checkpoint>,
    },
    /// The rows were made by another fold than this program has, under the same version. Nothing was read or changed. React
    /// by giving the projection its next version, so that its rows are made anew beside these; or by having that done under
    /// the same version, with [`OnChanged::Rebuild`](super::OnChanged::Rebuild); or, where both folds make the same rows,
    /// with [`OnChanged::Keep`](super::OnChanged::Keep).
    #[error(
        "the fold of projection `{projection}` was changed under version {version}: the rows were made by {found}, this \
         program has {expected}; write `version = {}` in its `#[projection(…)]`, or choose `on_changed`",
        version.saturating_add(1)
    )]
    Changed {
        /// The projection's name.
        projection: &'static str,
        /// Its version.
        version: u32,
        /// What this program's rows are made by.
        expected: Fingerprint,
        /// What the rows that are there were made by.
        found: Fingerprint,
    },
    /// The rows of a newer version are read by now. Nothing was read or changed. React by running the newer program.
    #[error("projection `{projection}`: version {serving} has taken the place of version {version}")]
    Superseded {
        /// The projection's name.
        projection: &'static str,
        /// The version of this program.
        version: u32,
        /// The version that is read.
        serving: u32,
    },
    /// The rows of this version are being made, and those of an older one are read meanwhile, which this program cannot
    /// read. React by waiting until they have caught up ([`status`](super::Projector::status) says how far they are), with
    /// the older program to answer readers until then.
    #[error("projection `{projection}`: version {version} is not ready yet; version {serving} is read meanwhile")]
    NotReady {
        /// The projection's name.
        projection: &'static str,
        /// The version of this program.
        version: u32,
        /// The version that is read.
        serving: u32,
    },
    /// The rows did not come to contain in time what was waited for. React by waiting on, or by finding out whether the
    /// projection is [run](super::Projector::run).
    #[error("projection `{projection}` has come to position {reached} within {within:?}, and not yet to {wanted}")]
    Behind {
        /// The projection's name.
        projection: &'static str,
        /// The position that was waited for.
        wanted: Position,
        /// How far the rows have come in its partition.
        reached: Position,
        /// For how long was waited.
        within: Duration,
    },
    /// So many rows would be parked that it must be the fold that is broken, or the events. What was committed before stays,
    /// and nothing more was. React by mending it, then by
    /// [`retry_parked`](super::Projector::retry_parked) for those that are parked.
    #[error(
        "projection `{projection}`: {parked} rows would be parked, expected at most {}; the first of the last: {reason}",
        super::worker::MOST_PARKED
    )]
    TooManyParked {
        /// The projection's name.
        projection: &'static str,
        /// How many rows would be parked.
        parked: usize,
        /// Why the first of those that were to be added could not take its event.
        reason: String,
    },
    /// What was asked of an index cannot be answered. React by correcting the value or the `next` that the reason names.
    #[error("projection `{projection}`, index `{index}`: {reason}")]
    Query {
        /// The projection's name.
        projection: &'static str,
        /// The index.
        index: &'static str,
        /// What was expected and what was found.
        reason: String,
    },
    /// The database that keeps the rows could not be read or written. Each event counts once, however often it is tried.
    /// React as its own error says.
    #[error("projection `{projection}`: the database of its rows failed: {source}")]
    RowStore {
        /// The projection's name.
        projection: &'static str,
        /// What it says.
        source: RowStoreError,
    },
}
