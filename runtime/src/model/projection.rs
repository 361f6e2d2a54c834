//! The rows of a read model, and how events change them.

use super::{EventSet, Identifier, IndexDescriptor, IndexEntries, IntoIdentifier, Metadata, NotIndexable};
use serde::{Serialize, de::DeserializeOwned};
use std::{convert::Infallible, fmt, str::FromStr};

/// The row type of a read model. Usually derived: `#[derive(Projection)]`.
///
/// Every event that concerns the read model belongs to one row or to several; a row is folded like an aggregate, and
/// stored as JSON through the user's own serde derives.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum CounterEvent { Added { amount: u64 } }
/// use annals::{Fold, Keys, index::{IndexDescriptor, IndexEntries, NotIndexable}};
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
///     // To be another number whenever the same events come to lead to other rows.
///     const FOLD: u64 = 1;
///     // One more than before, where the rows are to be built anew although `FOLD` stays.
///     const VERSION: u32 = 2;
///     const INDEXES: &'static [IndexDescriptor] = &[IndexDescriptor::new("amount", 1)];
///
///     fn keys(_: &CounterEvent, metadata: &Metadata) -> Result<Keys<String>, String> {
///         Ok(Keys::one(metadata.stream.id().into_owned()))
///     }
///
///     fn key_of_unread(metadata: &Metadata) -> Option<String> {
///         Some(metadata.stream.id().into_owned())
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
///
///     fn index(&self, entries: &mut IndexEntries) -> Result<(), NotIndexable> {
///         entries.add("amount", &[&self.amount])
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
    /// The version of the rows, from 1. A new one is built beside the old one, and then takes its place.
    const VERSION: u32 = 1;
    /// A number for all that the rows are made by: where the same events come to lead to other rows, it changes.
    const FOLD: u64 = 0;
    /// The declared indexes: what [`index`](Self::index) writes.
    const INDEXES: &'static [IndexDescriptor] = &[];

    /// The keys of the rows that this event belongs to; none where it concerns no row.
    ///
    /// # Errors
    ///
    /// When the row's key is the aggregate's id, and that does not read as a [`Key`](Self::Key): the reason.
    fn keys(event: &Self::Events, metadata: &Metadata) -> Result<Keys<Self::Key>, String>;

    /// The key of the row that an event belongs to which does not decode; `None` where that cannot be told without its
    /// content.
    #[must_use]
    fn key_of_unread(metadata: &Metadata) -> Option<Self::Key> {
        let _ = metadata;
        None
    }

    /// The row of this key before its first event.
    fn open(key: &Self::Key) -> Self;

    /// Takes one event into the row.
    fn apply(&mut self, event: &Self::Events, metadata: &Metadata) -> Fold;

    /// Writes the row's entries in the declared [`INDEXES`](Self::INDEXES): each field's value to the index that it is of.
    ///
    /// # Errors
    ///
    /// When a value has no place in an order.
    fn index(&self, entries: &mut IndexEntries) -> Result<(), NotIndexable> {
        let _ = entries;
        Ok(())
    }
}

/// The keys of the rows that an event belongs to. Each counts once, however often it is named.
///
/// ```
/// use annals::Keys;
///
/// let keys: Keys<String> = Keys::from_iter(["ann".to_owned(), "bob".to_owned(), "ann".to_owned()]);
/// assert_eq!(keys.iter().collect::<Vec<_>>(), ["ann", "bob", "ann"]);
/// assert_eq!(Keys::one(7).into_iter().collect::<Vec<u64>>(), [7]);
/// let none: Keys<u64> = Keys::none();
/// assert!(none.iter().next().is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys<K>(Several<K>);

/// Nearly every event has one key, which needs no vector.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Several<K> {
    One(K),
    Many(Vec<K>),
}

impl<K> Keys<K> {
    /// The event concerns no row.
    #[must_use]
    pub const fn none() -> Self {
        Self(Several::Many(Vec::new()))
    }

    /// The event belongs to one row.
    #[must_use]
    pub const fn one(key: K) -> Self {
        Self(Several::One(key))
    }

    /// The keys, as they were named.
    pub fn iter(&self) -> std::slice::Iter<'_, K> {
        match &self.0 {
            Several::One(key) => std::slice::from_ref(key),
            Several::Many(keys) => keys,
        }
        .iter()
    }
}

impl<K> FromIterator<K> for Keys<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        Self(Several::Many(keys.into_iter().collect()))
    }
}

impl<K> IntoIterator for Keys<K> {
    type Item = K;
    type IntoIter = std::iter::Chain<std::option::IntoIter<K>, std::vec::IntoIter<K>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, many) = match self.0 {
            Several::One(key) => (Some(key), Vec::new()),
            Several::Many(keys) => (None, keys),
        };
        one.into_iter().chain(many)
    }
}

impl<'a, K> IntoIterator for &'a Keys<K> {
    type Item = &'a K;
    type IntoIter = std::slice::Iter<'a, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What a `#[row(PATTERN => …)]` may give: the key of a row, or something to iterate over that gives keys. `How` tells the
/// two apart, and is inferred.
///
/// ```
/// use annals::{IntoKeys, Keys};
///
/// let one: Keys<String> = "ann".into_keys();
/// assert_eq!(one, Keys::one("ann".to_owned()));
///
/// let both: Keys<String> = ["ann", "bob"].into_keys();
/// assert_eq!(both.iter().count(), 2);
///
/// let perhaps: Keys<u64> = Some(7).filter(|key| *key > 9).into_keys();
/// assert_eq!(perhaps.iter().count(), 0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the key that is asked for here, `{K}`",
    label = "expected `{K}`, or something to iterate over that gives it"
)]
pub trait IntoKeys<K, How> {
    /// The keys.
    fn into_keys(self) -> Keys<K>;
}

/// One key: see [`IntoKeys`].
///
/// ```
/// use annals::{IntoKeys, Keys, OneKey};
///
/// fn row(key: impl IntoKeys<String, OneKey>) -> Keys<String> {
///     key.into_keys()
/// }
///
/// assert_eq!(row("ann"), Keys::one("ann".to_owned()));
/// ```
#[derive(Debug)]
pub enum OneKey {}

/// Any number of keys: see [`IntoKeys`].
///
/// ```
/// use annals::{IntoKeys, Keys, ManyKeys};
///
/// fn rows(keys: impl IntoKeys<String, ManyKeys>) -> Keys<String> {
///     keys.into_keys()
/// }
///
/// assert_eq!(rows(vec!["ann", "bob"]).iter().count(), 2);
/// ```
#[derive(Debug)]
pub enum ManyKeys {}

impl<K, T: IntoIdentifier<K>> IntoKeys<K, OneKey> for T {
    fn into_keys(self) -> Keys<K> {
        Keys::one(self.into_identifier())
    }
}

impl<K, T: IntoIterator<Item: IntoIdentifier<K>>> IntoKeys<K, ManyKeys> for T {
    fn into_keys(self) -> Keys<K> {
        self.into_iter().map(IntoIdentifier::into_identifier).collect()
    }
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
