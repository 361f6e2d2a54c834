//! Taking the log into the rows: read a batch, fold it, commit rows and checkpoint together.

use super::{OnRewound, ProjectError, Projector, read_row, write_row};
use crate::{
    codec::Place,
    journal::{After, Checkpoint, Commit, Committed, JournalError, LogBatch, LogRead, RowChange, StoredEvent},
    model::{Fold, Projection, Recorded},
    reading::{BATCH, Wanted},
    trace::{span, tell},
};
use std::collections::BTreeMap;

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
}

impl<P: Projection> Projector<P> {
    /// Takes in every event that was recorded before this call.
    ///
    /// Where several projectors do so at once, each batch counts for the one that commits it first; the others go on
    /// behind it.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written, an event does not decode, or a row does not read. The rows then hold
    /// what was committed before, each batch whole up to the event that stands in the way; the next call goes on there.
    pub async fn catch_up(&self) -> Result<CaughtUp, ProjectError> {
        let span = span!(INFO, "catch_up", { projection = P::NAME }, [events, rows, lag]);
        let mut caught_up = CaughtUp::default();
        let mut lag = 0;
        let caught = span.run(self.take_all_in_or_rebuild(&mut caught_up, &mut lag)).await;
        span.number("events", caught_up.events);
        span.number("rows", caught_up.rows);
        span.number("lag", lag);
        caught.map(|()| caught_up)
    }

    async fn take_all_in_or_rebuild(&self, caught_up: &mut CaughtUp, lag: &mut u64) -> Result<(), ProjectError> {
        match self.take_all_in(caught_up, lag).await {
            Err(ProjectError::HistoryRewound { at, .. }) if self.on_rewound == OnRewound::Rebuild => {
                tell!(
                    warn,
                    projection = P::NAME,
                    position = at.number(),
                    "the history was rewound; the rows are made anew"
                );
                self.journal.clear(&self.model).await?;
                self.take_all_in(caught_up, lag).await
            }
            answer => answer,
        }
    }

    /// Takes in what there is; adds up how many events the rows were behind by at first.
    async fn take_all_in(&self, caught_up: &mut CaughtUp, lag: &mut u64) -> Result<(), ProjectError> {
        let wanted = Wanted::set::<P::Events>();
        // Before all that depends on it: what is read later cannot be older.
        let mut revision = self.journal.revision(&self.model).await?;
        let checkpoints = self.journal.checkpoints(&self.model).await?;
        for partition in 0..self.journal.partitions() {
            let checkpoint = checkpoints.get(&partition).copied();
            let head = self.journal.head(partition).await?.map_or(0, |head| head.number);
            *lag += head.saturating_sub(checkpoint.map_or(0, |checkpoint| checkpoint.log_id.number));
            self.catch_up_partition((partition, head), checkpoint, &mut revision, &wanted, caught_up).await?;
        }
        Ok(())
    }

    async fn catch_up_partition(
        &self,
        (partition, head): (u16, u64),
        mut checkpoint: Option<Checkpoint>,
        revision: &mut u64,
        wanted: &Wanted,
        caught_up: &mut CaughtUp,
    ) -> Result<(), ProjectError> {
        let mut at_hand = None;
        loop {
            // Read in any case: where nothing has come since, it is still to be seen whether the rows are of this history.
            let batch = match at_hand.take() {
                Some(batch) => batch,
                None => self.read(partition, checkpoint, wanted).await?,
            };
            let Some(last) = batch.checkpoint() else { return Ok(()) };
            // While this batch is folded and committed, the next one is under way.
            let next = async {
                if last.log_id.number < head {
                    self.read(partition, Some(last), wanted).await.map(Some)
                } else {
                    Ok(None)
                }
            };
            let take_in = self.take_in(partition, checkpoint, *revision, wanted, &batch, caught_up);
            let (next, committed) = futures_util::future::join(next, take_in).await;
            match committed? {
                Committed::Done => {
                    checkpoint = Some(last);
                    *revision += 1;
                    at_hand = next?;
                }
                Committed::Moved { .. } => {
                    tell!(debug, projection = P::NAME, partition = partition, "somebody else took events in");
                    *revision = self.journal.revision(&self.model).await?;
                    checkpoint = self.journal.checkpoints(&self.model).await?.get(&partition).copied();
                }
            }
            if checkpoint.is_some_and(|checkpoint| checkpoint.log_id.number >= head) {
                return Ok(());
            }
        }
    }

    async fn read(&self, partition: u16, after: Option<Checkpoint>, wanted: &Wanted) -> Result<LogBatch, ProjectError> {
        let after = after.map_or(After::Start, After::Checkpoint);
        let batch = wanted.read(&*self.journal, LogRead::new(partition, after, BATCH)).await;
        batch.map_err(|error| match error {
            JournalError::HistoryRewound { at, expected, found } => {
                ProjectError::HistoryRewound { projection: P::NAME, at, expected, found }
            }
            error => error.into(),
        })
    }

    /// Folds a batch into its rows and commits them.
    ///
    /// Where an event stands in the way, what is before it is committed first: the error then names the place where
    /// the rows end.
    async fn take_in(
        &self,
        partition: u16,
        checkpoint: Option<Checkpoint>,
        revision: u64,
        wanted: &Wanted,
        batch: &LogBatch,
        caught_up: &mut CaughtUp,
    ) -> Result<Committed, ProjectError> {
        let mut routed = Vec::with_capacity(batch.events.len());
        let mut reached = None;
        let mut obstacle = None;
        for stored in &batch.events {
            match Routed::new(wanted, stored) {
                Ok(event) => {
                    routed.extend(event);
                    reached = Some(stored);
                }
                Err(error) => {
                    obstacle = Some(error);
                    break;
                }
            }
        }
        let reached = if obstacle.is_none() { batch.checkpoint() } else { reached.map(StoredEvent::checkpoint) };
        let mut committed = Committed::Done;
        if let Some(Checkpoint { log_id: reached, event, .. }) = reached {
            let changes = self.fold(&routed).await?;
            let rows = changes.len() as u64;
            let before = checkpoint.map(|checkpoint| checkpoint.log_id);
            let mut commit = Commit::new(self.model.clone(), partition, before, reached, changes).at_revision(revision);
            commit.event = event;
            committed = self.journal.commit(commit).await?;
            if committed == Committed::Done {
                caught_up.events += routed.len() as u64;
                caught_up.rows += rows;
                tell!(debug, projection = P::NAME, partition = partition, position = reached.number, "took events in");
            }
        }
        match (committed, obstacle) {
            (Committed::Done, Some(error)) => Err(error),
            (committed, _) => Ok(committed),
        }
    }

    /// The rows that these events change, as they become.
    async fn fold(&self, routed: &[Routed<P>]) -> Result<Vec<RowChange>, ProjectError> {
        let mut in_hand: BTreeMap<&str, InHand<P>> = BTreeMap::new();
        for Routed { name, .. } in routed {
            in_hand.entry(name).or_insert(InHand { before: None, now: None });
        }
        if in_hand.is_empty() {
            return Ok(Vec::new());
        }
        let names = in_hand.keys().map(|&name| name.to_owned()).collect();
        let stored = self.journal.rows(&self.model, names).await?;
        for ((name, row), before) in in_hand.iter_mut().zip(stored) {
            row.now = before.as_deref().map(|json| read_row(name, json)).transpose()?;
            row.before = before;
        }
        for Routed { recorded, key, name } in routed {
            let Some(row) = in_hand.get_mut(name.as_str()) else { continue };
            let now = row.now.get_or_insert_with(|| P::open(key));
            if now.apply(&recorded.event, &recorded.metadata) == Fold::Remove {
                row.now = None;
            }
        }
        let mut changes = Vec::with_capacity(in_hand.len());
        for (name, InHand { before, now }) in in_hand {
            let now = now.map(|row| write_row(name, &row)).transpose()?;
            if now != before {
                changes.push(match now {
                    Some(json) => RowChange::write(name, json),
                    None => RowChange::delete(name),
                });
            }
        }
        Ok(changes)
    }
}

/// A row while a batch is folded into it: as it is stored, and as it has become.
struct InHand<P> {
    before: Option<String>,
    now: Option<P>,
}

/// An event with the row that it belongs to.
struct Routed<P: Projection> {
    recorded: Recorded<P::Events>,
    key: P::Key,
    name: String,
}

impl<P: Projection> Routed<P> {
    /// Decodes an event and finds its row; `None` where it concerns no row.
    fn new(wanted: &Wanted, stored: &StoredEvent) -> Result<Option<Self>, ProjectError> {
        let Some(recorded) = wanted.recorded::<P::Events>(stored)? else { return Ok(None) };
        let key = P::key(&recorded.event, &recorded.metadata).map_err(|reason| ProjectError::Key {
            projection: P::NAME,
            place: Place::of(stored),
            reason,
        })?;
        Ok(key.map(|key| Self { name: key.to_string(), key, recorded }))
    }
}
