//! Takes the log into the rows: reads a batch, folds it, commits rows and checkpoint together.

use super::{
    CaughtUp, OnPoison, ParkedRow, ProjectError,
    fold::{self, Changed, Folded, Poison, Routed},
    keeper::{Keeper, Standing, Step},
};
use crate::{
    journal::{After, Checkpoint, Committed, Journal, JournalError, Lease, LogBatch, LogRead, RowChange, StoredEvent},
    model::{Projection, Seen},
    reading::Wanted,
    trace::tell,
};
use std::{collections::BTreeMap, sync::Arc};

/// How many rows are taken in hand at once, so that events with many rows do not fill the memory.
const ROWS_AT_ONCE: usize = 10_000;
/// How many rows of a read model may be parked. Where there are more, the fold is broken, and not some events.
pub(super) const MOST_PARKED: usize = 1_000;

/// Reads the events that a projection wants.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) wanted: Wanted,
    projection: &'static str,
}

impl Reader {
    pub(super) fn new<P: Projection>(journal: Arc<dyn Journal>) -> Self {
        Self { journal, wanted: Wanted::set::<P::Events>(), projection: P::NAME }
    }

    /// The next part of a partition's log behind a checkpoint.
    pub(super) async fn read(
        &self,
        partition: u16,
        after: Option<Checkpoint>,
        limit: usize,
    ) -> Result<LogBatch, ProjectError> {
        let read = LogRead::new(partition, After::seen(after.map(Seen::Entry)), limit);
        self.wanted.read(&*self.journal, read).await.map_err(|error| self.told(error))
    }

    /// The error, as that of this projection.
    pub(super) fn told(&self, error: JournalError) -> ProjectError {
        match error {
            JournalError::HistoryRewound { at, expected, found } => {
                ProjectError::HistoryRewound { projection: self.projection, at, expected, found }
            }
            error => error.into(),
        }
    }

    /// The number of the newest entry of a partition.
    pub(super) async fn head(&self, partition: u16) -> Result<u64, ProjectError> {
        Ok(self.journal.head(partition).await?.map_or(0, |head| head.number))
    }
}

/// One who brings the rows up to date.
pub(super) struct Worker<P: Projection> {
    pub(super) reader: Reader,
    keeper: Arc<dyn Keeper<P>>,
    on_poison: OnPoison,
    pub(super) standing: Standing,
    /// What was done so far.
    pub(super) caught_up: CaughtUp,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Took {
    /// It is in the rows.
    All,
    /// Somebody else took events in, and what the rows contain was looked up again.
    Moved,
    /// The lease under which it was to be done is lost.
    Fenced,
}

impl<P: Projection> Worker<P> {
    pub(super) async fn open(
        reader: Reader,
        keeper: Arc<dyn Keeper<P>>,
        on_poison: OnPoison,
    ) -> Result<Self, ProjectError> {
        let standing = keeper.standing().await?;
        Ok(Self { reader, keeper, on_poison, standing, caught_up: CaughtUp::default() })
    }

    /// Looks up again what the rows contain.
    pub(super) async fn refresh(&mut self) -> Result<(), ProjectError> {
        self.standing = self.keeper.standing().await?;
        Ok(())
    }

    /// Deletes the rows, to begin anew.
    pub(super) async fn clear(&mut self) -> Result<(), ProjectError> {
        self.keeper.clear().await?;
        self.refresh().await
    }

    pub(super) fn checkpoint(&self, partition: u16) -> Option<Checkpoint> {
        self.standing.checkpoints.get(&partition).copied()
    }

    /// The number of the last log entry of a partition that the rows contain.
    pub(super) fn reached(&self, partition: u16) -> u64 {
        self.checkpoint(partition).map_or(0, |checkpoint| checkpoint.log_id.number)
    }

    /// Takes in the events of a partition up to its head, as that was when this was asked; `pace` says how many entries are
    /// looked at at once, and is told how each batch went. Ends before that where it says that it is enough.
    pub(super) async fn catch_up(
        &mut self,
        (partition, head): (u16, u64),
        lease: Option<Lease>,
        pace: &mut impl Pace,
    ) -> Result<Took, ProjectError> {
        let mut at_hand = None;
        loop {
            // Read in any case: where nothing has come since, it is still to be seen whether the rows are of this history.
            let batch = match at_hand.take() {
                Some(batch) => batch,
                None => self.reader.read(partition, self.checkpoint(partition), pace.limit()).await?,
            };
            let Some(last) = batch.checkpoint() else { return Ok(Took::All) };
            // While this batch is folded and committed, the next one is under way.
            let (reader, limit) = (self.reader.clone(), pace.limit());
            let next = async {
                if last.log_id.number < head {
                    reader.read(partition, Some(last), limit).await.map(Some)
                } else {
                    Ok(None)
                }
            };
            let entries = last.log_id.number.saturating_sub(self.reached(partition));
            let (next, took) = futures_util::future::join(next, self.take_in(partition, &batch, lease)).await;
            match took? {
                Took::All => at_hand = next?,
                Took::Moved => {}
                Took::Fenced => return Ok(Took::Fenced),
            }
            let done = self.reached(partition) >= head;
            if !pace.go_on(entries, self).await? || done {
                return Ok(Took::All);
            }
        }
    }

    /// Folds a batch into its rows and commits them.
    ///
    /// Where an event stands in the way, what is before it is committed first: the error then names the place where
    /// the rows end.
    pub(super) async fn take_in(
        &mut self,
        partition: u16,
        batch: &LogBatch,
        lease: Option<Lease>,
    ) -> Result<Took, ProjectError> {
        let Some(last) = batch.checkpoint() else { return Ok(Took::All) };
        let mut rest = batch.events.as_slice();
        loop {
            let mut routed = Vec::with_capacity(rest.len());
            let mut obstacle = None;
            let mut taken = 0;
            while taken < rest.len() && routed.len() < ROWS_AT_ONCE {
                if let Err(error) = Routed::<P>::of(&self.reader.wanted, taken, &rest[taken], &mut routed) {
                    obstacle = Some(error);
                    break;
                }
                taken += 1;
            }
            let whole = taken == rest.len() && obstacle.is_none();
            let reached = if whole { Some(last) } else { taken.checked_sub(1).map(|last| rest[last].checkpoint()) };
            if let Some(reached) = reached {
                let took = self.fold_and_commit(partition, rest, routed, reached, lease).await?;
                if took != Took::All {
                    return Ok(took);
                }
            }
            if let Some(error) = obstacle {
                return Err(error);
            }
            if whole {
                return Ok(Took::All);
            }
            rest = &rest[taken..];
        }
    }

    async fn fold_and_commit(
        &mut self,
        partition: u16,
        events: &[StoredEvent],
        mut routed: Vec<Routed<P>>,
        mut reached: Checkpoint,
        lease: Option<Lease>,
    ) -> Result<Took, ProjectError> {
        let before = self.checkpoint(partition);
        routed.retain(|event| !self.standing.parked.contains_key(&event.name));
        let mut stopped = None;
        let (changes, poisons) = loop {
            let (changes, mut poisons) = self.fold(&routed).await?;
            if poisons.is_empty() || (self.on_poison == OnPoison::Park && self.keeper.parks()) {
                break (changes, poisons);
            }
            // Nothing behind the first of these events is taken in.
            poisons.sort_by_key(|poison| poison.index);
            let Poison { index, name, why } = poisons.swap_remove(0);
            let error = why.into_error::<P>(name, &events[index]);
            let Some(previous) = index.checked_sub(1) else { return Err(error) };
            (reached, stopped) = (events[previous].checkpoint(), Some(error));
            routed.retain(|event| event.index < index);
        };
        let notes = self.notes(partition, events, &poisons)?;
        let rows = changes.len() as u64;
        let committed = self
            .keeper
            .commit(Step {
                partition,
                expected: before,
                reached,
                revision: self.standing.revision,
                lease,
                changes,
                parked: notes.iter().map(|(key, note)| RowChange::write(key, note)).collect(),
            })
            .await?;
        match committed {
            Committed::Done => {}
            Committed::Moved { .. } => {
                tell!(debug, projection = P::NAME, partition = partition, "somebody else took events in");
                self.refresh().await?;
                return Ok(Took::Moved);
            }
            Committed::Fenced => return Ok(Took::Fenced),
        }
        self.standing.checkpoints.insert(partition, reached);
        self.standing.revision += 1;
        self.caught_up.events += distinct(&routed);
        self.caught_up.rows += rows;
        self.caught_up.parked += notes.len() as u64;
        for (key, note) in notes {
            tell!(
                error,
                projection = P::NAME,
                key = key.as_str(),
                note = note.as_str(),
                "a row is parked: an event could not be taken into it"
            );
            self.standing.parked.insert(key, note);
        }
        tell!(debug, projection = P::NAME, partition = partition, position = reached.log_id.number, "took events in");
        stopped.map_or(Ok(Took::All), Err)
    }

    /// The rows that these events change, as they become.
    async fn fold(&self, routed: &[Routed<P>]) -> Result<(Vec<Changed<P>>, Vec<Poison>), ProjectError> {
        let mut rows: BTreeMap<&str, Vec<&Routed<P>>> = BTreeMap::new();
        for event in routed {
            rows.entry(&event.name).or_default().push(event);
        }
        if rows.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let loaded = self.keeper.load(rows.keys().map(|&name| name.to_owned()).collect()).await?;
        let mut changes = Vec::with_capacity(rows.len());
        let mut poisons = Vec::new();
        for ((name, events), loaded) in rows.into_iter().zip(loaded) {
            let Folded { changed, poison } = fold::fold(name, loaded, &events);
            changes.extend(changed);
            poisons.extend(poison);
        }
        Ok((changes, poisons))
    }

    /// What is noted of the rows that are to be parked.
    fn notes(
        &self,
        partition: u16,
        events: &[StoredEvent],
        poisons: &[Poison],
    ) -> Result<Vec<(String, String)>, ProjectError> {
        let parked = self.standing.parked.len() + poisons.len();
        if !poisons.is_empty() && parked > MOST_PARKED {
            let reason = poisons.first().map(|poison| poison.why.reason()).unwrap_or_default();
            return Err(ProjectError::TooManyParked { projection: P::NAME, parked, reason });
        }
        let note = |poison: &Poison| {
            let stored = &events[poison.index];
            let row = ParkedRow::new(&poison.name, stored, poison.why.reason(), partition, &self.standing.checkpoints);
            (poison.name.clone(), row.write())
        };
        Ok(poisons.iter().map(note).collect())
    }
}

/// How many events these are, each however many rows it has.
fn distinct<P: Projection>(routed: &[Routed<P>]) -> u64 {
    let mut last = None;
    routed.iter().filter(|event| last.replace(event.index) != Some(event.index)).count() as u64
}

/// How fast the log is taken in.
pub(super) trait Pace {
    /// How many log entries are looked at in one trip.
    fn limit(&self) -> usize;

    /// Told after each batch of so many entries; whether to go on.
    fn go_on<P: Projection>(
        &mut self,
        entries: u64,
        worker: &Worker<P>,
    ) -> impl Future<Output = Result<bool, ProjectError>> + Send;
}
