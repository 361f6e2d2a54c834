//! The entries of a log as the server gives them, and the pointers that they are.

use super::{
    JournalError, LogId, RedisJournal, checks,
    reply::Unexpected,
    wire::{Part, Parts},
};
use crate::model::StreamName;

/// Entries as they came: their ids and texts.
#[derive(Debug, Default)]
pub(super) struct Entries {
    texts: Vec<u8>,
    /// The id of each, and where its text ends.
    ends: Vec<(LogId, usize)>,
}

/// One entry of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pointer<'a> {
    pub(super) log_id: LogId,
    /// The name of the stream, known to be one.
    pub(super) stream: &'a str,
    pub(super) version: u64,
    pub(super) event_type: &'a str,
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The id of the first one.
    pub(super) fn first(&self) -> Option<LogId> {
        self.ends.first().map(|(log_id, _)| *log_id)
    }

    /// All of them as pointers: they are to follow one another, from the position after `number` on.
    pub(super) fn in_order(&self, partition: u16, mut number: u64) -> Result<Vec<Pointer<'_>>, JournalError> {
        let mut pointers = Vec::with_capacity(self.len());
        let mut start = 0;
        for &(log_id, end) in &self.ends {
            number = number.saturating_add(1);
            if log_id.number != number {
                return Err(JournalError::Gap { partition, expected: number, found: log_id.number });
            }
            let text = &self.texts[start..end];
            start = end;
            let pointer = pointer(log_id, text).ok_or_else(|| JournalError::Foreign {
                place: format!("entry {log_id} of the log of partition {partition}"),
                reason: format!(
                    "expected `STREAM VERSION TYPE`, found `{}`",
                    crate::codec::shortened(&String::from_utf8_lossy(text))
                ),
            })?;
            pointers.push(pointer);
        }
        Ok(pointers)
    }
}

impl RedisJournal {
    /// Reads the entries of a log.
    pub(super) fn entries(
        &self,
        partition: u16,
        operation: &str,
        parts: &mut Parts<'_>,
    ) -> Result<Entries, JournalError> {
        let whole = parts.clone();
        let Some(Part::List(count)) = parts.next() else {
            return Err(Unexpected::new("entries", &whole.value()).during(operation));
        };
        let mut entries = Entries::default();
        for _ in 0..count {
            let found = parts.clone();
            let (log_id, text) = entry(parts).ok_or_else(|| JournalError::Foreign {
                place: format!("key `{}`", self.keys.log(partition)),
                reason: format!(
                    "expected entries of one field `e`, found {}",
                    crate::codec::shortened(&format!("{:?}", found.value()))
                ),
            })?;
            entries.texts.extend_from_slice(text);
            entries.ends.push((log_id, entries.texts.len()));
        }
        Ok(entries)
    }
}

/// The id and the text of an entry of one field `e`.
fn entry<'a>(parts: &mut Parts<'a>) -> Option<(LogId, &'a [u8])> {
    let (Part::List(2), Part::Text(id), Part::List(2), Part::Text(b"e"), Part::Text(text)) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?)
    else {
        return None;
    };
    Some((LogId::read(id)?, text))
}

/// Reads `STREAM VERSION TYPE`.
fn pointer(log_id: LogId, text: &[u8]) -> Option<Pointer<'_>> {
    let mut words = std::str::from_utf8(text).ok()?.split(' ');
    let stream = words.next().filter(|name| StreamName::is_written_so(name))?;
    let version = words.next()?.parse().ok().filter(|&version| version > 0)?;
    let event_type = words.next().filter(|word| checks::event_type_is_storable(word).is_ok())?;
    words.next().is_none().then_some(Pointer { log_id, stream, version, event_type })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Pointer<'_>> {
        pointer(LogId::new(1, 1), text.as_bytes())
    }

    #[test]
    fn a_pointer_names_stream_version_and_type() {
        let pointer = read("order-1 7 OrderCreated").unwrap();
        assert_eq!((pointer.stream, pointer.version, pointer.event_type), ("order-1", 7, "OrderCreated"));
    }

    #[test]
    fn what_is_no_pointer_is_not_read() {
        for text in
            ["", "order-1", "order-1 7", "order-1 7 ", "order-1 0 T", "order-1 x T", "order 7 T", "order-1 7 T x"]
        {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
