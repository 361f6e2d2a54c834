//! The log as it grows: what is there, then what comes.

use super::Wanted;
use crate::{
    journal::{After, Journal, JournalError, LogBatch, LogRead, StoredEvent},
    model::Cursor,
    trace::tell,
};
use futures_util::{Stream, stream::unfold};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// For how long the journal is asked to wait at once.
const WAIT: Duration = Duration::from_secs(5);
/// How long a reader that is refused waits at first, and how long at most, before it tries again.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A reader that goes on where the log ends.
pub(super) struct Live {
    journal: Arc<dyn Journal>,
    wanted: Wanted,
    /// Where each partition's reading goes on.
    next: Vec<LogRead>,
    /// How many entries are looked at in one trip.
    batch: usize,
    /// Whether what is there is read first: at the beginning, and after whatever may have changed the history.
    reads_first: bool,
    ready: VecDeque<StoredEvent>,
}

impl Live {
    pub(super) fn new(journal: Arc<dyn Journal>, after: &Cursor, batch: usize, wanted: Wanted) -> Self {
        let next = (0..journal.partitions())
            .map(|partition| LogRead::new(partition, After::seen(after.seen(partition)), batch));
        Self { wanted, next: next.collect(), batch, reads_first: true, ready: VecDeque::new(), journal }
    }

    pub(super) fn stream(self) -> impl Stream<Item = Result<StoredEvent, JournalError>> + Send {
        unfold(Some(self), |live| async {
            let mut live = live?;
            match live.event().await {
                Ok(event) => Some((Ok(event), Some(live))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// The next event, whenever it comes.
    async fn event(&mut self) -> Result<StoredEvent, JournalError> {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            match self.fill().await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    self.look_at(|limit| limit.saturating_mul(2));
                }
                // The journal has tried for a while already. A live reader waits for as long as it takes.
                Err(JournalError::Unavailable { reason, .. }) => {
                    tell!(warn, reason = reason.as_str(), "a live reader waits for the journal");
                    // Half of it is left to chance, so that not all readers come back at once.
                    tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    self.reads_first = true;
                    // A server may close a connection that is to be told more at once than it keeps for one.
                    self.look_at(|limit| limit / 2);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Changes how many entries are looked at in one trip, within what was asked for.
    fn look_at(&mut self, change: impl Fn(usize) -> usize) {
        for read in &mut self.next {
            read.limit = change(read.limit).clamp(1, self.batch);
        }
    }

    /// Reads what has come, or waits for it for a while.
    async fn fill(&mut self) -> Result<(), JournalError> {
        if self.reads_first {
            let mut at_end = true;
            for index in 0..self.next.len() {
                let batch = self.wanted.read(&*self.journal, self.next[index].clone()).await?;
                at_end &= batch.end;
                self.take(index, batch);
            }
            self.reads_first = !at_end;
            return Ok(());
        }
        if !self.stands_on_entries().await? {
            tokio::time::sleep(FIRST_PAUSE).await;
            self.reads_first = true;
            return Ok(());
        }
        let batches = self.wanted.follow(&*self.journal, self.next.clone(), WAIT).await?;
        let mut has_come = false;
        for (index, batch) in batches.into_iter().enumerate() {
            has_come |= batch.last.is_some();
            self.take(index, batch);
        }
        // Now and then, and after a connection that was lost, it is looked whether the history is still the same.
        self.reads_first = !has_come;
        Ok(())
    }

    /// Whether every place is that of an entry, behind which it can be waited. One that is a number alone is the end of the
    /// log, or beyond it, where there is none yet.
    async fn stands_on_entries(&mut self) -> Result<bool, JournalError> {
        for read in &mut self.next {
            if let After::Position(number @ 1..) = read.after {
                match self.journal.head(read.partition).await? {
                    Some(head) if head.number == number => read.after = After::LogId(head),
                    _ => return Ok(false),
                }
            }
        }
        Ok(true)
    }

    fn take(&mut self, index: usize, batch: LogBatch) {
        if let Some(last) = batch.checkpoint() {
            self.next[index].after = After::Checkpoint(last);
        }
        self.ready.extend(batch.events);
    }
}
