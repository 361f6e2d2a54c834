//! Everything that lies in a journal, read whole, and whether its streams and its logs tell the same.

use super::answers::answered;
use crate::{
    journal::{After, Journal, LogRead, ReadModel, StoredEvent},
    model::{Position, StreamName, Version},
};
use std::{collections::BTreeMap, sync::Arc};

/// How many entries are read at a time.
const PAGE: usize = 1_000;

/// The log of every partition. The streams tell the same, or [`of`] panics.
#[derive(PartialEq)]
pub(super) struct Contents {
    logs: Vec<Vec<StoredEvent>>,
}

/// Reads all logs, and all streams that they name.
pub(super) async fn of(journal: &Arc<dyn Journal>) -> Contents {
    let mut logs = Vec::new();
    let mut streams = BTreeMap::<StreamName, Vec<StoredEvent>>::new();
    for partition in 0..journal.partitions() {
        let log = log(journal, partition).await;
        assert_eq!(
            answered(journal.head(partition).await),
            log.last().map(StoredEvent::log_id),
            "the head of partition {partition} and the last entry of its log"
        );
        for event in &log {
            streams.entry(event.stream().clone()).or_default().push(event.clone());
        }
        logs.push(log);
    }
    for (name, in_logs) in streams {
        let events = stream(journal, &name).await;
        assert!(events == in_logs, "the log and the stream `{name}` do not tell the same");
        let version = events.last().map_or(Version::NONE, StoredEvent::version);
        assert_eq!(answered(journal.stream_version(&name).await), version, "the version of stream `{name}`");
    }
    Contents { logs }
}

/// Looks whether a journal is as it was.
pub(super) async fn unchanged(journal: &Arc<dyn Journal>, before: &Contents) {
    assert!(of(journal).await == *before, "expected that nothing was changed, found other events than before");
}

/// The whole log of a partition: positions 1, 2, 3, …, and times that do not run backwards.
pub(super) async fn log(journal: &Arc<dyn Journal>, partition: u16) -> Vec<StoredEvent> {
    let mut log = Vec::<StoredEvent>::new();
    let mut after = After::Start;
    let mut ended = false;
    loop {
        let batch = answered(journal.read_log(LogRead::new(partition, after, PAGE)).await);
        let looked_at = batch.events.len();
        assert!(looked_at == 0 || !ended, "expected nothing behind the end of the log, found {looked_at} entries");
        assert!(looked_at <= PAGE, "expected at most {PAGE} entries, found {looked_at}");
        for event in batch.events {
            let next = log.last().map_or(1, |last| last.position().number() + 1);
            assert_eq!(event.position(), Position::new(partition, next), "the position of an event in the log");
            let earliest = log.last().map_or(0, |last| last.log_id().millis);
            assert!(event.log_id().millis >= earliest, "the time of position {next} is before that of the one before");
            log.push(event);
        }
        if looked_at == 0 {
            assert_eq!((batch.last, batch.end), (None, true), "where there is nothing to look at, the log ends");
            return log;
        }
        let last = batch.last.expect("where there are events, there is a last one");
        assert_eq!(Some(last), log.last().map(StoredEvent::log_id), "the last entry that was looked at");
        assert!(looked_at == PAGE || batch.end, "where fewer entries come than were asked for, the log ends");
        after = After::LogId(last);
        ended = batch.end;
    }
}

/// The whole of a stream: versions 1, 2, 3, …
pub(super) async fn stream(journal: &Arc<dyn Journal>, name: &StreamName) -> Vec<StoredEvent> {
    let mut stream = Vec::new();
    loop {
        let after = Version::new(stream.len() as u64);
        let events = answered(journal.read_stream(name, after, PAGE).await);
        let read = events.len();
        assert!(read <= PAGE, "expected at most {PAGE} events, found {read}");
        for event in events {
            assert_eq!(event.stream(), name, "the stream that an event of it names");
            assert_eq!(event.version(), Version::new(stream.len() as u64 + 1), "the version of an event of `{name}`");
            stream.push(event);
        }
        if read < PAGE {
            return stream;
        }
    }
}

/// All rows of a read model, in the order in which the pages give them.
pub(super) async fn rows(journal: &Arc<dyn Journal>, model: &ReadModel, limit: usize) -> Vec<(String, String)> {
    let mut rows = Vec::<(String, String)>::new();
    loop {
        let after = rows.last().map(|(key, _)| key.clone());
        let page = answered(journal.rows_page(model, after, limit).await);
        assert!(page.rows.len() <= limit, "expected at most {limit} rows, found {}", page.rows.len());
        assert!(!page.more || page.rows.len() == limit, "a page that is not the last is full");
        for (key, row) in page.rows {
            if let Some((last, _)) = rows.last() {
                assert!(
                    *last < key,
                    "expected the rows in the order of their keys' bytes, found {key:?} after {last:?}"
                );
            }
            rows.push((key, row));
        }
        if !page.more {
            return rows;
        }
    }
}
