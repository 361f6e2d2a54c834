//! One partition's log, a batch in hand and the next one under way.

use super::Wanted;
use crate::{
    journal::{After, Journal, JournalError, LogBatch, LogRead, StoredEvent},
    model::Seen,
};
use futures_util::future::BoxFuture;
use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll},
};

/// Reads one partition from a place to its end.
pub(super) struct PartitionReader {
    journal: Arc<dyn Journal>,
    wanted: Wanted,
    next: LogRead,
    ready: VecDeque<StoredEvent>,
    under_way: Option<BoxFuture<'static, Result<LogBatch, JournalError>>>,
    arrived: Option<Result<LogBatch, JournalError>>,
    ended: bool,
}

impl PartitionReader {
    pub(super) fn new(
        journal: Arc<dyn Journal>,
        partition: u16,
        after: Option<Seen>,
        batch: usize,
        wanted: Wanted,
    ) -> Self {
        let next = LogRead::new(partition, After::seen(after), batch);
        Self { journal, wanted, next, ready: VecDeque::new(), under_way: None, arrived: None, ended: false }
    }

    /// Sees to it that there is an event in hand, or none left; drives the next batch along the way.
    pub(super) fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<Result<(), JournalError>> {
        loop {
            self.drive(context);
            if !self.ready.is_empty() || self.ended {
                return Poll::Ready(Ok(()));
            }
            match self.arrived.take() {
                Some(batch) => self.unpack(batch?),
                None => return Poll::Pending,
            }
        }
    }

    /// When the event in hand was recorded.
    pub(super) fn next_millis(&self) -> Option<u64> {
        self.ready.front().map(|event| event.log_id().millis)
    }

    pub(super) fn pop(&mut self) -> Option<StoredEvent> {
        self.ready.pop_front()
    }

    /// Starts the next batch, or asks how it comes along.
    fn drive(&mut self, context: &mut Context<'_>) {
        if self.arrived.is_some() || self.ended {
            return;
        }
        let under_way = self.under_way.get_or_insert_with(|| {
            let (journal, wanted, read) = (Arc::clone(&self.journal), self.wanted.clone(), self.next.clone());
            Box::pin(async move { wanted.read(&*journal, read).await })
        });
        if let Poll::Ready(batch) = under_way.as_mut().poll(context) {
            self.under_way = None;
            self.arrived = Some(batch);
        }
    }

    fn unpack(&mut self, batch: LogBatch) {
        let last = batch.checkpoint();
        self.ready = batch.events.into();
        self.ended = batch.end;
        match last {
            Some(last) => self.next.after = After::Checkpoint(last),
            None => self.ended = true,
        }
    }
}
