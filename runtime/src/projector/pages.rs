//! Rows in order, a page at a time.

use super::{ProjectError, Projector, read_row};
use crate::model::{IntoIdentifier, Projection};
use futures_util::future::BoxFuture;
use std::{fmt, future::IntoFuture};

/// The rows of a read model, made by [`Projector::all`]. Await it for a [`Page`].
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
/// # #[derive(Projection, Default, Serialize, Deserialize)]
/// # #[projection(name = "notes", events(NoteEvent))]
/// # struct NoteRow { #[key] id: String, #[on(Written { text })] text: String }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let store = Store::memory();
/// # for id in ["a", "b", "c"] {
/// #     store.repository::<Note>().execute(id, Write { text: id.into() }).await?;
/// # }
/// # let notes = store.projection::<NoteRow>();
/// # notes.catch_up().await?;
/// let first = notes.all().limit(2).await?;
/// assert_eq!(first.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
///
/// let second = notes.all().after(first.next.unwrap()).limit(2).await?;
/// assert_eq!((second.rows[0].id.as_str(), second.next), ("c", None));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[must_use = "nothing is read until it is awaited"]
pub struct Rows<P> {
    projector: Projector<P>,
    after: Option<String>,
    limit: usize,
}

impl<P: Projection> fmt::Debug for Rows<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("projector", &self.projector)
            .field("after", &self.after)
            .field("limit", &self.limit)
            .finish()
    }
}

/// Some rows, in the order of their keys' bytes.
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
/// # let notes = store.projection::<NoteRow>();
/// let mut page = notes.all().await?;
/// loop {
///     for note in &page.rows {
///         println!("{}: {}", note.id, note.text);
///     }
///     match page.next {
///         Some(key) => page = notes.all().after(key).await?,
///         None => break,
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<P> {
    /// The rows.
    pub rows: Vec<P>,
    /// What to ask for the next page with, by [`Rows::after`] or [`Find::after`](super::Find::after); `None` after the last
    /// page.
    pub next: Option<String>,
}

impl<P: Projection> Rows<P> {
    pub(super) fn new(projector: Projector<P>) -> Self {
        Self { projector, after: None, limit: 100 }
    }

    /// Begins with the first row behind this key: a page's [`next`](Page::next), or any key as text.
    pub fn after(mut self, key: impl IntoIdentifier<String>) -> Self {
        self.after = Some(key.into_identifier());
        self
    }

    /// At most this many rows a page; 100 unless said otherwise, and at least one.
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = rows.max(1);
        self
    }

    async fn page(self) -> Result<Page<P>, ProjectError> {
        let Self { projector, after, limit } = self;
        let page = projector.read(move |journal, model| {
            let after = after.clone();
            Box::pin(async move { journal.rows_page(&model, after, limit).await })
        });
        let page = page.await?;
        let next = page.rows.last().filter(|_| page.more).map(|(key, _)| key.clone());
        let rows = page.rows.iter().map(|(key, json)| read_row(key, json)).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }
}

impl<P: Projection> IntoFuture for Rows<P> {
    type Output = Result<Page<P>, ProjectError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.page())
    }
}
