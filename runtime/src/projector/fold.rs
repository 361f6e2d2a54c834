//! Events into one row, and the event that a row cannot take.

use super::{ProjectError, keeper::Loaded, write_row};
use crate::{
    codec::{DecodeError, Place},
    journal::StoredEvent,
    model::{Fold, IndexEntries, Projection, Recorded},
    reading::Wanted,
};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// An event with a row that it belongs to.
pub(super) struct Routed<P: Projection> {
    /// Which event of the batch it is.
    pub(super) index: usize,
    pub(super) key: P::Key,
    pub(super) name: String,
    pub(super) event: Read<P::Events>,
}

/// An event, or why it cannot be read.
pub(super) enum Read<E> {
    Event(Arc<Recorded<E>>),
    Unread(DecodeError),
}

/// A row that an event could not be taken into.
pub(super) struct Poison {
    /// Which event of the batch it is.
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) why: Why,
}

/// Why an event cannot be taken into a row.
pub(super) enum Why {
    Unread(DecodeError),
    Panicked(String),
    Row(ProjectError),
}

impl Why {
    /// In one sentence, for a note.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Unread(error) => error.to_string(),
            Self::Panicked(message) => format!("its fold panicked: {message}"),
            Self::Row(ProjectError::Row { reason, .. }) => reason.clone(),
            Self::Row(error) => error.to_string(),
        }
    }

    /// As the error that stops the projector.
    pub(super) fn into_error<P: Projection>(self, key: String, stored: &StoredEvent) -> ProjectError {
        match self {
            Self::Unread(error) => error.into(),
            Self::Panicked(message) => {
                let (projection, place) = (P::NAME, Place::of(stored));
                ProjectError::Panicked { projection, key, place, message }
            }
            Self::Row(error) => error,
        }
    }
}

/// A row that becomes another one.
pub(super) struct Changed<P> {
    pub(super) key: String,
    /// Where it stood in the indexes.
    pub(super) entries: Vec<(&'static str, String)>,
    /// What it is now; `None` where it is deleted.
    pub(super) now: Option<Now<P>>,
}

/// A row as it is to be kept.
pub(super) struct Now<P> {
    pub(super) row: P,
    pub(super) json: String,
    pub(super) entries: Vec<(&'static str, String)>,
}

/// What a row has become.
pub(super) struct Folded<P> {
    /// `None` where it is as it was.
    pub(super) changed: Option<Changed<P>>,
    pub(super) poison: Option<Poison>,
}

impl<P: Projection> Folded<P> {
    /// A row that can take none of the events.
    fn stuck(name: &str, events: &[&Routed<P>], why: Why) -> Self {
        let index = events.first().map_or(0, |event| event.index);
        Self { changed: None, poison: Some(Poison { index, name: name.to_owned(), why }) }
    }
}

impl<P: Projection> Routed<P> {
    /// Decodes an event and finds its rows; a row twice counts once.
    pub(super) fn of(
        wanted: &Wanted,
        index: usize,
        stored: &StoredEvent,
        into: &mut Vec<Self>,
    ) -> Result<(), ProjectError> {
        let recorded = match wanted.recorded::<P::Events>(stored) {
            Ok(None) => return Ok(()),
            Ok(Some(recorded)) => recorded,
            Err(error) => {
                let key = stored.metadata().ok().and_then(|metadata| P::key_of_unread(&metadata));
                let Some(key) = key else { return Err(error.into()) };
                into.push(Self { index, name: key.to_string(), key, event: Read::Unread(error) });
                return Ok(());
            }
        };
        let keys = guarded(|| P::keys(&recorded.event, &recorded.metadata)).map_err(|message| ProjectError::Key {
            projection: P::NAME,
            place: Place::of(stored),
            reason: format!("finding its rows panicked: {message}"),
        })?;
        let keys =
            keys.map_err(|reason| ProjectError::Key { projection: P::NAME, place: Place::of(stored), reason })?;
        let recorded = Arc::new(recorded);
        let begin = into.len();
        for key in keys {
            let name = key.to_string();
            // An event has few rows, and most have one.
            if into.iter().skip(begin).all(|known| known.name != name) {
                into.push(Self { index, name, key, event: Read::Event(Arc::clone(&recorded)) });
            }
        }
        Ok(())
    }
}

/// Takes events into a row, up to the first that it cannot take.
pub(super) fn fold<P: Projection>(name: &str, loaded: Loaded<P>, events: &[&Routed<P>]) -> Folded<P> {
    let (before, row) = match loaded {
        Loaded::Absent => (None, None),
        Loaded::Row { json, row } => (Some(json), Some(row)),
        Loaded::Unreadable(error) => {
            return Folded::stuck(name, events, Why::Row(error));
        }
    };
    let entries = match row.as_ref().map_or_else(|| Ok(Vec::new()), |row| entries_of(name, row)) {
        Ok(entries) => entries,
        Err(why) => return Folded::stuck(name, events, why),
    };
    let Taken { now, poison } = match take_all(name, row, events) {
        Ok(now) => Taken { now, poison: None },
        // Something stands in the way: each event by itself, to see which one.
        Err(_) => match take_each(name, before.as_deref(), events) {
            Ok(taken) => taken,
            Err(why) => return Folded::stuck(name, events, why),
        },
    };
    let unchanged = now.as_ref().map(|now| &now.json) == before.as_ref();
    let changed = (!unchanged).then(|| Changed { key: name.to_owned(), entries, now });
    Folded { changed, poison }
}

/// What a row is with the events that it could take.
struct Taken<P> {
    now: Option<Now<P>>,
    poison: Option<Poison>,
}

/// Takes all events into a row.
fn take_all<P: Projection>(name: &str, row: Option<P>, events: &[&Routed<P>]) -> Result<Option<Now<P>>, Why> {
    let taken = guarded(move || events.iter().try_fold(row, |row, event| take(row, event)));
    finish(name, taken.map_err(Why::Panicked)??)
}

/// Takes the events into a row one by one, up to the first that it cannot take; fails where nothing can be made of the
/// row as it is.
fn take_each<P: Projection>(name: &str, before: Option<&str>, events: &[&Routed<P>]) -> Result<Taken<P>, Why> {
    let read = |json: &str| super::read_row::<P>(name, json).map_err(Why::Row);
    let poison = |index, why| Poison { index, name: name.to_owned(), why };
    let mut now = before.map(read).transpose().and_then(|row| finish(name, row))?;
    for event in events {
        let next = now.as_ref().map(|now| read(&now.json)).transpose().and_then(|row| {
            let row = guarded(|| take(row, event)).map_err(Why::Panicked)??;
            finish(name, row)
        });
        match next {
            Ok(next) => now = next,
            Err(why) => return Ok(Taken { now, poison: Some(poison(event.index, why)) }),
        }
    }
    Ok(Taken { now, poison: None })
}

/// Takes one event into a row: what the row is then, if there is one.
fn take<P: Projection>(row: Option<P>, routed: &Routed<P>) -> Result<Option<P>, Why> {
    let recorded = match &routed.event {
        Read::Event(recorded) => recorded,
        Read::Unread(error) => return Err(Why::Unread(error.clone())),
    };
    let mut row = row.unwrap_or_else(|| P::open(&routed.key));
    let fold = row.apply(&recorded.event, &recorded.metadata);
    Ok((fold == Fold::Keep).then_some(row))
}

/// A row as it is to be kept.
fn finish<P: Projection>(name: &str, row: Option<P>) -> Result<Option<Now<P>>, Why> {
    let Some(row) = row else { return Ok(None) };
    let written = guarded(|| write_row(name, &row)).map_err(Why::Panicked)?;
    let json = written.map_err(Why::Row)?;
    let entries = entries_of(name, &row)?;
    Ok(Some(Now { row, json, entries }))
}

/// Where a row stands in the indexes.
pub(super) fn entries_of<P: Projection>(name: &str, row: &P) -> Result<Vec<(&'static str, String)>, Why> {
    if P::INDEXES.is_empty() {
        return Ok(Vec::new());
    }
    let mut entries = IndexEntries::new();
    let written = guarded(|| row.index(&mut entries)).map_err(Why::Panicked)?;
    written.map_err(|error| {
        Why::Row(ProjectError::Row {
            projection: P::NAME,
            key: name.to_owned(),
            reason: format!("it has no place in an index: {error}"),
        })
    })?;
    Ok(entries.into_entries())
}

/// Runs the user's code; what it says where it panics. Whatever it was about is given up then.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| message(&*panic).to_owned())
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(message), _) => message,
        (None, Some(message)) => message,
        (None, None) => "a panic without a message",
    }
}
