//! What no engine takes: said once, so that every engine refuses it in the same words.

use super::{Append, Commit, JournalError, NewEvent, ReadModel};
use crate::model::StreamName;
use std::collections::BTreeSet;

fn invalid<T>(reason: String) -> Result<T, JournalError> {
    Err(JournalError::Invalid { reason })
}

/// How many events one append may have: a server takes no more than a million arguments.
pub(super) const MOST_EVENTS: usize = 100_000;
/// How many bytes one append may have: half of what a server's limits allow for a request.
pub(super) const MOST_BYTES: usize = 512 * 1024 * 1024;
/// How many bytes the payload of one event may have, and what is told beside it.
pub(super) const LONGEST_PAYLOAD: usize = 64 * 1024 * 1024;
/// How many bytes the name of a stream may have, as it is escaped.
pub(super) const LONGEST_STREAM: usize = 1024 * 1024;
/// How many bytes the name of a read model may have.
pub(super) const LONGEST_MODEL: usize = 512;
/// How many bytes the key of a row may have.
pub(super) const LONGEST_ROW_KEY: usize = 1024 * 1024;
/// How many rows one commit may change.
pub(super) const MOST_ROWS: usize = 100_000;

/// The events of an append as they are stored, but for the log ids before them.
pub(super) fn written(append: &Append) -> Result<Vec<String>, JournalError> {
    let Append { stream, events, .. } = append;
    stream_name(stream)?;
    if events.is_empty() {
        return invalid(format!("expected at least one event to append to stream `{stream}`, found none"));
    }
    if events.len() > MOST_EVENTS {
        let found = events.len();
        return invalid(format!(
            "expected at most {MOST_EVENTS} events in one append to stream `{stream}`, found {found}; split them"
        ));
    }
    let mut bytes = 0;
    for NewEvent { event_type, payload, annotations, .. } in events {
        for (what, found) in [("payload", payload.len()), ("annotations", annotations.as_deref().map_or(0, str::len))] {
            if found > LONGEST_PAYLOAD {
                return invalid(format!(
                    "expected at most {LONGEST_PAYLOAD} bytes in the {what} of a `{event_type}` for stream `{stream}`, \
                     found {found}; keep what is so large elsewhere, and its place in the event"
                ));
            }
            bytes += found;
        }
    }
    whole(|| format!("append to stream `{stream}`"), bytes)?;
    events.iter().map(|event| event.write(&append.id)).collect()
}

/// Refuses what is too long for one request, all in all.
fn whole(what: impl FnOnce() -> String, found: usize) -> Result<(), JournalError> {
    if found <= MOST_BYTES {
        return Ok(());
    }
    invalid(format!("expected at most {MOST_BYTES} bytes in one {}, found {found}; split it", what()))
}

/// Refuses a snapshot that is too long, as it is written.
pub(super) fn snapshot(stream: &StreamName, written: &str) -> Result<(), JournalError> {
    stream_name(stream)?;
    let found = written.len();
    if found <= MOST_BYTES {
        return Ok(());
    }
    invalid(format!("expected at most {MOST_BYTES} bytes in the snapshot of stream `{stream}`, found {found}"))
}

/// Refuses a stream whose name is too long for a key.
pub(super) fn stream_name(stream: &StreamName) -> Result<(), JournalError> {
    let found = stream.as_str().len();
    if found <= LONGEST_STREAM {
        return Ok(());
    }
    invalid(format!(
        "expected the name of a stream to have at most {LONGEST_STREAM} bytes, found {found} in `{}`",
        crate::codec::shortened(stream.as_str())
    ))
}

/// Refuses an id that another append has: of `found` events where `expected` are to be appended.
pub(super) fn same_append(append: &Append, found: usize) -> Result<(), JournalError> {
    let expected = append.events.len();
    if found == expected {
        return Ok(());
    }
    invalid(format!(
        "the append `{}` to stream `{}` happened before with another number of events: expected {expected}, found \
         {found}; give every append an id of its own",
        append.id, append.stream
    ))
}

/// Refuses to read nothing.
pub(super) fn limit(limit: usize) -> Result<(), JournalError> {
    if limit == 0 {
        invalid("expected to read at least 1 entry at a time, found a limit of 0".to_owned())
    } else {
        Ok(())
    }
}

/// Refuses a partition that the journal does not have.
pub(super) fn partition(partition: u16, partitions: u16) -> Result<(), JournalError> {
    if partition < partitions {
        return Ok(());
    }
    invalid(format!("expected a partition from 0 to {}, found {partition}", partitions.saturating_sub(1)))
}

/// Refuses a read model whose name would not be safe in a key.
pub(super) fn read_model(model: &ReadModel) -> Result<(), JournalError> {
    let found = model.name.len();
    if found > LONGEST_MODEL {
        return invalid(format!(
            "expected the name of a read model to have at most {LONGEST_MODEL} bytes, found {found} in `{}`",
            crate::codec::shortened(&model.name)
        ));
    }
    if can_be_in_a_key(&model.name) {
        return Ok(());
    }
    invalid(format!(
        "expected a read model's name of letters, digits, `-`, `_` and `.`, found `{}`",
        crate::codec::shortened(&model.name)
    ))
}

/// Refuses a claim whose parts would not be those of any stored event.
pub(super) fn claim(aggregate: &str, types: &[String]) -> Result<(), JournalError> {
    if aggregate.is_empty() {
        return invalid("expected the name of a kind of aggregate that claims event types, found none".to_owned());
    }
    if aggregate.len() > LONGEST_STREAM {
        return invalid(format!(
            "expected the name of a kind of aggregate to have at most {LONGEST_STREAM} bytes, found {} in `{}`",
            aggregate.len(),
            crate::codec::shortened(aggregate)
        ));
    }
    if types.len() > MOST_EVENTS {
        return invalid(format!(
            "expected `{}` to claim at most {MOST_EVENTS} event types at once, found {}",
            crate::codec::shortened(aggregate),
            types.len()
        ));
    }
    types.iter().try_for_each(|event_type| event_type_is_storable(event_type))
}

/// Refuses a type name that would break the form of an event.
pub(super) fn event_type_is_storable(event_type: &str) -> Result<(), JournalError> {
    const LONGEST: usize = 128;
    if (1..=LONGEST).contains(&event_type.len()) && event_type.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let (found, bytes) = (crate::codec::shortened(event_type), event_type.len());
    invalid(format!("expected an event type of 1 to {LONGEST} printable characters, found `{found}` of {bytes} bytes"))
}

/// Refuses a commit to a model or partition that cannot be, or one that does not say what becomes of a row.
pub(super) fn commit(commit: &Commit, partitions: u16) -> Result<(), JournalError> {
    read_model(&commit.model)?;
    partition(commit.partition, partitions)?;
    rows(commit)?;
    let mut keys = BTreeSet::new();
    match commit.changes.iter().find(|change| !keys.insert(&change.key)) {
        None => Ok(()),
        Some(change) => invalid(format!(
            "expected each row once in a commit to `{}`, found `{}` twice",
            commit.model,
            crate::codec::shortened(&change.key)
        )),
    }
}

/// Refuses rows that are too long, or too many.
fn rows(commit: &Commit) -> Result<(), JournalError> {
    let Commit { model, changes, .. } = commit;
    if changes.len() > MOST_ROWS {
        let found = changes.len();
        return invalid(format!(
            "expected at most {MOST_ROWS} rows in one commit to `{model}`, found {found}; split it"
        ));
    }
    let mut bytes = 0;
    for change in changes {
        let (key, row) = (change.key.len(), change.row.as_ref().map_or(0, String::len));
        for (what, most, found) in [("key", LONGEST_ROW_KEY, key), ("content", LONGEST_PAYLOAD, row)] {
            if found > most {
                return invalid(format!(
                    "expected at most {most} bytes in the {what} of the row `{}` of `{model}`, found {found}",
                    crate::codec::shortened(&change.key)
                ));
            }
            bytes += found;
        }
    }
    whole(|| format!("commit to `{model}`"), bytes)
}

/// Whether a name can be a part of a key: letters, digits, `-`, `_` and `.`, at least one.
pub(super) fn can_be_in_a_key(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many bytes as it takes are not made for a test.
    #[test]
    fn what_is_too_long_for_one_request_is_refused() {
        let what = || "append to stream `order-1`".to_owned();
        assert_eq!(whole(what, MOST_BYTES), Ok(()));
        let reason = "expected at most 536870912 bytes in one append to stream `order-1`, found 536870913; split it";
        assert_eq!(whole(what, MOST_BYTES + 1), invalid(reason.to_owned()));
    }

    #[test]
    fn names_that_would_break_a_key_are_not_taken() {
        for name in ["annals", "a", "A-b_c.9"] {
            assert!(can_be_in_a_key(name), "{name}");
        }
        for name in ["", "a:b", "a b", "{a}", "é", "a\n", "*", "a/b"] {
            assert!(!can_be_in_a_key(name), "{name}");
        }
    }
}
