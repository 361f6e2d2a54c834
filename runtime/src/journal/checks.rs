//! What no engine takes: said once, so that every engine refuses it in the same words.

use super::{Append, Commit, EntryChange, Find, JournalError, LeaseRequest, NewEvent, ReadModel, RowChange};
use crate::model::StreamName;
use std::{collections::BTreeSet, time::Duration};

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
/// How many bytes the name of a read model may have, and that of an index.
pub(super) const LONGEST_NAME: usize = 512;
/// How many bytes the key of a row may have.
pub(super) const LONGEST_ROW_KEY: usize = 1024 * 1024;
/// How many rows one commit may change, and of how many parked rows it may change what is noted.
pub(super) const MOST_ROWS: usize = 100_000;
/// How many bytes an entry of an index may have: the values, and behind them the key of a row.
pub(super) const LONGEST_ENTRY: usize = 1024 * 1024 + LONGEST_ROW_KEY;
/// How many entries of indexes one commit may change: four of each row.
pub(super) const MOST_ENTRIES: usize = 400_000;
/// In how many indexes these may be.
pub(super) const MOST_INDEXES: usize = 1_000;
/// How many bytes the name of a lease's holder may have.
pub(super) const LONGEST_HOLDER: usize = 128;
/// For how long a lease is given at least: engines count time in milliseconds.
pub(super) const SHORTEST_LEASE: Duration = Duration::from_millis(1);

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
    model_name(&model.name)
}

/// Refuses the name of a read model that would not be safe in a key.
pub(super) fn model_name(name: &str) -> Result<(), JournalError> {
    name_in_a_key("a read model", name)
}

/// Refuses the name of an index that would not be safe in a key.
pub(super) fn index_name(name: &str) -> Result<(), JournalError> {
    name_in_a_key("an index", name)
}

fn name_in_a_key(whose: &str, name: &str) -> Result<(), JournalError> {
    let found = name.len();
    if found > LONGEST_NAME {
        return invalid(format!(
            "expected the name of {whose} to have at most {LONGEST_NAME} bytes, found {found} in `{}`",
            crate::codec::shortened(name)
        ));
    }
    if can_be_in_a_key(name) {
        return Ok(());
    }
    invalid(format!(
        "expected {whose}'s name of letters, digits, `-`, `_` and `.`, found `{}`",
        crate::codec::shortened(name)
    ))
}

/// Refuses to find nothing, or in what is no index.
pub(super) fn find(model: &ReadModel, find: &Find) -> Result<(), JournalError> {
    read_model(model)?;
    index_name(&find.index)?;
    limit(find.limit)
}

/// Refuses to delete nothing: whoever asks until nothing is left would never end.
pub(super) fn sweep(model: &ReadModel, rows: usize) -> Result<(), JournalError> {
    read_model(model)?;
    if rows == 0 {
        return invalid(format!("expected to delete at least 1 row of `{model}` at a time, found a limit of 0"));
    }
    Ok(())
}

/// Refuses a lease that would be over as it is given, and a holder that cannot be told from others.
pub(super) fn lease(request: &LeaseRequest) -> Result<(), JournalError> {
    let LeaseRequest { model, holder, time } = request;
    release(model, holder)?;
    if *time < SHORTEST_LEASE {
        return invalid(format!("expected a lease on `{model}` for at least {SHORTEST_LEASE:?}, found {time:?}"));
    }
    Ok(())
}

/// Refuses a holder of leases that cannot be one.
pub(super) fn release(model: &ReadModel, holder: &str) -> Result<(), JournalError> {
    read_model(model)?;
    if (1..=LONGEST_HOLDER).contains(&holder.len()) && holder.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let (found, bytes) = (crate::codec::shortened(holder), holder.len());
    invalid(format!(
        "expected a holder of leases on `{model}` of 1 to {LONGEST_HOLDER} printable characters, found `{found}` of {bytes} \
         bytes"
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

/// Refuses a commit to a model or partition that cannot be, or one that does not say what becomes of a row, of what is noted
/// of a parked row, or of an entry.
pub(super) fn commit(commit: &Commit, partitions: u16) -> Result<(), JournalError> {
    let Commit { model, changes, entries, parked, .. } = commit;
    read_model(model)?;
    partition(commit.partition, partitions)?;
    let bytes = rows(model, "row", changes)? + rows(model, "parked row", parked)? + index_entries(model, entries)?;
    whole(|| format!("commit to `{model}`"), bytes)?;
    once(model, "row", changes.iter().map(|change| &change.key), |key| format!("`{}`", crate::codec::shortened(key)))?;
    once(model, "parked row", parked.iter().map(|change| &change.key), |key| {
        format!("`{}`", crate::codec::shortened(key))
    })?;
    once(model, "entry", entries.iter().map(|change| (&change.index, &change.entry)), |(index, entry)| {
        format!("`{}` in the index `{index}`", crate::codec::shortened(entry))
    })
}

/// Refuses what a commit would change twice.
fn once<T: Copy + Ord>(
    model: &ReadModel,
    what: &str,
    changed: impl Iterator<Item = T>,
    name: impl FnOnce(T) -> String,
) -> Result<(), JournalError> {
    let mut seen = BTreeSet::new();
    for one in changed {
        if !seen.insert(one) {
            return invalid(format!("expected each {what} once in a commit to `{model}`, found {} twice", name(one)));
        }
    }
    Ok(())
}

/// How many bytes these rows have, or what is noted of parked ones; refuses them where they are too long, or too many.
fn rows(model: &ReadModel, what: &str, changes: &[RowChange]) -> Result<usize, JournalError> {
    too_many(model, &format!("{what}s"), MOST_ROWS, changes.len())?;
    let mut bytes = 0;
    for change in changes {
        let (key, row) = (change.key.len(), change.row.as_ref().map_or(0, String::len));
        for (part, most, found) in [("key", LONGEST_ROW_KEY, key), ("content", LONGEST_PAYLOAD, row)] {
            if found > most {
                return invalid(format!(
                    "expected at most {most} bytes in the {part} of the {what} `{}` of `{model}`, found {found}",
                    crate::codec::shortened(&change.key)
                ));
            }
            bytes += found;
        }
    }
    Ok(bytes)
}

/// How many bytes these entries have; refuses them where they are too long, or too many, or those of what is no index.
fn index_entries(model: &ReadModel, entries: &[EntryChange]) -> Result<usize, JournalError> {
    too_many(model, "entries of indexes", MOST_ENTRIES, entries.len())?;
    let mut bytes = 0;
    let mut indexes = BTreeSet::new();
    for EntryChange { index, entry, .. } in entries {
        index_name(index)?;
        indexes.insert(index);
        let found = entry.len();
        if found > LONGEST_ENTRY {
            return invalid(format!(
                "expected at most {LONGEST_ENTRY} bytes in the entry `{}` of the index `{index}` of `{model}`, found {found}",
                crate::codec::shortened(entry)
            ));
        }
        bytes += found;
    }
    too_many(model, "indexes", MOST_INDEXES, indexes.len())?;
    Ok(bytes)
}

/// Refuses a commit that changes too much at once.
fn too_many(model: &ReadModel, what: &str, most: usize, found: usize) -> Result<(), JournalError> {
    if found <= most {
        return Ok(());
    }
    invalid(format!("expected at most {most} {what} in one commit to `{model}`, found {found}; split it"))
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

    fn reason<T: std::fmt::Debug>(answer: Result<T, JournalError>) -> String {
        match answer {
            Err(JournalError::Invalid { reason }) => reason,
            other => panic!("expected it to be refused, found {other:?}"),
        }
    }

    #[test]
    fn what_is_refused_of_a_commit_is_named() {
        use crate::journal::LogId;
        let commit = |rows| Commit::new(ReadModel::new("orders", 1), 0, None, LogId::new(1, 1), rows);
        let row = || RowChange::write("a", "{}");
        assert_eq!(super::commit(&commit(vec![row()]).with_parked(vec![row()]), 1), Ok(()));
        assert_eq!(
            reason(super::commit(&commit(vec![row(), row()]), 1)),
            "expected each row once in a commit to `orders:1`, found `a` twice"
        );
        assert_eq!(
            reason(super::commit(&commit(vec![]).with_parked(vec![row(), RowChange::delete("a")]), 1)),
            "expected each parked row once in a commit to `orders:1`, found `a` twice"
        );
        let entries = vec![EntryChange::add("user", "ann"), EntryChange::remove("user", "ann")];
        assert_eq!(
            reason(super::commit(&commit(vec![]).with_entries(entries), 1)),
            "expected each entry once in a commit to `orders:1`, found `ann` in the index `user` twice"
        );
        assert_eq!(
            reason(super::commit(&commit(vec![]).with_entries(vec![EntryChange::add("a:b", "ann")]), 1)),
            "expected an index's name of letters, digits, `-`, `_` and `.`, found `a:b`"
        );
    }

    #[test]
    fn a_commit_takes_so_many_changes_and_no_more() {
        let model = ReadModel::new("orders", 1);
        let notes = |count: usize| vec![RowChange::delete(""); count];
        assert_eq!(rows(&model, "parked row", &notes(MOST_ROWS)), Ok(0));
        assert_eq!(
            reason(rows(&model, "parked row", &notes(MOST_ROWS + 1))),
            "expected at most 100000 parked rows in one commit to `orders:1`, found 100001; split it"
        );
        let entries = |count: usize| vec![EntryChange::add("a", "b"); count];
        assert_eq!(index_entries(&model, &entries(MOST_ENTRIES)), Ok(MOST_ENTRIES));
        assert_eq!(
            reason(index_entries(&model, &entries(MOST_ENTRIES + 1))),
            "expected at most 400000 entries of indexes in one commit to `orders:1`, found 400001; split it"
        );
    }

    #[test]
    fn whoever_asks_for_a_lease_is_told_what_is_wrong() {
        let asked = |holder: &str, time| LeaseRequest::new(ReadModel::new("orders", 1), holder, time);
        assert_eq!(lease(&asked("a", SHORTEST_LEASE)), Ok(()));
        assert_eq!(
            reason(lease(&asked("a", Duration::from_micros(999)))),
            "expected a lease on `orders:1` for at least 1ms, found 999µs"
        );
        assert_eq!(
            reason(lease(&asked("a b", SHORTEST_LEASE))),
            "expected a holder of leases on `orders:1` of 1 to 128 printable characters, found `a b` of 3 bytes"
        );
    }
}
