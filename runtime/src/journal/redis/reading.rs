//! Reading streams and logs.

use super::{
    After, Checkpoint, JournalError, LogBatch, LogId, LogRead, RedisJournal, StoredEvent, StreamName, Value, Version,
    checks, foreign, keys::SEGMENT, reply,
};
use crate::model::Position;

/// How many segments of a stream one round trip reads.
const SEGMENTS: usize = 4;

/// Where reading goes on.
#[derive(Clone, Copy)]
enum Place {
    /// After an entry, which nobody has seen.
    Behind(LogId),
    /// After an entry that was seen, and is to be there still.
    Seen(Checkpoint),
}

/// One entry of the log.
pub(super) struct Pointer {
    log_id: LogId,
    stream: StreamName,
    version: u64,
    event_type: String,
}

/// Consecutive versions of one stream, in one list.
struct Run<'a> {
    pointers: &'a [Pointer],
}

impl Run<'_> {
    fn segment(&self) -> u64 {
        segment_of(self.pointers[0].version)
    }

    fn range(&self) -> (u64, u64) {
        let first = (self.pointers[0].version - 1) % SEGMENT;
        (first, first + self.pointers.len() as u64 - 1)
    }
}

fn segment_of(version: u64) -> u64 {
    (version - 1) / SEGMENT
}

impl RedisJournal {
    pub(super) async fn stream_events(
        &self,
        stream: StreamName,
        after: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        checks::limit(limit)?;
        let operation = format!("read stream `{stream}`");
        let partition = self.keys.partition(&stream);
        let mut events = Vec::new();
        let mut version = after;
        while events.len() < limit {
            // What one round trip reads: for each segment, its number, the index of the first event and how many.
            let mut parts = Vec::with_capacity(SEGMENTS);
            let mut first = version.number();
            let mut wanted = (limit - events.len()) as u64;
            while parts.len() < SEGMENTS && wanted > 0 {
                let (segment, offset) = (first / SEGMENT, first % SEGMENT);
                let count = wanted.min(SEGMENT - offset);
                parts.push((segment, offset, count));
                first = first.saturating_add(count);
                wanted -= count;
            }
            let mut commands = redis::pipe();
            for (segment, offset, count) in &parts {
                let key = self.keys.segment(&stream, *segment);
                commands.cmd("LRANGE").arg(key).arg(*offset).arg(offset + count - 1);
            }
            let mut ended = false;
            for ((segment, _, count), answer) in parts.into_iter().zip(self.read(&operation, &commands).await?) {
                let elements = elements(answer).map_err(|found| found.during(&operation))?;
                if ended && !elements.is_empty() {
                    let reason = "expected no events, since the list before it is not full, found some".to_owned();
                    let place = format!("key `{}`", self.keys.segment(&stream, segment));
                    return Err(JournalError::Foreign { place, reason });
                }
                ended |= (elements.len() as u64) < count;
                for element in elements {
                    version = version.next();
                    events.push(StoredEvent::read(stream.clone(), version, partition, element)?);
                }
            }
            if ended {
                break;
            }
        }
        Ok(events)
    }

    pub(super) async fn version_of(&self, stream: StreamName) -> Result<Version, JournalError> {
        let operation = format!("read the version of stream `{stream}`");
        let key = self.keys.stream(&stream);
        let mut reply = self.call(&operation, "version", &[&key], &[] as &[&str]).await?;
        match reply.text().map_err(|found| found.during(&operation))?.as_str() {
            "version" => reply.number().map(Version::new).map_err(|found| found.during(&operation)),
            word => Err(foreign(&operation, word, reply)),
        }
    }

    pub(super) async fn head_of(&self, partition: u16) -> Result<Option<LogId>, JournalError> {
        checks::partition(partition, self.keys.partitions())?;
        let operation = format!("read the head of partition {partition}");
        let key = self.keys.head(partition);
        let mut commands = redis::pipe();
        commands.cmd("GET").arg(&key);
        commands.cmd("XREVRANGE").arg(self.keys.log(partition)).arg("+").arg("-").arg("COUNT").arg(1);
        let mut answers = self.read(&operation, &commands).await?;
        // The key is written with every append; where somebody deleted it, the log knows as well.
        let entries = answers.pop().unwrap_or_default();
        match answers.pop().unwrap_or_default() {
            Value::Nil => Ok(self.entries(partition, &operation, entries)?.pop().map(|(log_id, _)| log_id)),
            head => log_id(head, &key).map(Some),
        }
    }

    pub(super) async fn log_batch(&self, read: LogRead) -> Result<LogBatch, JournalError> {
        let partition = read.partition;
        checks::partition(partition, self.keys.partitions())?;
        checks::limit(read.limit)?;
        let operation = format!("read the log of partition {partition}");
        let place = match read.after {
            After::Start | After::Position(0) | After::LogId(LogId { number: 0, .. }) => {
                Place::Behind(LogId::new(0, 0))
            }
            After::LogId(log_id) => Place::Seen(Checkpoint::new(log_id)),
            After::Checkpoint(checkpoint) => Place::Seen(checkpoint),
            After::Position(number) => match self.seek(partition, number, &operation).await? {
                Some(log_id) => Place::Behind(log_id),
                None => return Ok(LogBatch::new(Vec::new(), None, true)),
            },
        };
        let (seen, pointers, end) = self.pointers(partition, place, read.limit, &operation).await?;
        self.batch_of(&read, seen, pointers, end, &operation).await
    }

    /// The events that these pointers lead to. Where the entry that was seen before them is named with its event, that one
    /// is compared too.
    pub(super) async fn batch_of(
        &self,
        read: &LogRead,
        seen: Option<(Checkpoint, Pointer)>,
        pointers: Vec<Pointer>,
        end: bool,
        operation: &str,
    ) -> Result<LogBatch, JournalError> {
        let seen = seen.filter(|(checkpoint, _)| checkpoint.event.is_some());
        let last = pointers.last().map(|pointer| pointer.log_id);
        let count = pointers.len();
        let mut wants_last = true;
        let wanted = pointers.into_iter().enumerate().filter(|(index, pointer)| {
            wants_last = read.wants(&pointer.event_type, &pointer.stream);
            // The last one is read in any case, to be known again by whoever goes on after it.
            wants_last || index + 1 == count
        });
        let (seen, seen_pointer) = seen.unzip();
        let fetched: Vec<_> = seen_pointer.into_iter().chain(wanted.map(|(_, pointer)| pointer)).collect();
        let mut events = self.payloads(&fetched, operation).await?;
        if let Some(seen) = seen {
            let found = events.remove(0).checkpoint();
            if !seen.is(found) {
                let at = Position::new(read.partition, seen.log_id.number);
                return Err(JournalError::HistoryRewound { at, expected: seen, found: Some(found) });
            }
        }
        let event = last.and_then(|_| events.last()).map(StoredEvent::fingerprint);
        if !wants_last {
            events.pop();
        }
        Ok(LogBatch { event, ..LogBatch::new(events, last, end) })
    }

    async fn seek(&self, partition: u16, number: u64, operation: &str) -> Result<Option<LogId>, JournalError> {
        let (log, head) = (self.keys.log(partition), self.keys.head(partition));
        let mut reply = self.call(operation, "seek", &[&log, &head], &[number.to_string()]).await?;
        match reply.text().map_err(|found| found.during(operation))?.as_str() {
            "beyond" => Ok(None),
            "found" => reply.log_id().map(Some).map_err(|found| found.during(operation)),
            word => Err(foreign(operation, word, reply)),
        }
    }

    /// The next entries of a log, whose positions follow one another, and whether it ends with them; before them the one
    /// that was seen.
    async fn pointers(
        &self,
        partition: u16,
        place: Place,
        limit: usize,
        operation: &str,
    ) -> Result<(Option<(Checkpoint, Pointer)>, Vec<Pointer>, bool), JournalError> {
        let (log, head) = (self.keys.log(partition), self.keys.head(partition));
        let (from, more, number) = match place {
            Place::Behind(log_id) => (format!("({log_id}"), 0, log_id.number),
            // From the entry itself on, to see whether it is still there.
            Place::Seen(Checkpoint { log_id, .. }) => (log_id.to_string(), 1, log_id.number - 1),
        };
        let mut commands = redis::pipe();
        // Read before the entries, the head cannot be ahead of them, unless some are missing at the end.
        commands.cmd("GET").arg(&head);
        // The server counts with signed numbers.
        let count = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(more);
        commands.cmd("XRANGE").arg(&log).arg(from).arg("+").arg("COUNT").arg(count);
        let mut answers = self.read(operation, &commands).await?;
        let mut entries = self.entries(partition, operation, answers.pop().unwrap_or_default())?;
        let head = match answers.pop().unwrap_or_default() {
            Value::Nil => None,
            id => Some(log_id(id, &head)?),
        };
        let mut seen = None;
        if let Place::Seen(checkpoint) = place {
            if entries.first().is_none_or(|(log_id, _)| *log_id != checkpoint.log_id) {
                return Err(self.rewound(partition, checkpoint).await);
            }
            let first = in_order(partition, number, vec![entries.remove(0)])?;
            seen = first.into_iter().next().map(|pointer| (checkpoint, pointer));
        }
        let number = number + u64::from(seen.is_some());
        let pointers = in_order(partition, number, entries)?;
        let number = number + pointers.len() as u64;
        let short = pointers.len() < limit;
        if let Some(head) = head.filter(|head| short && head.number > number) {
            return Err(JournalError::Foreign {
                place: format!("key `{log}`"),
                reason: format!(
                    "expected its last entry to be {head}, as the head says, found none after position {number}"
                ),
            });
        }
        Ok((seen, pointers, short || head.is_some_and(|head| head.number <= number)))
    }

    /// The error that an entry which was seen is not there, with what is there in its place.
    async fn rewound(&self, partition: u16, expected: Checkpoint) -> JournalError {
        let number = expected.log_id.number;
        let there = LogRead::new(partition, After::Position(number - 1), 1);
        match Box::pin(self.log_batch(there)).await {
            Ok(batch) => JournalError::HistoryRewound {
                at: Position::new(partition, number),
                expected,
                found: batch.events.first().map(StoredEvent::checkpoint),
            },
            // It was deleted alone, for example.
            Err(error) => error,
        }
    }

    /// The entries of a log: their ids and texts.
    pub(super) fn entries(
        &self,
        partition: u16,
        operation: &str,
        answer: Value,
    ) -> Result<Vec<(LogId, String)>, JournalError> {
        let log = self.keys.log(partition);
        let Value::Array(entries) = answer else {
            return Err(reply::Unexpected::new("entries", &answer).during(operation));
        };
        entries
            .into_iter()
            .map(|entry| {
                let foreign = |found: &Value| JournalError::Foreign {
                    place: format!("key `{log}`"),
                    reason: format!(
                        "expected entries of one field `e`, found {}",
                        crate::codec::shortened(&format!("{found:?}"))
                    ),
                };
                let Value::Array(parts) = entry else { return Err(foreign(&entry)) };
                let [id, Value::Array(fields)] =
                    <[Value; 2]>::try_from(parts).map_err(|parts| foreign(&Value::Array(parts)))?
                else {
                    return Err(foreign(&Value::Nil));
                };
                let log_id = log_id(id, &log)?;
                match <[Value; 2]>::try_from(fields) {
                    Ok([Value::BulkString(name), Value::BulkString(text)]) if name == b"e" => {
                        Ok((log_id, String::from_utf8_lossy(&text).into_owned()))
                    }
                    Ok(fields) => Err(foreign(&Value::Array(fields.into()))),
                    Err(fields) => Err(foreign(&Value::Array(fields))),
                }
            })
            .collect()
    }

    /// The events that pointers point at, in one round trip.
    async fn payloads(&self, pointers: &[Pointer], operation: &str) -> Result<Vec<StoredEvent>, JournalError> {
        if pointers.is_empty() {
            return Ok(Vec::new());
        }
        let runs: Vec<_> = pointers
            .chunk_by(|one, next| {
                next.version == one.version + 1
                    && segment_of(next.version) == segment_of(one.version)
                    && next.stream == one.stream
            })
            .map(|pointers| Run { pointers })
            .collect();
        let mut commands = redis::pipe();
        for run in &runs {
            let (first, last) = run.range();
            let key = self.keys.segment(&run.pointers[0].stream, run.segment());
            commands.cmd("LRANGE").arg(key).arg(first).arg(last);
        }
        let mut events = Vec::with_capacity(pointers.len());
        for (run, answer) in runs.iter().zip(self.read(operation, &commands).await?) {
            let mut elements = elements(answer).map_err(|found| found.during(operation))?.into_iter();
            for pointer in run.pointers {
                events.push(self.pointed_at(pointer, elements.next())?);
            }
        }
        Ok(events)
    }

    fn pointed_at(&self, pointer: &Pointer, element: Option<Vec<u8>>) -> Result<StoredEvent, JournalError> {
        let Pointer { log_id, stream, version, event_type } = pointer;
        let foreign = |found: String| JournalError::Foreign {
            place: format!("event {version} of stream `{stream}`"),
            reason: format!("expected a `{event_type}` of log entry {log_id}, as the log says, found {found}"),
        };
        let element = element.ok_or_else(|| foreign("no event".to_owned()))?;
        let event = StoredEvent::read(stream.clone(), Version::new(*version), self.keys.partition(stream), element)?;
        if event.log_id() != *log_id || event.event_type() != event_type {
            return Err(foreign(format!("a `{}` of log entry {}", event.event_type(), event.log_id())));
        }
        Ok(event)
    }
}

/// Reads entries that are to follow one another, from the position after `number` on.
pub(super) fn in_order(
    partition: u16,
    mut number: u64,
    entries: Vec<(LogId, String)>,
) -> Result<Vec<Pointer>, JournalError> {
    let mut pointers = Vec::with_capacity(entries.len());
    for (log_id, text) in entries {
        number = number.saturating_add(1);
        if log_id.number != number {
            return Err(JournalError::Gap { partition, expected: number, found: log_id.number });
        }
        let pointer = pointer(log_id, &text).ok_or_else(|| JournalError::Foreign {
            place: format!("entry {log_id} of the log of partition {partition}"),
            reason: format!("expected `STREAM VERSION TYPE`, found `{}`", crate::codec::shortened(&text)),
        })?;
        pointers.push(pointer);
    }
    Ok(pointers)
}

/// Reads `STREAM VERSION TYPE`.
fn pointer(log_id: LogId, text: &str) -> Option<Pointer> {
    let mut words = text.split(' ');
    let stream = words.next()?.parse().ok()?;
    let version = words.next()?.parse().ok().filter(|&version| version > 0)?;
    let event_type = words.next().filter(|word| checks::event_type_is_storable(word).is_ok())?.to_owned();
    words.next().is_none().then_some(Pointer { log_id, stream, version, event_type })
}

fn log_id(value: Value, key: &str) -> Result<LogId, JournalError> {
    let foreign = |reason| JournalError::Foreign { place: format!("key `{key}`"), reason };
    let text = reply::text(value).map_err(|found| foreign(found.to_string()))?;
    text.parse().map_err(|error: crate::journal::ParseLogIdError| foreign(error.to_string()))
}

fn elements(answer: Value) -> Result<Vec<Vec<u8>>, reply::Unexpected> {
    match answer {
        Value::Array(elements) => elements.into_iter().map(reply::bytes).collect(),
        other => Err(reply::Unexpected::new("a list", &other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Pointer> {
        pointer(LogId::new(1, 1), text)
    }

    #[test]
    fn a_pointer_names_stream_version_and_type() {
        let pointer = read("order-1 7 OrderCreated").unwrap();
        assert_eq!((pointer.stream.as_str(), pointer.version, &*pointer.event_type), ("order-1", 7, "OrderCreated"));
    }

    #[test]
    fn what_is_no_pointer_is_not_read() {
        for text in
            ["", "order-1", "order-1 7", "order-1 7 ", "order-1 0 T", "order-1 x T", "order 7 T", "order-1 7 T x"]
        {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_run_lies_in_one_list() {
        let pointers: Vec<_> =
            [(SEGMENT - 1), SEGMENT].map(|version| read(&format!("o-1 {version} T")).unwrap()).into();
        let run = Run { pointers: &pointers };
        assert_eq!((run.segment(), run.range()), (0, (SEGMENT - 2, SEGMENT - 1)));
        assert_eq!((segment_of(1), segment_of(SEGMENT), segment_of(SEGMENT + 1)), (0, 0, 1));
    }
}
