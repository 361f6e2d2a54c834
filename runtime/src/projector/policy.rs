//! What a projector does where it cannot simply go on.

/// What was chosen.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "each is named as the method that sets it")]
pub(super) struct Policy {
    pub(super) on_rewound: OnRewound,
    pub(super) on_changed: OnChanged,
    pub(super) on_poison: OnPoison,
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
    /// It stops with [`ProjectError::HistoryRewound`](super::ProjectError::HistoryRewound), and changes nothing.
    #[default]
    Stop,
    /// It deletes the rows and makes them anew of the history that there is now.
    Rebuild,
}

/// What a projector does where the rows that are there were made by another fold than it has, under the same version: an
/// arm was changed, a field, an index.
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
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // While a program is being written, its rows may follow each change:
/// let notes = Store::memory().projection::<NoteRow>().on_changed(OnChanged::Rebuild);
/// notes.catch_up().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnChanged {
    /// It stops with [`ProjectError::Changed`](super::ProjectError::Changed), and changes nothing.
    #[default]
    Refuse,
    /// It makes the rows anew, beside those that are there; they are read once they have caught up.
    Rebuild,
    /// It takes the rows as its own, as where both folds make the same.
    Keep,
}

/// What a projector does with a row that cannot take an event: its fold panics, or the event or the row does not read.
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
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let notes = Store::memory().projection::<NoteRow>().on_poison(OnPoison::Stop);
/// notes.catch_up().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnPoison {
    /// It parks that row with the reason and the event, and goes on with the others: see
    /// [`parked`](super::Projector::parked). A program that is built with `panic = "abort"` ends at a panic all the same.
    #[default]
    Park,
    /// It stops with the error. The rows hold what was before the event.
    Stop,
}
