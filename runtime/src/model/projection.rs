//! The rows of a read model, and how events change them.

use super::{EventSet, Identifier, Metadata};
use serde::{Serialize, de::DeserializeOwned};
use std::{convert::Infallible, fmt, str::FromStr};

/// The row type of a read model. Usually derived: `#[derive(Projection)]`.
///
/// Every event that concerns the read model belongs to one row; the row is folded like an aggregate, and stored as
/// JSON through the user's own serde derives.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum CounterEvent { Added { amount: u64 } }
/// use annals::Fold;
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Total {
///     counter: String,
///     amount: u64,
/// }
///
/// impl Projection for Total {
///     type Events = CounterEvent;
///     type Key = String;
///     const NAME: &'static str = "total";
///
///     fn key(_: &CounterEvent, metadata: &Metadata) -> Result<Option<String>, String> {
///         Ok(Some(metadata.stream.id().into_owned()))
///     }
///
///     fn open(key: &String) -> Self {
///         Self { counter: key.clone(), amount: 0 }
///     }
///
///     fn apply(&mut self, event: &CounterEvent, _: &Metadata) -> Fold {
///         let CounterEvent::Added { amount } = event;
///         self.amount += amount;
///         Fold::Keep
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    label = "expected a type with `#[derive(Projection)]`"
)]
pub trait Projection: Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What is read: an event enum, or several joined by [`Or`](super::Or).
    type Events: EventSet;
    /// What names a row.
    type Key: Identifier;
    /// The read model's name, as stored. Never changes while its rows are wanted.
    const NAME: &'static str;

    /// The key of the row that this event belongs to; `None` where it concerns no row.
    ///
    /// # Errors
    ///
    /// When the row's key is the aggregate's id, and that does not read as a [`Key`](Self::Key): the reason.
    fn key(event: &Self::Events, metadata: &Metadata) -> Result<Option<Self::Key>, String>;

    /// The row of this key before its first event.
    fn open(key: &Self::Key) -> Self;

    /// Takes one event into the row.
    fn apply(&mut self, event: &Self::Events, metadata: &Metadata) -> Fold;
}

/// What becomes of a row after an event.
///
/// ```
/// # use annals::prelude::*;
/// # use annals::{Position, StreamName};
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum NoteEvent { Written { text: String }, Shredded }
/// use annals::Fold;
///
/// #[derive(Projection, Default, Serialize, Deserialize)]
/// #[projection(name = "notes", events(NoteEvent))]
/// #[remove(Shredded)]
/// struct Note {
///     #[key]
///     id: String,
///     #[on(Written { text })]
///     text: String,
/// }
///
/// # let (note, now) = (StreamName::new("note", "1"), Timestamp::UNIX_EPOCH);
/// # let metadata = Metadata::new(note, Version::new(1), Position::from(1), now, Annotations::default());
/// let mut note = Note::default();
/// assert_eq!(note.apply(&NoteEvent::Written { text: "tea".to_owned() }, &metadata), Fold::Keep);
/// assert_eq!(note.apply(&NoteEvent::Shredded, &metadata), Fold::Remove);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// It stays, as it is now.
    Keep,
    /// It is deleted: `#[remove(…)]`.
    Remove,
}

/// The key of the only row of a `#[projection(single)]`.
///
/// ```
/// use annals::Single;
///
/// assert_eq!("".parse(), Ok(Single));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Single;

impl fmt::Display for Single {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl FromStr for Single {
    type Err = Infallible;

    fn from_str(_: &str) -> Result<Self, Self::Err> {
        Ok(Self)
    }
}
