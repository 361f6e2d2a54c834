//! The newest snapshot of each stream.

use super::{
    JournalError, RedisJournal, Restored, Snapshot, StoredEvent, StreamName, Version, checks, foreign,
    reply::Unexpected,
};
use crate::{journal::Fingerprint, trace::tell};

/// How many events one function call answers with.
const MOST_EVENTS: usize = 10_000;

impl RedisJournal {
    pub(super) async fn restore_stream(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> Result<Restored, JournalError> {
        checks::limit(limit)?;
        let operation = format!("read stream `{stream}` from its snapshot on");
        let odd = |found: Unexpected| found.during(&operation);
        let keys = [self.keys.stream(&stream), self.keys.snapshot(&stream)];
        let keys = keys.each_ref().map(String::as_str);
        let first = limit.min(MOST_EVENTS);
        let arguments = [fingerprint.to_string(), first.to_string()];
        let mut reply = self.call(&operation, "restore", &keys, &arguments).await?;
        let text = match reply.text().map_err(odd)?.as_str() {
            "restored" => reply.bytes().map_err(odd)?,
            word => return Err(foreign(&operation, word, reply)),
        };
        let reason = reply.text().map_err(odd)?;
        let elements = reply.rest().map_err(odd)?;
        let snapshot = match (text.is_empty(), Snapshot::read(stream.clone(), text)) {
            (true, _) if reason.is_empty() => None,
            (true, _) => {
                tell!(warn, key = keys[1], reason = reason.as_str(), "this is no snapshot of ours, and is not used");
                None
            }
            (false, Ok(snapshot)) => Some(snapshot),
            (false, Err(error)) => {
                tell!(warn, key = keys[1], error = error.to_string(), "a snapshot does not read, and is not used");
                // What came with it are the events after it, and those before it are needed too.
                return Ok(Restored::new(None, self.stream_events(stream, Version::NONE, limit).await?));
            }
        };
        let mut version = snapshot.as_ref().map_or(Version::NONE, |snapshot| snapshot.version);
        let mut events: Vec<StoredEvent> = Vec::with_capacity(elements.len());
        let partition = self.keys.partition(&stream);
        for element in elements {
            version = version.next();
            let event = StoredEvent::read(stream.clone(), version, partition, element)?;
            events.last().map_or(Ok(()), |last| event.comes_after(last))?;
            events.push(event);
        }
        if first < limit && events.len() == first {
            let rest = self.stream_events(stream, version, limit - first).await?;
            if let (Some(last), Some(next)) = (events.last(), rest.first()) {
                next.comes_after(last)?;
            }
            events.extend(rest);
        }
        Ok(Restored::new(snapshot, events))
    }

    pub(super) async fn keep_snapshot(&self, snapshot: Snapshot) -> Result<bool, JournalError> {
        let stream = &snapshot.stream;
        let operation = format!("write a snapshot of stream `{stream}`");
        let text = snapshot.write()?;
        checks::snapshot(stream, &text)?;
        let keys = [self.keys.stream(stream), self.keys.snapshot(stream)];
        let keys = keys.each_ref().map(String::as_str);
        let arguments = [snapshot.version.to_string(), snapshot.fingerprint.to_string(), text];
        let mut reply = self.call(&operation, "keep", &keys, &arguments).await?;
        match reply.text().map_err(|found| found.during(&operation))?.as_str() {
            "done" => Ok(true),
            "older" => Ok(false),
            word => Err(foreign(&operation, word, reply)),
        }
    }
}
