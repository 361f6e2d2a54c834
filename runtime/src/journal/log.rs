//! What is asked of a partition's log, and what it gives.

use super::{LogId, StoredEvent};
use std::sync::Arc;

/// A part of one partition's log to read.
///
/// ```
/// use annals::journal::{After, LogRead};
///
/// let read = LogRead::new(0, After::Position(41), 100).with_types(["OrderCreated".to_owned()].into());
/// assert!(read.wants("OrderCreated") && !read.wants("OrderConfirmed"));
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
}

impl LogRead {
    /// The next `limit` entries of a partition, of every type.
    #[must_use]
    pub fn new(partition: u16, after: After, limit: usize) -> Self {
        Self { partition, after, limit, types: None }
    }

    /// Only events of these types.
    #[must_use]
    pub fn with_types(mut self, types: Arc<[String]>) -> Self {
        self.types = Some(types);
        self
    }

    /// Whether events of this type are wanted.
    #[must_use]
    pub fn wants(&self, event_type: &str) -> bool {
        self.types.as_ref().is_none_or(|types| types.iter().any(|wanted| wanted == event_type))
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
///     match batch.last {
///         Some(last) if !batch.end => read.after = After::LogId(last),
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
    /// After the entry of this id: the cheapest, since it needs no search.
    LogId(LogId),
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
    /// Whether the log ended here when it was read. A batch of fewer entries than were asked for always says so; a full
    /// one may not know.
    pub end: bool,
}

impl LogBatch {
    /// These events, up to this entry.
    #[must_use]
    pub fn new(events: Vec<StoredEvent>, last: Option<LogId>, end: bool) -> Self {
        Self { events, last, end }
    }
}
