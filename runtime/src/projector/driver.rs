//! Brings rows to the end of the log, wherever they are kept.

use super::{
    CaughtUp, OnPoison, OnRewound, ProjectError,
    keeper::Keeper,
    worker::{Pace, Reader, Worker},
};
use crate::{
    journal::{Checkpoint, Journal, JournalError},
    model::{Cursor, Position, Projection},
    trace::tell,
};
use futures_util::future::BoxFuture;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long is waited at first, and how long at most, before it is looked again how far the rows have come.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Takes events into the rows of one keeper.
pub(super) struct Driver<P: Projection> {
    pub(super) reader: Reader,
    keeper: Arc<dyn Keeper<P>>,
    on_poison: OnPoison,
    on_rewound: OnRewound,
}

impl<P: Projection> Driver<P> {
    pub(super) fn new(
        journal: Arc<dyn Journal>,
        keeper: Arc<dyn Keeper<P>>,
        on_poison: OnPoison,
        on_rewound: OnRewound,
    ) -> Self {
        Self { reader: Reader::new::<P>(journal), keeper, on_poison, on_rewound }
    }

    pub(super) async fn worker(&self) -> Result<Worker<P>, ProjectError> {
        Worker::open(self.reader.clone(), Arc::clone(&self.keeper), self.on_poison).await
    }

    /// Takes in what is there; adds up by how many events the rows were behind at first.
    pub(super) async fn catch_up(
        &self,
        pace: &mut impl Pace,
        caught_up: &mut CaughtUp,
        lag: &mut u64,
    ) -> Result<(), ProjectError> {
        let mut worker = self.worker().await?;
        let mut end = self.take_all_in(&mut worker, pace, lag).await;
        if let Err(error) = end {
            end = match self.may_begin_anew(&mut worker, error).await {
                Ok(()) => self.take_all_in(&mut worker, pace, lag).await,
                Err(error) => Err(error),
            };
        }
        caught_up.add(worker.caught_up);
        end
    }

    async fn take_all_in(
        &self,
        worker: &mut Worker<P>,
        pace: &mut impl Pace,
        lag: &mut u64,
    ) -> Result<(), ProjectError> {
        for partition in 0..self.reader.journal.partitions() {
            let head = self.reader.head(partition).await?;
            *lag += head.saturating_sub(worker.reached(partition));
            worker.catch_up((partition, head), None, pace).await?;
        }
        Ok(())
    }

    /// Where the journal has another history than the rows: deletes them, if that is what is wanted.
    pub(super) async fn may_begin_anew(&self, worker: &mut Worker<P>, error: ProjectError) -> Result<(), ProjectError> {
        match error {
            ProjectError::HistoryRewound { at, .. } if self.on_rewound == OnRewound::Rebuild => {
                tell!(
                    warn,
                    projection = P::NAME,
                    position = at.number(),
                    "the history was rewound; the rows are made anew"
                );
                worker.clear().await
            }
            error => Err(error),
        }
    }
}

/// How far rows have come: the last entry of each partition that they contain.
pub(super) type Checkpoints = BTreeMap<u16, Checkpoint>;

fn number(checkpoints: &Checkpoints, partition: u16) -> u64 {
    checkpoints.get(&partition).map_or(0, |checkpoint| checkpoint.log_id.number)
}

/// How many log entries there are, and how many of them have been looked at.
pub(super) async fn done_and_all(journal: &dyn Journal, checkpoints: &Checkpoints) -> Result<(u64, u64), ProjectError> {
    let (mut done, mut all) = (0, 0);
    for partition in 0..journal.partitions() {
        let head = journal.head(partition).await?.map_or(0, |head| head.number);
        done += number(checkpoints, partition).min(head);
        all += head;
    }
    Ok((done, all))
}

/// Asks again and again how far the rows have come, at first after a millisecond, until they contain what is wanted or the
/// time is over.
pub(super) async fn wait_until<P: Projection>(
    wanted: &Cursor,
    within: Duration,
    partitions: u16,
    checkpoints: impl Fn() -> BoxFuture<'static, Result<Checkpoints, ProjectError>>,
) -> Result<(), ProjectError> {
    if let Some(position) = wanted.positions().find(|position| position.partition() >= partitions) {
        let reason = format!("the journal has {partitions} partitions, and position {position} was waited for");
        return Err(JournalError::Invalid { reason }.into());
    }
    let deadline = Instant::now() + within;
    let mut pause = FIRST_PAUSE;
    loop {
        let reached = checkpoints().await?;
        let behind = |position: &Position| number(&reached, position.partition()) < position.number();
        let Some(wanted) = wanted.positions().find(behind) else { return Ok(()) };
        let now = Instant::now();
        if now >= deadline {
            let reached = Position::new(wanted.partition(), number(&reached, wanted.partition()));
            return Err(ProjectError::Behind { projection: P::NAME, wanted, reached, within });
        }
        tokio::time::sleep_until(deadline.min(now + pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
