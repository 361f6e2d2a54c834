//! What is asked of a partition's log, and what it gives.

use super::{Checkpoint, Fingerprint, LogId, StoredEvent};
use crate::model::{Seen, StreamName};
use std::sync::Arc;

/// A part of one partition's log to read.
///
/// ```
/// use annals::{StreamName, journal::{After, LogRead}};
///
/// let stream = StreamName::new("order", "1");
/// let read = LogRead::new(0, After::Position(41), 100).with_types(["OrderCreated".to_owned()].into());
/// assert!(read.wants("OrderCreated", &stream) && !read.wants("OrderConfirmed", &stream));
///
/// let read = read.with_aggregates(["order".to_owned()].into());
/// assert!(read.wants("OrderConfirmed", &stream));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LogRead {
    /// The partition.
    pub partition: u16,
    /// Where the part begins.
    pub after: After,
    /// How many log entries are looked at, at most. At least one.
    pub limit: usize,
    /// The event types that are wanted; `None` for all. The payloads of others are not fetched.
    pub types: Option<Arc<[String]>>,
    /// The kinds of aggregates of which every event is wanted, also one of another type: the reader wants to be told of
    /// what it does not know.
    pub aggregates: Arc<[String]>,
}

impl LogRead {
    /// The next `limit` entries of a partition, of every type.
    #[must_use]
    pub fn new(partition: u16, after: After, limit: usize) -> Self {
        Self { partition, after, limit, types: None, aggregates: Arc::default() }
    }

    /// Only events of these types.
    #[must_use]
    pub fn with_types(mut self, types: Arc<[String]>) -> Self {
        self.types = Some(types);
        self
    }

    /// Also every event of these kinds of aggregates.
    #[must_use]
    pub fn with_aggregates(mut self, aggregates: Arc<[String]>) -> Self {
        self.aggregates = aggregates;
        self
    }

    /// Whether an event of this type, in this stream, is wanted.
    #[must_use]
    pub fn wants(&self, event_type: &str, stream: &StreamName) -> bool {
        self.wants_written(event_type, stream.as_str())
    }

    /// The same, of a stream by its name as it is written.
    pub(super) fn wants_written(&self, event_type: &str, stream: &str) -> bool {
        let Some(types) = &self.types else { return true };
        types.iter().any(|wanted| wanted == event_type)
            || (!self.aggregates.is_empty()
                && self.aggregates.iter().any(|wanted| *wanted == StreamName::aggregate_of(stream)))
    }
}

/// The place in a log after which reading begins.
///
/// ```
/// use annals::journal::{After, Journal, LogRead, MemoryJournal};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let journal = MemoryJournal::new();
/// let mut read = LogRead::new(0, After::Start, 1_000);
/// loop {
///     let batch = journal.read_log(read.clone()).await?;
///     for event in &batch.events {
///         println!("{} {}", event.position(), event.event_type());
///     }
///     match batch.checkpoint() {
///         Some(last) if !batch.end => read.after = After::Checkpoint(last),
///         _ => break,
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// From the first entry on.
    Start,
    /// After the entry at this position. One beyond the head gives nothing, until the log has grown past it.
    Position(u64),
    /// After the entry of this id: the cheapest, since it needs no search. Where that entry is not there, the journal has
    /// another history, and the answer is [`JournalError::HistoryRewound`](super::JournalError::HistoryRewound).
    LogId(LogId),
    /// The same, and the event is compared too, where its fingerprint is known.
    Checkpoint(Checkpoint),
}

impl After {
    /// After a place that was seen, or from the first entry on where none was.
    pub(crate) fn seen(seen: Option<Seen>) -> Self {
        match seen {
            None => Self::Start,
            Some(Seen::Position(number)) => Self::Position(number),
            Some(Seen::Entry(checkpoint)) => Self::Checkpoint(checkpoint),
        }
    }
}

/// What a part of the log holds.
///
/// ```
/// use annals::journal::{LogBatch, LogId};
///
/// // What an engine gives that looked at two entries, up to the end, and found none that was wanted:
/// let batch = LogBatch::new(Vec::new(), Some(LogId::new(1_732_000_000_000, 42)), true);
/// # assert!(batch.end);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LogBatch {
    /// The wanted events, in the order of their positions.
    pub events: Vec<StoredEvent>,
    /// The last entry that was looked at, wanted or not; `None` where there was none to look at.
    pub last: Option<LogId>,
    /// The fingerprint of the event there.
    pub event: Option<Fingerprint>,
    /// Whether the log ended here when it was read. A batch of fewer entries than were asked for always says so; a full
    /// one may not know.
    pub end: bool,
}

impl LogBatch {
    /// These events, up to this entry.
    #[must_use]
    pub fn new(events: Vec<StoredEvent>, last: Option<LogId>, end: bool) -> Self {
        Self { events, last, event: None, end }
    }

    /// Where to go on: the last entry that was looked at, with its event.
    ///
    /// ```
    /// # use annals::journal::{Checkpoint, LogBatch, LogId};
    /// let batch = LogBatch::new(Vec::new(), Some(LogId::new(1_732_000_000_000, 42)), true);
    /// assert_eq!(batch.checkpoint(), Some(Checkpoint::new(LogId::new(1_732_000_000_000, 42))));
    /// ```
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        let checkpoint = Checkpoint::new(self.last?);
        Some(self.event.map_or(checkpoint, |event| checkpoint.of_event(event)))
    }
}
