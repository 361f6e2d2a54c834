//! What can go wrong between a read model's rows and its readers, and how to react.

use crate::{
    codec::{DecodeError, Place},
    journal::{Checkpoint, JournalError},
    model::Position,
};

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
    /// An event does not decode. The rows hold everything before it and nothing after it. React by deploying a program
    /// that knows the event.
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
}
