//! The journal in memory: for tests, and for programs that keep nothing.

mod builds;
mod events;
mod indexes;
mod keys;
mod leases;
mod models;
mod owners;
mod snapshots;

use super::{
    Append, AppendId, Appended, BuildStep, Builds, Checkpoint, Commit, Committed, Demand, Durability, Find,
    Fingerprint, Found, Health, Journal, JournalError, LeaseRequest, Leases, LogBatch, LogId, LogRead, Once, ReadModel,
    Remembered, Restored, RowsPage, Snapshot, StoredEvent, Verdict, checks,
};
use crate::model::{StreamName, Version};
use events::Events;
use futures_util::future::BoxFuture;
use keys::Keys;
use models::Models;
use owners::Owners;
use snapshots::Snapshots;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// A journal in this process' memory, which ends with it.
///
/// It keeps every promise that the journal on Redis keeps, in the same form: events lie in it as the text that Redis
/// would hold.
///
/// ```
/// use annals::{StreamName, journal::{Append, Expected, Journal, MemoryJournal, NewEvent, Verdict}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), annals::journal::JournalError> {
/// let journal = MemoryJournal::new();
/// let events = vec![NewEvent::new("OrderCreated", "{}")];
/// let append = Append::new(StreamName::new("order", "1"), Expected::Missing, events);
/// assert!(matches!(journal.append(append).await?, Verdict::Appended(_)));
/// # Ok(())
/// # }
/// ```
pub struct MemoryJournal {
    partitions: u16,
    events: Mutex<Events>,
    models: Mutex<Models>,
    owners: Mutex<Owners>,
    snapshots: Mutex<Snapshots>,
    keys: Mutex<Keys>,
    /// Told when events were appended.
    grown: Notify,
    takes_any_durability: bool,
}

impl MemoryJournal {
    /// An empty journal with one partition.
    #[must_use]
    pub fn new() -> Self {
        Self::with_partitions(1)
    }

    /// An empty journal with this many partitions. At least one: 0 counts as 1.
    ///
    /// ```
    /// use annals::journal::{Journal, MemoryJournal};
    ///
    /// assert_eq!(MemoryJournal::with_partitions(16).partitions(), 16);
    /// ```
    #[must_use]
    pub fn with_partitions(partitions: u16) -> Self {
        let partitions = partitions.max(1);
        Self {
            partitions,
            events: Mutex::new(Events::new(partitions)),
            models: Mutex::default(),
            owners: Mutex::default(),
            snapshots: Mutex::default(),
            keys: Mutex::default(),
            grown: Notify::new(),
            takes_any_durability: false,
        }
    }

    /// The same journal, which takes appends that are to be safer than memory is, and answers them as if they were: for
    /// tests of programs that ask for it. Otherwise it refuses them.
    ///
    /// ```
    /// use annals::journal::MemoryJournal;
    ///
    /// let journal = MemoryJournal::new().taking_any_durability();
    /// # drop(journal);
    /// ```
    #[must_use]
    pub fn taking_any_durability(mut self) -> Self {
        self.takes_any_durability = true;
        self
    }

    fn check_durability(&self, durability: Durability) -> Result<(), JournalError> {
        if self.takes_any_durability || Demand::from(durability).is_none() {
            return Ok(());
        }
        Err(JournalError::Refused {
            operation: "append".to_owned(),
            reason: format!(
                "the events are to be {durability}, and this journal ends with its process; accept Risk::InMemory to have \
                 it take them"
            ),
        })
    }

    fn events(&self) -> MutexGuard<'_, Events> {
        locked(&self.events)
    }

    fn models(&self) -> MutexGuard<'_, Models> {
        locked(&self.models)
    }
}

/// Locks, even after a panic under the lock: every change is prepared first and then made in steps that cannot panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryJournal").field("partitions", &self.partitions).finish_non_exhaustive()
    }
}

impl Journal for MemoryJournal {
    fn partitions(&self) -> u16 {
        self.partitions
    }

    fn append(&self, append: Append) -> BoxFuture<'_, Result<Verdict, JournalError>> {
        Box::pin(async move {
            let written = checks::written(&append)?;
            self.check_durability(append.durability)?;
            let (stream, once) = (append.stream.clone(), append.once.clone());
            // Whoever needs both locks takes the events first.
            let mut events = self.events();
            let mut keys = locked(&self.keys);
            if let Some(remembered) = once.as_ref().map(|once| keys.recall(&stream, once)).transpose()?.flatten() {
                return Ok(Verdict::Remembered(remembered));
            }
            let verdict = events.append(append, written)?;
            if let Verdict::Appended(appended) = &verdict {
                if let Some(once) = &once {
                    keys.remember(&stream, once, Remembered::Appended(*appended));
                }
                self.grown.notify_waiters();
            }
            Ok(verdict)
        })
    }

    fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, JournalError>> {
        let stream = stream.clone();
        Box::pin(async move {
            checks::limit(limit)?;
            self.events().read_stream(&stream, after, limit)
        })
    }

    fn restore(
        &self,
        stream: &StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> BoxFuture<'_, Result<Restored, JournalError>> {
        let stream = stream.clone();
        Box::pin(async move {
            checks::limit(limit)?;
            // Whoever needs both locks takes the events first.
            let events = self.events();
            locked(&self.snapshots).restore(&events, &stream, fingerprint, limit)
        })
    }

    fn write_snapshot(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<bool, JournalError>> {
        Box::pin(async move {
            let written = snapshot.write()?;
            checks::snapshot(&snapshot.stream, &written)?;
            let events = self.events();
            locked(&self.snapshots).keep(&events, snapshot, written)
        })
    }

    fn stream_version(&self, stream: &StreamName) -> BoxFuture<'_, Result<Version, JournalError>> {
        let stream = stream.clone();
        Box::pin(async move { Ok(self.events().version(&stream)) })
    }

    fn read_log(&self, read: LogRead) -> BoxFuture<'_, Result<LogBatch, JournalError>> {
        Box::pin(async move {
            checks::partition(read.partition, self.partitions)?;
            checks::limit(read.limit)?;
            self.events().read_log(&read)
        })
    }

    fn follow(&self, reads: Vec<LogRead>, patience: Duration) -> BoxFuture<'_, Result<Vec<LogBatch>, JournalError>> {
        Box::pin(async move {
            let deadline = Instant::now() + patience;
            loop {
                // Lined up before it is looked, so that nothing comes in between unnoticed.
                let grown = self.grown.notified();
                let mut batches = Vec::with_capacity(reads.len());
                for read in &reads {
                    batches.push(self.read_log(read.clone()).await?);
                }
                let has_come = batches.iter().any(|batch| batch.last.is_some());
                if has_come || tokio::time::timeout_at(deadline, grown).await.is_err() {
                    return Ok(batches);
                }
            }
        })
    }

    fn wait_for_durability(
        &self,
        _: &StreamName,
        _: AppendId,
        _: Appended,
        durability: Durability,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async move { self.check_durability(durability) })
    }

    fn recall(&self, stream: &StreamName, once: &Once) -> BoxFuture<'_, Result<Option<Remembered>, JournalError>> {
        let (stream, once) = (stream.clone(), once.clone());
        Box::pin(async move { locked(&self.keys).recall(&stream, &once) })
    }

    fn remember(
        &self,
        stream: &StreamName,
        once: Once,
        version: Version,
    ) -> BoxFuture<'_, Result<Remembered, JournalError>> {
        let stream = stream.clone();
        Box::pin(async move {
            let mut keys = locked(&self.keys);
            if let Some(known) = keys.recall(&stream, &once)? {
                return Ok(known);
            }
            let nothing = Remembered::Nothing { version };
            keys.remember(&stream, &once, nothing);
            Ok(nothing)
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<Health, JournalError>> {
        Box::pin(async move {
            let parked = self.models().parked_counts();
            let events = self.events();
            let heads = (0..self.partitions).filter_map(|partition| Some((partition, events.head(partition)?)));
            Ok(Health {
                server: "this process' memory".to_owned(),
                heads: heads.collect(),
                parked,
                ..Health::default()
            })
        })
    }

    fn claim(&self, aggregate: &str, types: Vec<String>) -> BoxFuture<'_, Result<(), JournalError>> {
        let aggregate = aggregate.to_owned();
        Box::pin(async move {
            checks::claim(&aggregate, &types)?;
            locked(&self.owners).claim(&aggregate, types)
        })
    }

    fn owners(&self, types: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        Box::pin(async move { Ok(locked(&self.owners).of(&types)) })
    }

    fn head(&self, partition: u16) -> BoxFuture<'_, Result<Option<LogId>, JournalError>> {
        Box::pin(async move {
            checks::partition(partition, self.partitions)?;
            Ok(self.events().head(partition))
        })
    }

    fn checkpoints(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<u16, Checkpoint>, JournalError>> {
        let model = model.clone();
        Box::pin(async move {
            checks::read_model(&model)?;
            Ok(self.models().checkpoints(&model))
        })
    }

    fn revision(&self, model: &ReadModel) -> BoxFuture<'_, Result<u64, JournalError>> {
        let model = model.clone();
        Box::pin(async move {
            checks::read_model(&model)?;
            Ok(self.models().revision(&model))
        })
    }

    fn rows(&self, model: &ReadModel, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        let model = model.clone();
        Box::pin(async move {
            checks::read_model(&model)?;
            self.models().rows(&model, &keys)
        })
    }

    fn rows_page(
        &self,
        model: &ReadModel,
        after: Option<String>,
        limit: usize,
    ) -> BoxFuture<'_, Result<RowsPage, JournalError>> {
        let model = model.clone();
        Box::pin(async move {
            checks::read_model(&model)?;
            checks::limit(limit)?;
            self.models().page(&model, after, limit)
        })
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, JournalError>> {
        Box::pin(async move {
            checks::commit(&commit, self.partitions)?;
            self.models().commit(commit)
        })
    }

    fn clear(&self, model: &ReadModel) -> BoxFuture<'_, Result<(), JournalError>> {
        let model = model.clone();
        Box::pin(async move {
            checks::read_model(&model)?;
            self.models().clear(&model)
        })
    }

    fn find(&self, model: &ReadModel, find: Find) -> BoxFuture<'_, Result<Found, JournalError>> {
        let model = model.clone();
        Box::pin(async move {
            checks::find(&model, &find)?;
            self.models().find(&model, &find)
        })
    }

    fn parked(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<String, String>, JournalError>> {
        let model = model.clone();
        Box::pin(async move {
            checks::read_model(&model)?;
            Ok(self.models().parked(&model))
        })
    }

    fn builds(&self, name: &str) -> BoxFuture<'_, Result<Builds, JournalError>> {
        let name = name.to_owned();
        Box::pin(async move {
            checks::model_name(&name)?;
            Ok(self.models().builds(&name))
        })
    }

    fn build(&self, model: &ReadModel, step: BuildStep) -> BoxFuture<'_, Result<Builds, JournalError>> {
        let model = model.clone();
        Box::pin(async move {
            checks::read_model(&model)?;
            Ok(self.models().build(&model, step))
        })
    }

    fn sweep(&self, model: &ReadModel, rows: usize) -> BoxFuture<'_, Result<bool, JournalError>> {
        let model = model.clone();
        Box::pin(async move {
            checks::sweep(&model, rows)?;
            Ok(self.models().sweep(&model, rows))
        })
    }

    fn lease(&self, request: LeaseRequest) -> BoxFuture<'_, Result<Leases, JournalError>> {
        Box::pin(async move {
            checks::lease(&request)?;
            Ok(self.models().lease(request, self.partitions))
        })
    }

    fn release(&self, model: &ReadModel, holder: &str) -> BoxFuture<'_, Result<(), JournalError>> {
        let (model, holder) = (model.clone(), holder.to_owned());
        Box::pin(async move {
            checks::release(&model, &holder)?;
            self.models().release(&model, &holder);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Expected, NewEvent};

    fn append() -> Append {
        let events = vec![NewEvent::new("OrderCreated", "{}")];
        Append::new(StreamName::new("order", "1"), Expected::Missing, events)
    }

    #[tokio::test]
    async fn a_panic_elsewhere_does_not_end_the_journal() {
        let journal = MemoryJournal::new();
        std::thread::scope(|scope| {
            let poisoner = scope.spawn(|| {
                let _events = journal.events.lock().unwrap();
                let _models = journal.models.lock().unwrap();
                panic!("poisons both locks");
            });
            assert!(poisoner.join().is_err());
        });
        assert!(journal.events.is_poisoned() && journal.models.is_poisoned());

        let verdict = journal.append(append()).await;
        assert!(matches!(verdict, Ok(Verdict::Appended(_))), "{verdict:?}");
        assert_eq!(journal.checkpoints(&ReadModel::new("orders", 1)).await, Ok(BTreeMap::new()));
    }

    #[tokio::test]
    async fn an_append_that_nobody_waits_for_does_not_happen() {
        let journal = MemoryJournal::new();
        drop(journal.append(append()));
        assert_eq!(journal.stream_version(&append().stream).await, Ok(Version::NONE));
    }

    #[test]
    fn a_journal_has_at_least_one_partition() {
        assert_eq!(MemoryJournal::with_partitions(0).partitions(), 1);
        assert_eq!(MemoryJournal::default().partitions(), 1);
        assert_eq!(MemoryJournal::with_partitions(u16::MAX).partitions(), u16::MAX);
    }
}
