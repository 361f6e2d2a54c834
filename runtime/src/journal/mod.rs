//! How events are kept: the contract that every engine keeps, and the engines.
//!
//! Programs do not call a journal; they use a [`Store`](crate::Store). This is the floor below it, public so that an
//! engine can be tested with [`annals::testing::conformance`](crate::testing::conformance).

//!
//! # Limits
//!
//! What is longer or more than this is refused before anything is written, on every engine alike, as
//! [`JournalError::Invalid`] with what it is, the limit, and what was found.
//!
//! | what | at most |
//! |---|---|
//! | the payload of an event | 64 MiB |
//! | what is told beside it: its annotations, as JSON | 64 MiB |
//! | events of one append | 100,000 |
//! | payloads and annotations of one append, together | 512 MiB |
//! | an event type | 128 printable ASCII characters |
//! | an append id | 64 printable ASCII characters |
//! | an idempotency key | 512 bytes |
//! | the name of a stream, each odd byte of which counts three times | 1 MiB |
//! | a snapshot | 512 MiB |
//! | the name of a read model, and that of an index | 512 bytes |
//! | the key of a row | 1 MiB |
//! | a row | 64 MiB |
//! | rows that one commit changes | 100,000 |
//! | an entry of an index: the values, and the key of the row | 2 MiB |
//! | entries of indexes that one commit changes | 400,000 |
//! | indexes in which these are | 1,000 |
//! | what is noted of a parked row | 64 MiB |
//! | parked rows of which one commit changes what is noted | 100,000 |
//! | rows of one commit and their keys, entries, and what is noted of parked rows, together | 512 MiB |
//! | the name of who holds a lease | 128 printable ASCII characters |
//! | event types that are claimed at once | 100,000 |
//!
//! Less than this is refused likewise: 1 entry or row that is read or deleted at a time, and 1 ms for which a lease is given.
//!
//! They keep within what a server takes with its own defaults (`proto-max-bulk-len`, `client-query-buffer-limit`). Events and rows
//! are best far below them: a kilobyte is a large event.

mod append;
mod builds;
mod checks;
mod durability;
mod element;
mod error;
mod health;
mod lease;
mod log;
mod memory;
mod once;
#[cfg(feature = "redis")]
pub(crate) mod redis;
mod rows;
mod snapshot;
mod stored;

pub use crate::model::{Checkpoint, Fingerprint, LogId, ParseFingerprintError, ParseLogIdError, ParseStreamNameError};
pub use append::{Append, AppendId, Appended, Conflict, Expected, NewEvent, Verdict};
pub use builds::{Build, BuildState, BuildStep, Builds};
pub(crate) use durability::Demand;
pub use durability::{Durability, Reached, Unconfirmed};
pub use error::{ConnectError, JournalError};
pub use health::{Finding, Health, MemoryUse, Persistence, Risk};
pub use lease::{Lease, LeaseRequest, Leases};
pub use log::{After, LogBatch, LogRead};
pub use memory::MemoryJournal;
pub use once::{IdempotencyKey, Once, Remembered};
#[cfg(feature = "redis")]
pub use redis::{RedisJournal, RedisOptions};
pub use rows::{Commit, Committed, EntryChange, Find, Found, FoundRow, ReadModel, RowChange, RowsPage};
pub use snapshot::{Restored, Snapshot};
pub use stored::StoredEvent;

use crate::model::{StreamName, Version, fnv1a64};
use futures_util::future::BoxFuture;
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

/// How events are kept.
///
/// # Promises
///
/// 1. An append is all or nothing, and is answered only after it was done.
/// 2. The versions of a stream are 1, 2, 3, …; the positions of a partition likewise; no two events share one.
/// 3. A log is read in order, without a gap; what is missing or does not read is an error that names the place. A reader
///    that goes on after an entry that is not there any more is told so.
/// 4. Rows and the checkpoint that says what they contain change together.
/// 5. Nothing whose outcome is unknown is sent again, except under the same [`AppendId`].
/// 6. A snapshot that is given is one of the history that the stream has.
/// 7. An append is answered as done when it is as safe as was asked for, and not before.
/// 8. A command that is carried out under an idempotency key is carried out once, for as long as the key is kept.
/// 9. Of a read model one build is read at a time; another one takes its place in one step, and contains at least as much of
///    the log. A build that is retired gives no rows and takes no commits: [`JournalError::Retired`].
/// 10. A lease is one projector's at a time, and a commit under one that is not held any more changes nothing.
///
/// [`annals::testing::conformance`](crate::testing::conformance) tests every one of them.
///
/// ```
/// use annals::{StreamName, Version};
/// use annals::journal::{
///     After, Append, BuildState, BuildStep, Commit, Committed, Durability, EntryChange, Expected, Find, Fingerprint,
///     FoundRow, IdempotencyKey, Journal, LeaseRequest, LogRead, MemoryJournal, NewEvent, Once, ReadModel, Remembered,
///     RowChange, Snapshot, Verdict,
/// };
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let journal = MemoryJournal::new();
/// assert_eq!(journal.partitions(), 1);
///
/// let order = StreamName::new("order", "1");
/// let events = vec![NewEvent::new("OrderCreated", "{}"), NewEvent::new("OrderConfirmed", "{}")];
/// let append = Append::new(order.clone(), Expected::Missing, events);
/// let id = append.id.clone();
/// if let Verdict::Appended(appended) = journal.append(append).await? {
///     journal.wait_for_durability(&order, id, appended, Durability::Memory).await?;
/// }
/// assert_eq!(journal.stream_version(&order).await?, Version::new(2));
/// assert_eq!(journal.read_stream(&order, Version::new(1), 100).await?[0].event_type(), "OrderConfirmed");
///
/// let once = Once::new(IdempotencyKey::new("request-7")?, Fingerprint::new(1), Duration::from_secs(60));
/// assert_eq!(journal.recall(&order, &once).await?, None);
/// let nothing = Remembered::Nothing { version: Version::new(2) };
/// assert_eq!(journal.remember(&order, once, Version::new(2)).await?, nothing);
///
/// let batch = journal.read_log(LogRead::new(0, After::Start, 100)).await?;
/// let head = journal.head(0).await?.unwrap();
/// assert_eq!((batch.events.len(), batch.last), (2, Some(head)));
///
/// let first = journal.read_stream(&order, Version::NONE, 1).await?.remove(0);
/// let fold = Fingerprint::new(1);
/// let snapshot = Snapshot::new(order.clone(), first.version(), first.log_id(), fold, "{}");
/// assert!(journal.write_snapshot(snapshot.clone()).await?);
/// let restored = journal.restore(&order, fold, 100).await?;
/// assert_eq!((restored.snapshot, restored.events.len()), (Some(snapshot), 1));
///
/// journal.claim("order", vec!["OrderCreated".to_owned(), "OrderConfirmed".to_owned()]).await?;
/// assert_eq!(journal.owners(vec!["OrderCreated".to_owned()]).await?, [Some("order".to_owned())]);
///
/// let live = journal.follow(vec![LogRead::new(0, After::LogId(head), 100)], Duration::from_millis(1)).await?;
/// assert!(live[0].events.is_empty());
/// assert!(journal.health().await?.is_sound());
///
/// let orders = ReadModel::new("orders", 1);
/// let builds = journal.build(&orders, BuildStep::Begin(Fingerprint::new(1))).await?;
/// assert_eq!(builds.of(&orders).unwrap().state, BuildState::Serving);
/// assert_eq!(journal.builds("orders").await?, builds);
///
/// let asked = LeaseRequest::new(orders.clone(), "projector-1", Duration::from_secs(10));
/// let lease = journal.lease(asked).await?.held[&0];
/// let row = r#"{"user":"ann"}"#;
/// let commit = Commit::new(orders.clone(), 0, None, head, vec![RowChange::write("1", row)])
///     .with_entries(vec![EntryChange::add("user", "ann\01")])
///     .with_parked(vec![RowChange::write("2", r#"{"reason":"…"}"#)])
///     .under(lease);
/// assert_eq!(journal.commit(commit.clone()).await?, Committed::Done);
/// assert_eq!(journal.checkpoints(&orders).await?[&0].log_id, head);
/// assert_eq!(journal.revision(&orders).await?, 1);
/// assert_eq!(journal.rows(&orders, vec!["2".to_owned()]).await?, [None]);
/// assert_eq!(journal.rows_page(&orders, None, 100).await?.rows.len(), 1);
/// let found = journal.find(&orders, Find::new("user", 1, "ann\0", 100).before("ann\u{1}")).await?;
/// assert_eq!(found.rows, [FoundRow::new("ann\01", "1", row)]);
/// assert_eq!(journal.parked(&orders).await?.len(), 1);
/// assert_eq!(journal.health().await?.parked[&orders], 1);
///
/// journal.release(&orders, "projector-1").await?;
/// assert_eq!(journal.commit(commit).await?, Committed::Fenced);
/// journal.clear(&orders).await?;
/// assert!(journal.checkpoints(&orders).await?.is_empty());
/// assert!(!journal.sweep(&orders, 1_000).await?, "it is read, so there is nothing to sweep");
/// # Ok(())
/// # }
/// ```
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Over how many partitions the streams are spread. Fixed when the journal is made.
    fn partitions(&self) -> u16;

    /// Appends events to one stream, all or none.
    fn append(&self, append: Append) -> BoxFuture<'_, Result<Verdict, JournalError>>;

    /// Reads at most `limit` events of a stream, from the version after `after` on, oldest first.
    ///
    /// Fewer than `limit` events mean that the stream ended there. A stream that does not exist has none.
    fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, JournalError>>;

    /// Reads a stream from its newest snapshot on: the snapshot, and at most `limit` events after it, oldest first, all of
    /// it as of one moment and in one trip.
    ///
    /// Where there is no snapshot of this fingerprint, or the one that is there does not belong to this history (the
    /// event at its version has another log id than it says), there is none, and the events begin at version 1. What does
    /// not read as a snapshot is none either: it is never an error.
    ///
    /// Fewer than `limit` events mean that the stream ended there.
    fn restore(
        &self,
        stream: &StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> BoxFuture<'_, Result<Restored, JournalError>>;

    /// Keeps a snapshot in place of the stream's last one, whatever that was; but where that one has the same
    /// fingerprint, a higher version, and belongs to this history, it stays.
    ///
    /// Answers whether the snapshot was kept.
    fn write_snapshot(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<bool, JournalError>>;

    /// The version of a stream: that of its newest event.
    fn stream_version(&self, stream: &StreamName) -> BoxFuture<'_, Result<Version, JournalError>>;

    /// Reads the next part of a partition's log.
    fn read_log(&self, read: LogRead) -> BoxFuture<'_, Result<LogBatch, JournalError>>;

    /// Waits until one of these logs goes on after its place, for so long at most, and answers with a batch for each
    /// read: an empty one where nothing has come.
    ///
    /// The places are those of entries that were read before. Whether one is still there is looked at where something comes,
    /// as by [`read_log`](Self::read_log): where another one lies there by then, that is the error that it gives.
    fn follow(&self, reads: Vec<LogRead>, patience: Duration) -> BoxFuture<'_, Result<Vec<LogBatch>, JournalError>>;

    /// Waits until events that were appended are as safe as this, and as the journal makes them by itself.
    ///
    /// Where that is not reached in time the answer is [`JournalError::Unconfirmed`].
    fn wait_for_durability(
        &self,
        stream: &StreamName,
        id: AppendId,
        appended: Appended,
        durability: Durability,
    ) -> BoxFuture<'_, Result<(), JournalError>>;

    /// What a command led to that was carried out under an idempotency key, if it is known.
    ///
    /// Where the key is another command's the answer is [`JournalError::KeyTaken`].
    fn recall(&self, stream: &StreamName, once: &Once) -> BoxFuture<'_, Result<Option<Remembered>, JournalError>>;

    /// Remembers that a command had nothing to do at this version, unless it is known what it led to; answers with what is
    /// known then.
    ///
    /// Where the key is another command's the answer is [`JournalError::KeyTaken`], and nothing is remembered.
    fn remember(
        &self,
        stream: &StreamName,
        once: Once,
        version: Version,
    ) -> BoxFuture<'_, Result<Remembered, JournalError>>;

    /// How the journal fares, and what endangers its events now.
    fn health(&self) -> BoxFuture<'_, Result<Health, JournalError>>;

    /// Records that events of these types are those of one kind of aggregate.
    ///
    /// A program claims the types of an event enum before its first append. So a reader of these types knows of which
    /// aggregates they are, and an event of such an aggregate that it does not know is not taken for somebody else's.
    /// A claim that was made before is made again without a change.
    ///
    /// Where a type is another kind's already, the answer is [`JournalError::TypeTaken`], and nothing is recorded.
    fn claim(&self, aggregate: &str, types: Vec<String>) -> BoxFuture<'_, Result<(), JournalError>>;

    /// Of which kind of aggregate the events of these types are, in the order of the types; `None` where none was
    /// claimed.
    fn owners(&self, types: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>>;

    /// The newest entry of a partition's log.
    fn head(&self, partition: u16) -> BoxFuture<'_, Result<Option<LogId>, JournalError>>;

    /// How far a read model has come: the last log entry of each partition that its rows contain.
    fn checkpoints(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<u16, Checkpoint>, JournalError>>;

    /// How often the rows of a read model were committed or cleared. It never goes back.
    fn revision(&self, model: &ReadModel) -> BoxFuture<'_, Result<u64, JournalError>>;

    /// The rows of these keys, in the order of the keys.
    fn rows(&self, model: &ReadModel, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>>;

    /// At most `limit` rows in the order of their keys' bytes, from the first key after `after` on.
    fn rows_page(
        &self,
        model: &ReadModel,
        after: Option<String>,
        limit: usize,
    ) -> BoxFuture<'_, Result<RowsPage, JournalError>>;

    /// Reads a part of an index, with the rows that it leads to, all of it as of one moment.
    fn find(&self, model: &ReadModel, find: Find) -> BoxFuture<'_, Result<Found, JournalError>>;

    /// Changes rows, entries in indexes, and what is noted of parked rows, and moves the checkpoint, together or not at all.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, JournalError>>;

    /// Deletes a read model's rows, entries, parked rows and checkpoints, together.
    fn clear(&self, model: &ReadModel) -> BoxFuture<'_, Result<(), JournalError>>;

    /// What is noted of the parked rows of a read model, by their keys.
    fn parked(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<String, String>, JournalError>>;

    /// The builds of the read model of this name.
    fn builds(&self, name: &str) -> BoxFuture<'_, Result<Builds, JournalError>>;

    /// Takes a step with a build, if it can be taken, and answers with the builds that there are then.
    fn build(&self, model: &ReadModel, step: BuildStep) -> BoxFuture<'_, Result<Builds, JournalError>>;

    /// Deletes at most so many rows of a retired build, with their entries; once none are left, the build is forgotten.
    /// Answers whether there is more to delete. One that is not retired is left alone, and there is nothing to delete.
    fn sweep(&self, model: &ReadModel, rows: usize) -> BoxFuture<'_, Result<bool, JournalError>>;

    /// Gives a projector its share of the partitions, for a time; what it holds, it keeps for that time from now on.
    ///
    /// The share is the number of partitions divided by that of those who asked lately, rounded up. What one holds beyond its
    /// share, it loses. What nobody holds, or whose time is over, goes to whoever asks first.
    fn lease(&self, request: LeaseRequest) -> BoxFuture<'_, Result<Leases, JournalError>>;

    /// Gives back what a projector holds.
    fn release(&self, model: &ReadModel, holder: &str) -> BoxFuture<'_, Result<(), JournalError>>;
}

/// A journal that several share is one.
impl<J: Journal + ?Sized> Journal for Arc<J> {
    fn partitions(&self) -> u16 {
        (**self).partitions()
    }

    fn append(&self, append: Append) -> BoxFuture<'_, Result<Verdict, JournalError>> {
        (**self).append(append)
    }

    fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, JournalError>> {
        (**self).read_stream(stream, after, limit)
    }

    fn restore(
        &self,
        stream: &StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> BoxFuture<'_, Result<Restored, JournalError>> {
        (**self).restore(stream, fingerprint, limit)
    }

    fn write_snapshot(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<bool, JournalError>> {
        (**self).write_snapshot(snapshot)
    }

    fn stream_version(&self, stream: &StreamName) -> BoxFuture<'_, Result<Version, JournalError>> {
        (**self).stream_version(stream)
    }

    fn read_log(&self, read: LogRead) -> BoxFuture<'_, Result<LogBatch, JournalError>> {
        (**self).read_log(read)
    }

    fn follow(&self, reads: Vec<LogRead>, patience: Duration) -> BoxFuture<'_, Result<Vec<LogBatch>, JournalError>> {
        (**self).follow(reads, patience)
    }

    fn wait_for_durability(
        &self,
        stream: &StreamName,
        id: AppendId,
        appended: Appended,
        durability: Durability,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        (**self).wait_for_durability(stream, id, appended, durability)
    }

    fn recall(&self, stream: &StreamName, once: &Once) -> BoxFuture<'_, Result<Option<Remembered>, JournalError>> {
        (**self).recall(stream, once)
    }

    fn remember(
        &self,
        stream: &StreamName,
        once: Once,
        version: Version,
    ) -> BoxFuture<'_, Result<Remembered, JournalError>> {
        (**self).remember(stream, once, version)
    }

    fn health(&self) -> BoxFuture<'_, Result<Health, JournalError>> {
        (**self).health()
    }

    fn claim(&self, aggregate: &str, types: Vec<String>) -> BoxFuture<'_, Result<(), JournalError>> {
        (**self).claim(aggregate, types)
    }

    fn owners(&self, types: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        (**self).owners(types)
    }

    fn head(&self, partition: u16) -> BoxFuture<'_, Result<Option<LogId>, JournalError>> {
        (**self).head(partition)
    }

    fn checkpoints(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<u16, Checkpoint>, JournalError>> {
        (**self).checkpoints(model)
    }

    fn revision(&self, model: &ReadModel) -> BoxFuture<'_, Result<u64, JournalError>> {
        (**self).revision(model)
    }

    fn rows(&self, model: &ReadModel, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        (**self).rows(model, keys)
    }

    fn rows_page(
        &self,
        model: &ReadModel,
        after: Option<String>,
        limit: usize,
    ) -> BoxFuture<'_, Result<RowsPage, JournalError>> {
        (**self).rows_page(model, after, limit)
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, JournalError>> {
        (**self).commit(commit)
    }

    fn find(&self, model: &ReadModel, find: Find) -> BoxFuture<'_, Result<Found, JournalError>> {
        (**self).find(model, find)
    }

    fn clear(&self, model: &ReadModel) -> BoxFuture<'_, Result<(), JournalError>> {
        (**self).clear(model)
    }

    fn parked(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<String, String>, JournalError>> {
        (**self).parked(model)
    }

    fn builds(&self, name: &str) -> BoxFuture<'_, Result<Builds, JournalError>> {
        (**self).builds(name)
    }

    fn build(&self, model: &ReadModel, step: BuildStep) -> BoxFuture<'_, Result<Builds, JournalError>> {
        (**self).build(model, step)
    }

    fn sweep(&self, model: &ReadModel, rows: usize) -> BoxFuture<'_, Result<bool, JournalError>> {
        (**self).sweep(model, rows)
    }

    fn lease(&self, request: LeaseRequest) -> BoxFuture<'_, Result<Leases, JournalError>> {
        (**self).lease(request)
    }

    fn release(&self, model: &ReadModel, holder: &str) -> BoxFuture<'_, Result<(), JournalError>> {
        (**self).release(model, holder)
    }
}

/// How streams are spread over partitions. Recorded where the journal is made, since it can never change.
#[cfg(feature = "redis")]
pub(crate) const PARTITION_HASH: &str = "fnv1a64";

/// The partition that a stream, or any other name, belongs to: [`PARTITION_HASH`] of its bytes, modulo their number.
pub(crate) fn partition_of(name: &str, partitions: u16) -> u16 {
    u16::try_from(fnv1a64(name) % u64::from(partitions.max(1))).unwrap_or_default()
}
