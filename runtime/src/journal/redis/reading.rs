//! Reading streams and logs.

use super::{
    After, Checkpoint, JournalError, LogBatch, LogId, LogRead, RedisJournal, StoredEvent, StreamName, Value, Version,
    checks,
    connection::Connection,
    entries::{Entries, Pointer},
    foreign,
    keys::SEGMENT,
    reply,
    wire::{Lines, Part, Parts, Request},
};
use crate::model::Position;

/// How many segments of a stream one round trip reads.
const SEGMENTS: usize = 4;
/// How many readers of logs are answered at the same time; the others wait for their turn.
const MOST_LINES: usize = 8;

/// Where reading goes on.
#[derive(Clone, Copy)]
enum Place {
    /// After an entry, which nobody has seen.
    Behind(LogId),
    /// After an entry that was seen, and is to be there still.
    Seen(Checkpoint),
}

/// The next pointers of a log.
struct Stretch<'a> {
    /// Before them the one that was seen.
    seen: Option<(Checkpoint, Pointer<'a>)>,
    pointers: Vec<Pointer<'a>>,
    /// Whether the log ends with them.
    end: bool,
}

/// Consecutive versions of one stream, in one list.
struct Run<'a> {
    /// The pointers, each with its place among all that were asked for.
    pointers: &'a [(usize, Pointer<'a>)],
}

impl Run<'_> {
    fn segment(&self) -> u64 {
        segment_of(self.pointers[0].1.version)
    }

    fn range(&self) -> (u64, u64) {
        let first = (self.pointers[0].1.version - 1) % SEGMENT;
        (first, first + self.pointers.len() as u64 - 1)
    }
}

fn segment_of(version: u64) -> u64 {
    (version - 1) / SEGMENT
}

/// Lines to read logs on.
pub(super) fn lines(connection: &Connection) -> Lines {
    Lines::new(connection, MOST_LINES)
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
        let mut events: Vec<StoredEvent> = Vec::new();
        let mut version = after;
        let mut doubted = None;
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
                let elements = list(answer).map_err(|found| found.during(&operation))?;
                if ended && !elements.is_empty() {
                    // The list before may have been filled between the two looks at them. It is read again, once.
                    if doubted == Some(version) {
                        let reason = "expected no events, since the list before it is not full, found some".to_owned();
                        let place = format!("key `{}`", self.keys.segment(&stream, segment));
                        return Err(JournalError::Foreign { place, reason });
                    }
                    doubted = Some(version);
                    ended = false;
                    break;
                }
                ended |= (elements.len() as u64) < count;
                for element in elements {
                    version = version.next();
                    let event = StoredEvent::read(stream.clone(), version, partition, element)?;
                    events.last().map_or(Ok(()), |last| event.comes_after(last))?;
                    events.push(event);
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
        let (log, head) = (self.keys.log(partition), self.keys.head(partition));
        let mut request = Request::with_capacity(2);
        request.command(&[b"GET", head.as_bytes()]);
        request.command(&[b"XREVRANGE", log.as_bytes(), b"+", b"-", b"COUNT", b"1"]);
        let (head, entries) = self.head_and_entries(partition, &request, &operation).await?;
        // The key is written with every append; where somebody deleted it, the log knows as well.
        Ok(head.or(entries.first()))
    }

    /// The answer to a request for the head and then for entries of a log.
    async fn head_and_entries(
        &self,
        partition: u16,
        request: &Request,
        operation: &str,
    ) -> Result<(Option<LogId>, Entries), JournalError> {
        let mut head = Ok(None);
        let entries = self
            .ask(operation, request, Entries::default, |entries, index, mut parts| {
                if index == 0 {
                    head = self.read_head(partition, &parts);
                } else {
                    *entries = self.entries(partition, operation, &mut parts)?;
                }
                Ok(())
            })
            .await?;
        Ok((head?, entries))
    }

    fn read_head(&self, partition: u16, parts: &Parts<'_>) -> Result<Option<LogId>, JournalError> {
        match parts.clone().next() {
            Some(Part::Nil) | None => Ok(None),
            Some(_) => log_id(parts.value(), &self.keys.head(partition)).map(Some),
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
        let (log, head) = (self.keys.log(partition), self.keys.head(partition));
        let (from, more) = match place {
            Place::Behind(log_id) => (format!("({log_id}"), 0),
            // From the entry itself on, to see whether it is still there.
            Place::Seen(Checkpoint { log_id, .. }) => (log_id.to_string(), 1),
        };
        let mut request = Request::with_capacity(2);
        // Read before the entries, the head cannot be ahead of them, unless some are missing at the end.
        request.command(&[b"GET", head.as_bytes()]);
        request.begin(6);
        for word in ["XRANGE", &log, &from, "+", "COUNT"] {
            request.word(word.as_bytes());
        }
        // The server counts with signed numbers.
        request.number((read.limit as u64).saturating_add(more).min(i64::MAX.unsigned_abs()));
        let (head, entries) = self.head_and_entries(partition, &request, &operation).await?;
        if let Place::Seen(checkpoint) = place
            && entries.first() != Some(checkpoint.log_id)
        {
            return Err(self.rewound(partition, checkpoint).await);
        }
        let stretch = self.stretch(partition, place, read.limit, head, &entries)?;
        self.batch_of(&read, stretch.seen, stretch.pointers, stretch.end, &operation).await
    }

    /// The pointers of a log's next entries, whose positions are to follow one another.
    fn stretch<'a>(
        &self,
        partition: u16,
        place: Place,
        limit: usize,
        head: Option<LogId>,
        entries: &'a Entries,
    ) -> Result<Stretch<'a>, JournalError> {
        let (seen, before) = match place {
            Place::Behind(log_id) => (None, log_id.number),
            Place::Seen(checkpoint) => (Some(checkpoint), checkpoint.log_id.number - 1),
        };
        let mut pointers = entries.in_order(partition, before)?;
        let number = before + pointers.len() as u64;
        let seen = seen.map(|checkpoint| (checkpoint, pointers.remove(0)));
        let short = pointers.len() < limit;
        if let Some(head) = head.filter(|head| short && head.number > number) {
            return Err(JournalError::Foreign {
                place: format!("key `{}`", self.keys.log(partition)),
                reason: format!(
                    "expected its last entry to be {head}, as the head says, found none after position {number}"
                ),
            });
        }
        // A head that is behind was read before the log grew, and says nothing of where it ends.
        Ok(Stretch { seen, pointers, end: short || head.is_some_and(|head| head.number == number) })
    }

    /// The events that these pointers lead to. Where the entry that was seen before them is named with its event, that one
    /// is compared too.
    async fn batch_of(
        &self,
        read: &LogRead,
        seen: Option<(Checkpoint, Pointer<'_>)>,
        pointers: Vec<Pointer<'_>>,
        end: bool,
        operation: &str,
    ) -> Result<LogBatch, JournalError> {
        let seen = seen.filter(|(checkpoint, _)| checkpoint.event.is_some());
        let last = pointers.last().map(|pointer| pointer.log_id);
        let count = pointers.len();
        let mut wants_last = true;
        let wanted = pointers.into_iter().enumerate().filter(|(index, pointer)| {
            wants_last = read.wants_written(pointer.event_type, pointer.stream);
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

    /// The events that pointers point at, in one round trip and in their order.
    ///
    /// Those of one stream lie beside each other, so they are asked for together, wherever in the log they stand.
    async fn payloads(&self, pointers: &[Pointer<'_>], operation: &str) -> Result<Vec<StoredEvent>, JournalError> {
        if pointers.is_empty() {
            return Ok(Vec::new());
        }
        let mut order: Vec<_> = pointers.iter().copied().enumerate().collect();
        order.sort_unstable_by(|(_, one), (_, other)| (one.stream, one.version).cmp(&(other.stream, other.version)));
        let runs: Vec<_> = order
            .chunk_by(|(_, one), (_, next)| {
                next.version == one.version + 1
                    && segment_of(next.version) == segment_of(one.version)
                    && next.stream == one.stream
            })
            .map(|pointers| Run { pointers })
            .collect();
        let mut request = Request::with_capacity(runs.len());
        let mut key = String::new();
        for run in &runs {
            let (first, last) = run.range();
            self.keys.write_segment(run.pointers[0].1.stream, run.segment(), &mut key);
            request.begin(4);
            request.word(b"LRANGE");
            request.word(key.as_bytes());
            request.number(first);
            request.number(last);
        }
        let none_yet = || pointers.iter().map(|_| None).collect::<Vec<Option<StoredEvent>>>();
        let events = self
            .ask(operation, &request, none_yet, |events, index, mut parts| {
                let mut elements = elements(&mut parts, operation)?;
                let stream = StreamName::of_written(runs[index].pointers[0].1.stream);
                for (place, pointer) in runs[index].pointers {
                    events[*place] = Some(self.pointed_at(pointer, stream.clone(), elements.next())?);
                }
                Ok(())
            })
            .await?;
        Ok(events.into_iter().flatten().collect())
    }

    fn pointed_at(
        &self,
        pointer: &Pointer<'_>,
        stream: StreamName,
        element: Option<&[u8]>,
    ) -> Result<StoredEvent, JournalError> {
        let Pointer { log_id, stream: name, version, event_type } = pointer;
        let foreign = |found: String| JournalError::Foreign {
            place: format!("event {version} of stream `{name}`"),
            reason: format!("expected a `{event_type}` of log entry {log_id}, as the log says, found {found}"),
        };
        let element = element.ok_or_else(|| foreign("no event".to_owned()))?;
        let partition = self.keys.partition_of(name);
        let event = StoredEvent::read(stream, Version::new(*version), partition, element.to_vec())?;
        if event.log_id() != *log_id || event.event_type() != *event_type {
            return Err(foreign(format!("a `{}` of log entry {}", event.event_type(), event.log_id())));
        }
        Ok(event)
    }
}

fn log_id(value: Value, key: &str) -> Result<LogId, JournalError> {
    let foreign = |reason| JournalError::Foreign { place: format!("key `{key}`"), reason };
    let text = reply::text(value).map_err(|found| foreign(found.to_string()))?;
    text.parse().map_err(|error: crate::journal::ParseLogIdError| foreign(error.to_string()))
}

fn list(answer: Value) -> Result<Vec<Vec<u8>>, reply::Unexpected> {
    match answer {
        Value::Array(elements) => elements.into_iter().map(reply::bytes).collect(),
        other => Err(reply::Unexpected::new("a list", &other)),
    }
}

/// The elements of a list.
fn elements<'a>(
    parts: &mut Parts<'a>,
    operation: &str,
) -> Result<impl Iterator<Item = &'a [u8]> + use<'a>, JournalError> {
    let odd = |expected, found: &Parts<'_>| reply::Unexpected::new(expected, &found.value()).during(operation);
    let whole = parts.clone();
    let Some(Part::List(count)) = parts.next() else { return Err(odd("a list", &whole)) };
    let elements = parts.clone();
    for _ in 0..count {
        let found = parts.clone();
        let Some(Part::Text(_)) = parts.next() else { return Err(odd("a string", &found)) };
    }
    Ok(elements.filter_map(|part| if let Part::Text(text) = part { Some(text) } else { None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lies_in_one_list() {
        let pointer = |version| Pointer { log_id: LogId::new(1, 1), stream: "o-1", version, event_type: "T" };
        let pointers = [(0, pointer(SEGMENT - 1)), (1, pointer(SEGMENT))];
        let run = Run { pointers: &pointers };
        assert_eq!((run.segment(), run.range()), (0, (SEGMENT - 2, SEGMENT - 1)));
        assert_eq!((segment_of(1), segment_of(SEGMENT), segment_of(SEGMENT + 1)), (0, 0, 1));
    }
}
