//! Everything that lies in a journal at the end of a run, as the public reads give it.

use super::call::History;
use annals::{
    StreamName, Version,
    journal::{After, Journal, JournalError, LogId, LogRead, StoredEvent},
};
use std::collections::BTreeMap;

/// How many entries are read at a time.
const PAGE: usize = 1_000;

/// Every log, and every stream that a log or a client named.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    pub(super) logs: Vec<Log>,
    pub(super) streams: BTreeMap<StreamName, Stream>,
}

/// The log of one partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub(super) events: Vec<StoredEvent>,
    pub(super) head: Option<LogId>,
}

/// One stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    pub(super) events: Vec<StoredEvent>,
    pub(super) version: Version,
}

impl Contents {
    /// Reads all logs, and all streams that they or the clients named. Nobody should write meanwhile.
    ///
    /// # Errors
    ///
    /// The journal's: a log that misses an entry, for example, cannot be read.
    pub async fn read(journal: &dyn Journal, history: &History) -> Result<Self, JournalError> {
        let mut contents = Self::default();
        for partition in 0..journal.partitions() {
            let events = read_log(journal, partition).await?;
            contents.logs.push(Log { events, head: journal.head(partition).await? });
        }
        let logged = contents.logs.iter().flat_map(|log| &log.events).map(StoredEvent::stream);
        let names: std::collections::BTreeSet<StreamName> = logged.chain(history.named()).cloned().collect();
        for name in names {
            let events = read_stream(journal, &name).await?;
            let version = journal.stream_version(&name).await?;
            contents.streams.insert(name, Stream { events, version });
        }
        Ok(contents)
    }

    /// The log of a partition.
    #[must_use]
    pub fn log(&self, partition: u16) -> &[StoredEvent] {
        self.logs.get(usize::from(partition)).map_or(&[], |log| &log.events)
    }

    /// The events of a stream.
    #[must_use]
    pub fn stream(&self, stream: &StreamName) -> &[StoredEvent] {
        self.streams.get(stream).map_or(&[], |stream| &stream.events)
    }

    /// Every event, partition by partition, each in the order of its log.
    pub fn events(&self) -> impl Iterator<Item = &StoredEvent> {
        self.logs.iter().flat_map(|log| &log.events)
    }
}

async fn read_log(journal: &dyn Journal, partition: u16) -> Result<Vec<StoredEvent>, JournalError> {
    let mut events = Vec::new();
    let mut after = After::Start;
    loop {
        let batch = journal.read_log(LogRead::new(partition, after, PAGE)).await?;
        events.extend(batch.events);
        // It is read until there is nothing more, whatever the batch says of the end.
        match batch.last {
            Some(last) => after = After::LogId(last),
            None => return Ok(events),
        }
    }
}

async fn read_stream(journal: &dyn Journal, stream: &StreamName) -> Result<Vec<StoredEvent>, JournalError> {
    let mut events = Vec::<StoredEvent>::new();
    loop {
        let after = events.last().map_or(Version::NONE, StoredEvent::version);
        let page = journal.read_stream(stream, after, PAGE).await?;
        if page.is_empty() {
            return Ok(events);
        }
        events.extend(page);
    }
}
