//! Bringing the rows up to the end of the log, once.

use super::{
    OnRewound, ProjectError, Projector,
    driver::Driver,
    keeper::InJournal,
    versions::Writing,
    worker::{Pace, Worker},
};
use crate::{journal::JournalError, model::Projection, reading::BATCH, trace::span};
use std::sync::Arc;

/// What [`Projector::catch_up`] did.
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
/// let caught_up = store.projection::<NoteRow>().catch_up().await?;
/// assert_eq!((caught_up.events, caught_up.rows), (1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaughtUp {
    /// How many events were taken into rows. Those that are ignored, or that somebody else took in, are not among them.
    pub events: u64,
    /// How many rows were written or deleted; one that changed in two batches counts twice.
    pub rows: u64,
    /// How many rows were [parked](Projector::parked), since an event could not be taken into them.
    pub parked: u64,
}

impl CaughtUp {
    /// Adds what was done since.
    pub(super) fn add(&mut self, other: Self) {
        self.events += other.events;
        self.rows += other.rows;
        self.parked += other.parked;
    }
}

/// Takes in all there is, without a pause.
pub(super) struct Steady;

impl Pace for Steady {
    fn limit(&self) -> usize {
        BATCH
    }

    async fn go_on<P: Projection>(&mut self, _: u64, _: &Worker<P>) -> Result<bool, ProjectError> {
        Ok(true)
    }
}

impl<P: Projection> Projector<P> {
    /// Takes in every event that was recorded before this call.
    ///
    /// Where several projectors do so at once, each batch counts for the one that commits it first; the others go on
    /// behind it. Where rows of an older version are read, those of this version are made beside them, and take their place
    /// once they have caught up; what was made before goes on where it stopped.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written, or an event belongs to a row that cannot be told. The rows then hold
    /// what was committed before, each batch whole up to the event that stands in the way; the next call goes on there.
    /// Where the fold was changed under the same version, [`ProjectError::Changed`]; where a newer version has taken the
    /// place of this one, [`ProjectError::Superseded`].
    pub async fn catch_up(&self) -> Result<CaughtUp, ProjectError> {
        self.bring_up(&mut Steady).await
    }

    /// Brings the build that this program writes to the end of the log, and lets it be read.
    pub(super) async fn bring_up(&self, pace: &mut impl Pace) -> Result<CaughtUp, ProjectError> {
        let span = span!(INFO, "catch_up", { projection = P::NAME }, [events, rows, lag]);
        let mut caught_up = CaughtUp::default();
        let mut lag = 0;
        let caught = span.run(async {
            loop {
                let writing = self.writing().await?;
                match self.bring_up_build(&writing, pace, &mut caught_up, &mut lag).await {
                    // Another build of the same version has taken its place.
                    Err(ProjectError::Journal(JournalError::Retired { .. })) if !writing.beside => {}
                    answer => return answer,
                }
            }
        });
        let caught = caught.await;
        span.number("events", caught_up.events);
        span.number("rows", caught_up.rows);
        span.number("lag", lag);
        caught.map(|()| caught_up)
    }

    /// The same, for one build.
    pub(super) async fn bring_up_build(
        &self,
        writing: &Writing,
        pace: &mut impl Pace,
        caught_up: &mut CaughtUp,
        lag: &mut u64,
    ) -> Result<(), ProjectError> {
        let driver = self.driver(writing);
        loop {
            let mut done = CaughtUp::default();
            let end = driver.catch_up(pace, &mut done, lag).await;
            caught_up.add(done);
            end?;
            if !writing.beside || self.take_over(&writing.model).await? {
                return self.sweep().await;
            }
        }
    }

    /// What takes events into the rows of a build.
    pub(super) fn driver(&self, writing: &Writing) -> Driver<P> {
        let keeper = InJournal { journal: Arc::clone(&self.journal), model: writing.model.clone() };
        let on_rewound = if writing.beside { OnRewound::Rebuild } else { self.policy.on_rewound };
        Driver::new(Arc::clone(&self.journal), Arc::new(keeper), self.policy.on_poison, on_rewound)
    }
}
