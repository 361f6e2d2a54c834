//! What no engine takes: said once, so that every engine refuses it in the same words.

use super::{Append, Commit, JournalError, ReadModel};
use std::collections::BTreeSet;

fn invalid<T>(reason: String) -> Result<T, JournalError> {
    Err(JournalError::Invalid { reason })
}

/// The events of an append as they are stored, but for the log ids before them.
pub(super) fn written(append: &Append) -> Result<Vec<String>, JournalError> {
    if append.events.is_empty() {
        return invalid(format!("expected at least one event to append to stream `{}`, found none", append.stream));
    }
    if u32::try_from(append.events.len()).is_err() {
        let found = append.events.len();
        return invalid(format!("expected at most {} events in one append, found {found}; split them", u32::MAX));
    }
    append.events.iter().map(|event| event.write(&append.id)).collect()
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
    types.iter().try_for_each(|event_type| event_type_is_storable(event_type))
}

/// Refuses a type name that would break the form of an event.
pub(super) fn event_type_is_storable(event_type: &str) -> Result<(), JournalError> {
    const LONGEST: usize = 128;
    if (1..=LONGEST).contains(&event_type.len()) && event_type.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let found = crate::codec::shortened(event_type);
    invalid(format!("expected an event type of 1 to {LONGEST} printable characters, found `{found}`"))
}

/// Refuses a commit to a model or partition that cannot be, or one that does not say what becomes of a row.
pub(super) fn commit(commit: &Commit, partitions: u16) -> Result<(), JournalError> {
    read_model(&commit.model)?;
    partition(commit.partition, partitions)?;
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

/// Whether a name can be a part of a key: letters, digits, `-`, `_` and `.`, at least one.
pub(super) fn can_be_in_a_key(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

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
