//! The indexes of a read model: entries in the order of their bytes.

use crate::{
    codec,
    journal::{EntryChange, Find, Found, FoundRow, JournalError, ReadModel},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

/// Every index of one read model. Strings are ordered by their bytes, and so are the entries.
#[derive(Default)]
pub(super) struct Indexes {
    indexes: BTreeMap<String, BTreeSet<String>>,
}

impl Indexes {
    pub(super) fn change(&mut self, change: EntryChange) {
        let EntryChange { index, entry, there } = change;
        if there {
            self.indexes.entry(index).or_default().insert(entry);
        } else if let Some(entries) = self.indexes.get_mut(&index) {
            entries.remove(&entry);
        }
    }

    /// The rows that a part of an index leads to.
    pub(super) fn find(
        &self,
        model: &ReadModel,
        find: &Find,
        rows: &BTreeMap<String, String>,
    ) -> Result<Found, JournalError> {
        // There is nothing between places in the other order, and a set does not take them.
        if find.to.as_ref().is_some_and(|to| *to <= find.from) {
            return Ok(Found::default());
        }
        let Some(entries) = self.indexes.get(&find.index) else { return Ok(Found::default()) };
        let to = find.to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let part = entries.range::<str, _>((Bound::Included(find.from.as_str()), to));
        let row = |entry: &String| row(model, find, rows, entry);
        if find.descending { found(part.rev(), find.limit, row) } else { found(part, find.limit, row) }
    }

    /// Deletes at most so many entries; how many it were.
    pub(super) fn delete(&mut self, most: usize) -> usize {
        let mut left = most;
        for entries in self.indexes.values_mut() {
            while left > 0 && entries.pop_first().is_some() {
                left -= 1;
            }
        }
        most - left
    }

    pub(super) fn is_empty(&self) -> bool {
        self.indexes.values().all(BTreeSet::is_empty)
    }
}

/// At most `limit` of these rows, and whether there are more.
fn found<'a>(
    mut entries: impl Iterator<Item = &'a String>,
    limit: usize,
    row: impl Fn(&'a String) -> Result<FoundRow, JournalError>,
) -> Result<Found, JournalError> {
    let rows = entries.by_ref().take(limit).map(row).collect::<Result<_, _>>()?;
    Ok(Found::new(rows, entries.next().is_some()))
}

/// The row that an entry leads to.
fn row(model: &ReadModel, find: &Find, rows: &BTreeMap<String, String>, entry: &str) -> Result<FoundRow, JournalError> {
    let damaged = |reason: String| JournalError::Foreign {
        place: format!("entry `{}` of the index `{}` of `{model}`", codec::shortened(entry), find.index),
        reason,
    };
    let Some(key) = find.key_of(entry) else {
        return Err(damaged(format!("expected {} values and the key of a row, found fewer", find.parts)));
    };
    match rows.get(key) {
        Some(row) => Ok(FoundRow::new(entry, key, row)),
        None => Err(damaged(format!("expected the row `{}`, found none", codec::shortened(key)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_several_indexes_are_deleted_so_many_at_a_time() {
        let mut indexes = Indexes::default();
        for (index, entry) in [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("b", "3")] {
            indexes.change(EntryChange::add(index, entry));
        }
        assert_eq!(indexes.delete(0), 0);
        for (deleted, is_empty) in [(3, false), (2, true), (0, true)] {
            assert_eq!((indexes.delete(3), indexes.is_empty()), (deleted, is_empty));
        }
    }

    #[test]
    fn a_part_that_ends_before_it_begins_is_empty() {
        let mut indexes = Indexes::default();
        indexes.change(EntryChange::add("user", "ann\x001"));
        let (model, rows) = (ReadModel::new("orders", 1), BTreeMap::from([("1".to_owned(), "{}".to_owned())]));
        for (from, to, found) in [("b", "a", 0), ("ann\x001", "ann\x001", 0), ("", "", 0), ("a", "b", 1)] {
            let find = Find::new("user", 1, from, 10).before(to);
            assert_eq!(
                indexes.find(&model, &find, &rows).map(|found| found.rows.len()),
                Ok(found),
                "{from:?} to {to:?}"
            );
        }
    }

    #[test]
    fn damage_is_told_with_its_place() {
        let mut indexes = Indexes::default();
        indexes.change(EntryChange::add("user", "ann\x001"));
        let told = |parts| {
            let find = Find::new("user", parts, "", 10);
            indexes.find(&ReadModel::new("orders", 1), &find, &BTreeMap::new()).unwrap_err().to_string()
        };
        let place = r"entry `ann\u{0}1` of the index `user` of `orders:1`: this is not ours";
        assert_eq!(told(1), format!("{place}: expected the row `1`, found none"));
        assert_eq!(told(2), format!("{place}: expected 2 values and the key of a row, found fewer"));
    }
}
