//! Streams and logs: who comes first, what is refused, and where every event lies.

use crate::{
    journal::{
        After, Append, AppendId, Appended, Checkpoint, Conflict, Expected, JournalError, LogBatch, LogId, LogRead,
        StoredEvent, Verdict, checks, partition_of,
    },
    model::{Position, StreamName, Version},
};
use jiff::Timestamp;
use std::{borrow::Cow, collections::HashMap};

/// Every event, and the order in which they came.
pub(super) struct Events {
    partitions: u16,
    /// The events of each stream as text; the n-th is version n.
    streams: HashMap<StreamName, Vec<String>>,
    /// The version at which the events of each append begin.
    appends: HashMap<StreamName, HashMap<AppendId, Version>>,
    /// The log of each partition that has one; the n-th entry is position n.
    logs: HashMap<u16, Vec<Entry>>,
}

/// What the log holds of an event.
struct Entry {
    id: LogId,
    stream: StreamName,
    version: Version,
    event_type: Cow<'static, str>,
}

impl Events {
    pub(super) fn new(partitions: u16) -> Self {
        Self { partitions, streams: HashMap::new(), appends: HashMap::new(), logs: HashMap::new() }
    }

    /// Appends events, which were written as `written`, if the stream is as expected.
    pub(super) fn append(&mut self, append: Append, written: Vec<String>) -> Result<Verdict, JournalError> {
        let actual = self.version(&append.stream);
        let known = match append.expected {
            Expected::Version(expected) if expected != actual => Some(expected),
            Expected::Missing if actual != Version::NONE => Some(Version::NONE),
            Expected::Existing if actual == Version::NONE => {
                return Ok(Verdict::Conflict(Conflict::new(actual, Vec::new())));
            }
            _ => None,
        };
        if let Some(known) = known {
            if self.is_rewound(&append)? {
                return Ok(Verdict::Conflict(Conflict::rewound(actual)));
            }
            return match self.read_stream(&append.stream, known, 1)?.first() {
                Some(next) if next.append_id() == append.id.as_str() => self.duplicate(&append, next.version()),
                _ => {
                    let missed = self.read_stream(&append.stream, known, Conflict::MOST_MISSED)?;
                    Ok(Verdict::Conflict(Conflict::new(actual, missed)))
                }
            };
        }
        if self.is_rewound(&append)? {
            return Ok(Verdict::Conflict(Conflict::rewound(actual)));
        }
        // Who expects any version has no mismatch to look behind.
        if matches!(append.expected, Expected::Any | Expected::Existing)
            && let Some(first) = self.appends.get(&append.stream).and_then(|appends| appends.get(&append.id)).copied()
        {
            return self.duplicate(&append, first);
        }
        Ok(Verdict::Appended(self.add(append, actual, written)))
    }

    /// Whether the event at the expected version is another one than the append names.
    fn is_rewound(&self, append: &Append) -> Result<bool, JournalError> {
        match (append.expected, append.after) {
            (Expected::Version(version), Some(log_id)) => Ok(!self.has(&append.stream, version, log_id)?),
            _ => Ok(false),
        }
    }

    /// Whether the event at this version of the stream has this log id.
    pub(super) fn has(&self, stream: &StreamName, version: Version, log_id: LogId) -> Result<bool, JournalError> {
        let Some(before) = version.number().checked_sub(1) else { return Ok(false) };
        let events = self.read_stream(stream, Version::new(before), 1)?;
        Ok(events.first().is_some_and(|event| event.log_id() == log_id))
    }

    /// Answers an append that was found to have happened, from this version on.
    fn duplicate(&self, append: &Append, first: Version) -> Result<Verdict, JournalError> {
        let before = Version::new(first.number() - 1);
        let mut found = self.read_stream(&append.stream, before, append.events.len().saturating_add(1))?;
        found.truncate(found.iter().take_while(|event| event.append_id() == append.id.as_str()).count());
        checks::same_append(append, found.len())?;
        Ok(Verdict::Duplicate(self.appended(&append.stream, found[0].log_id(), first, found.len())))
    }

    /// Adds events behind the version `last`.
    fn add(&mut self, append: Append, last: Version, written: Vec<String>) -> Appended {
        let partition = self.partition(&append.stream);
        let log = self.logs.entry(partition).or_default();
        let stream = self.streams.entry(append.stream.clone()).or_default();
        let newest = log.last().map_or(LogId::new(0, 0), |entry| entry.id);
        let millis = now().max(newest.millis);

        // Where the events before are of the same id, all of them count as one append.
        let goes_on = stream.last().and_then(|text| text.split(' ').nth(3)?.lines().next()) == Some(append.id.as_str());
        let appends = self.appends.entry(append.stream.clone()).or_default();
        if !goes_on {
            appends.insert(append.id.clone(), last.next());
        }
        let mut id = LogId::new(millis, newest.number);
        let mut version = last;
        let count = written.len();
        for (event, text) in append.events.into_iter().zip(written) {
            id.number += 1;
            version = version.next();
            stream.push(format!("{id} {text}"));
            log.push(Entry { id, stream: append.stream.clone(), version, event_type: event.event_type });
        }
        self.appended(&append.stream, LogId::new(millis, newest.number + 1), last.next(), count)
    }

    fn appended(&self, stream: &StreamName, first: LogId, version: Version, count: usize) -> Appended {
        // `checks::written` takes no more events than a `u32` counts.
        Appended::new(self.partition(stream), first, version, u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn partition(&self, stream: &StreamName) -> u16 {
        partition_of(stream.as_str(), self.partitions)
    }

    pub(super) fn version(&self, stream: &StreamName) -> Version {
        let events = self.streams.get(stream).map_or(0, Vec::len);
        Version::new(u64::try_from(events).unwrap_or(u64::MAX))
    }

    pub(super) fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        let partition = self.partition(stream);
        let events =
            self.streams.get(stream).and_then(|events| events.get(index(after.number())..)).unwrap_or_default();
        let mut version = after;
        let read = events.iter().take(limit).map(|text| {
            version = version.next();
            StoredEvent::read(stream.clone(), version, partition, text.clone().into_bytes())
        });
        read.collect()
    }

    pub(super) fn head(&self, partition: u16) -> Option<LogId> {
        self.log(partition).last().map(|entry| entry.id)
    }

    pub(super) fn read_log(&self, read: &LogRead) -> Result<LogBatch, JournalError> {
        let log = self.log(read.partition);
        let start = match read.after {
            After::Start | After::LogId(LogId { number: 0, .. }) => 0,
            After::Position(number) => index(number),
            After::LogId(id) => self.after_seen(read.partition, Checkpoint::new(id))?,
            After::Checkpoint(checkpoint) => self.after_seen(read.partition, checkpoint)?,
        };
        let rest = log.get(start..).unwrap_or_default();
        let looked_at = &rest[..read.limit.min(rest.len())];
        let wanted = looked_at.iter().filter(|entry| read.wants(&entry.event_type, &entry.stream));
        let events = wanted.map(|entry| self.event(entry)).collect::<Result<_, _>>()?;
        let last = looked_at.last();
        let event = last.map(|entry| self.event(entry)).transpose()?.map(|event| event.fingerprint());
        Ok(LogBatch { event, ..LogBatch::new(events, last.map(|entry| entry.id), looked_at.len() == rest.len()) })
    }

    /// The index after an entry that was seen, if it is there.
    fn after_seen(&self, partition: u16, seen: Checkpoint) -> Result<usize, JournalError> {
        let number = seen.log_id.number;
        let there = self.log(partition).get(index(number - 1)).map(|entry| self.event(entry)).transpose()?;
        let found = there.as_ref().map(StoredEvent::checkpoint);
        if found.is_some_and(|found| seen.is(found)) {
            return Ok(index(number));
        }
        Err(JournalError::HistoryRewound { at: Position::new(partition, number), expected: seen, found })
    }

    fn log(&self, partition: u16) -> &[Entry] {
        self.logs.get(&partition).map_or(&[], Vec::as_slice)
    }

    fn event(&self, entry: &Entry) -> Result<StoredEvent, JournalError> {
        let before = Version::new(entry.version.number() - 1);
        let events = self.read_stream(&entry.stream, before, 1)?;
        events.into_iter().next().ok_or_else(|| JournalError::Foreign {
            place: format!("event {} of stream `{}`", entry.version, entry.stream),
            reason: "expected the event that the log names, found none".to_owned(),
        })
    }
}

/// The index of the entry after the `number`-th.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn now() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
}
