//! Waiting until the rows contain what was just recorded.

use super::{ProjectError, Projector, driver::wait_until};
use crate::model::{Cursor, Projection};
use futures_util::future::BoxFuture;
use std::{fmt, future::IntoFuture, time::Duration};

/// A wait, made by [`Projector::wait_until`]. Await it; it ends when the rows contain what is waited for, or when the time is
/// over.
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
/// use annals::projector::ProjectError;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::memory();
/// let written = store.repository::<Note>().execute("a", Write { text: "tea".to_owned() }).await?;
///
/// let rows = store.projection::<NoteRow>();
/// // Nobody has run the projection yet:
/// let error = rows.wait_until(written.token()).within(Duration::from_millis(5)).await.unwrap_err();
/// assert!(matches!(error, ProjectError::Behind { .. }), "{error}");
///
/// rows.catch_up().await?;
/// rows.wait_until(written.token()).await?;
/// assert_eq!(rows.get("a").await?.unwrap().text, "tea");
/// # Ok(())
/// # }
/// ```
#[must_use = "nobody waits until it is awaited"]
pub struct WaitUntil<P> {
    projector: Projector<P>,
    wanted: Cursor,
    within: Duration,
}

impl<P> fmt::Debug for WaitUntil<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitUntil").field("wanted", &self.wanted).field("within", &self.within).finish_non_exhaustive()
    }
}

impl<P: Projection> WaitUntil<P> {
    /// For how long at most; 5 seconds unless said otherwise.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }
}

impl<P: Projection> IntoFuture for WaitUntil<P> {
    type Output = Result<(), ProjectError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { projector, wanted, within } = self;
            let partitions = projector.journal.partitions();
            let checkpoints = move || -> BoxFuture<'static, _> {
                let projector = projector.clone();
                // Another build may come to be read meanwhile.
                Box::pin(async move { Ok(projector.journal.checkpoints(&projector.reading().await?).await?) })
            };
            wait_until::<P>(&wanted, within, partitions, checkpoints).await
        })
    }
}

impl<P: Projection> Projector<P> {
    /// Waits until the rows that are read contain a place of the log: the [`token`](crate::repository::Outcome::token) of a
    /// command's outcome, so that a reader finds what it has just written. Somebody has to
    /// [run](Projector::run) the projection meanwhile.
    pub fn wait_until(&self, token: impl Into<Cursor>) -> WaitUntil<P> {
        WaitUntil { projector: self.clone(), wanted: token.into(), within: Duration::from_secs(5) }
    }
}
