//! The indexes of read models: entries in the order of their bytes, which change with the rows that they lead to.

use super::{
    answers::{answered, committed, moved},
    rows::{at, model, step, write},
};
use crate::journal::{
    Commit, Committed, EntryChange, Find, Found, FoundRow, Journal, JournalError, ReadModel, RowChange,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::task::yield_now;

/// Everything in an index of one value an entry.
fn everything(index: &str) -> Find {
    Find::new(index, 1, "", usize::MAX)
}

async fn find(journal: &Arc<dyn Journal>, find: Find) -> Found {
    answered(journal.find(&model(), find).await)
}

/// The keys of the rows that are found.
async fn keys(journal: &Arc<dyn Journal>, model: &ReadModel, find: Find) -> Vec<String> {
    answered(journal.find(model, find).await).rows.into_iter().map(|row| row.key).collect()
}

fn add(index: &str, value: &str, key: &str) -> EntryChange {
    EntryChange::add(index, format!("{value}\0{key}"))
}

fn remove(index: &str, value: &str, key: &str) -> EntryChange {
    EntryChange::remove(index, format!("{value}\0{key}"))
}

/// Values that an engine may take for something else, or order otherwise than by their bytes.
fn odd_values() -> Vec<String> {
    let mut values: Vec<String> = (1..=127_u8).map(|byte| char::from(byte).to_string()).collect();
    let texts = [
        "",
        "a\u{1}",
        "a\u{1}\u{1}",
        "a\u{1}b",
        "aa",
        "ab",
        "B",
        "é",
        "e\u{301}",
        "(a",
        "[a",
        "+inf",
        "-inf",
        "{a}",
        "10",
        "9",
        "a b",
        "a\nb",
        "a\r\nb",
        "\u{80}",
        "\u{7FF}",
        "\u{800}",
        "\u{FFFD}",
        "\u{FFFF}",
        "\u{10000}",
        "\u{10FFFF}",
    ];
    values.extend(texts.map(String::from));
    values.push("v".repeat(100_000));
    values.sort_unstable();
    values.dedup();
    values
}

/// Commits a row for each odd value, two of them with the value `a`, and answers with what is to be found: all of it, in
/// order.
async fn filled(journal: &Arc<dyn Journal>) -> Vec<FoundRow> {
    let mut values = odd_values();
    values.push("a".to_owned());
    let mut found: Vec<_> = (0..)
        .zip(values)
        .map(|(number, value)| {
            let key = format!("{number:03}");
            FoundRow::new(format!("{value}\0{key}"), key, format!("row {number}"))
        })
        .collect();
    let changes = found.iter().map(|row| write(&row.key, &row.row)).collect();
    // In an order that is not that of the entries.
    let entries = found.iter().rev().map(|row| EntryChange::add("odd", &row.entry)).collect();
    committed(journal.commit(step(0, changes).with_entries(entries)).await);
    found.sort_by(|a, b| a.entry.as_bytes().cmp(b.entry.as_bytes()));
    found
}

pub(super) async fn an_index_without_entries_leads_to_no_rows(journal: &Arc<dyn Journal>) {
    assert_eq!(find(journal, everything("user")).await, Found::default(), "a model without commits");
    committed(journal.commit(step(0, vec![write("1", "{}")])).await);
    for find in [everything("user"), everything("user").descending(), everything("user").before("\u{10FFFF}")] {
        assert_eq!(self::find(journal, find).await, Found::default(), "a row without entries");
    }
}

pub(super) async fn entries_come_in_the_order_of_their_bytes(journal: &Arc<dyn Journal>) {
    let mut rows = filled(journal).await;
    let found = find(journal, everything("odd")).await;
    assert!(found == Found::new(rows.clone(), false), "the rows are not those of the entries, in their order");
    rows.reverse();
    let found = find(journal, everything("odd").descending()).await;
    assert!(found == Found::new(rows, false), "the greatest entry does not come first");
}

pub(super) async fn a_part_begins_with_an_entry_and_ends_before_one(journal: &Arc<dyn Journal>) {
    let rows = filled(journal).await;
    let entry = |place: usize| rows[place].entry.clone();
    // Entries that are there, and places where none is.
    let mut bounds: Vec<String> = (0..rows.len()).step_by(7).map(entry).collect();
    bounds.extend((0..rows.len()).step_by(11).map(|place| format!("{}\u{1}", entry(place))));
    bounds.extend(["", "\0", "a\0", "a\u{1}", "é", "\u{10FFFF}\u{10FFFF}"].map(String::from));
    for from in &bounds {
        for to in bounds.iter().map(Some).chain([None]) {
            let is_in = |row: &&FoundRow| *from <= row.entry && to.is_none_or(|to| row.entry < *to);
            let mut expected: Vec<_> = rows.iter().filter(is_in).cloned().collect();
            let mut part = Find { from: from.clone(), to: to.cloned(), ..everything("odd") };
            for descending in [false, true] {
                part.descending = descending;
                let found = find(journal, part.clone()).await;
                assert!(
                    found == Found::new(expected.clone(), false),
                    "other rows from {from:?} to {to:?} (descending: {descending})"
                );
                expected.reverse();
            }
        }
    }
}

pub(super) async fn a_limit_is_kept_and_tells_whether_there_is_more(journal: &Arc<dyn Journal>) {
    let mut rows = filled(journal).await;
    let all = rows.len();
    for descending in [false, true] {
        for limit in [1, 2, 7, all - 1, all, all + 1, usize::MAX] {
            let part = Find { descending, limit, ..everything("odd") };
            let found = find(journal, part).await;
            let expected = Found::new(rows[..limit.min(all)].to_vec(), limit < all);
            assert!(found == expected, "other rows with a limit of {limit} (descending: {descending})");
        }
        rows.reverse();
    }
    // More is what the part has, not the index.
    let part = Find { limit: 3, ..everything("odd").before(rows[3].entry.clone()) };
    assert!(find(journal, part).await == Found::new(rows[..3].to_vec(), false), "a part that ends with its limit");
    let part = Find { limit: 3, from: rows[all - 3].entry.clone(), ..everything("odd") }.descending();
    let mut last = rows[all - 3..].to_vec();
    last.reverse();
    assert!(find(journal, part).await == Found::new(last, false), "a part that begins with its limit");
}

pub(super) async fn the_next_part_begins_behind_the_last(journal: &Arc<dyn Journal>) {
    let rows = filled(journal).await;
    let mut read = Vec::new();
    let mut part = Find { limit: 10, ..everything("odd") };
    loop {
        let found = find(journal, part.clone()).await;
        assert!(!found.more || found.rows.len() == 10, "a part that is not the last is full");
        read.extend(found.rows);
        if !found.more {
            break;
        }
        part.from = format!("{}\0", read[read.len() - 1].entry);
    }
    assert!(read == rows, "parts that are read one after another give other rows");
    read.clear();
    let mut part = Find { limit: 10, ..everything("odd") }.descending();
    loop {
        let found = find(journal, part.clone()).await;
        read.extend(found.rows);
        if !found.more {
            break;
        }
        part.to = Some(read[read.len() - 1].entry.clone());
    }
    assert!(read.iter().rev().eq(&rows), "parts that are read one after another backwards give other rows");
}

pub(super) async fn entries_are_added_and_removed(journal: &Arc<dyn Journal>) {
    let commits = [
        (
            vec![write("1", "a"), write("2", "b")],
            vec![add("user", "ann", "1"), add("user", "bob", "2")],
            vec!["1", "2"],
        ),
        // One that is there stays, one that is not stays away; also in an index that nobody has written to.
        (vec![], vec![add("user", "ann", "1"), remove("user", "cid", "2"), remove("none", "ann", "1")], vec!["1", "2"]),
        (vec![write("1", "c")], vec![remove("user", "ann", "1"), add("user", "cid", "1")], vec!["2", "1"]),
        (vec![], vec![add("user", "abe", "1")], vec!["1", "2", "1"]),
        (vec![RowChange::delete("1")], vec![remove("user", "cid", "1"), remove("user", "abe", "1")], vec!["2"]),
        (vec![RowChange::delete("2")], vec![remove("user", "bob", "2")], vec![]),
        (vec![write("2", "d")], vec![add("user", "bob", "2")], vec!["2"]),
    ];
    for (number, (changes, entries, expected)) in (0..).zip(commits) {
        committed(journal.commit(step(number, changes).with_entries(entries)).await);
        assert_eq!(keys(journal, &model(), everything("user")).await, expected, "after commit {}", number + 1);
    }
    assert_eq!(find(journal, everything("user")).await.rows, [FoundRow::new("bob\x002", "2", "d")]);
}

pub(super) async fn a_row_is_found_as_it_is_now(journal: &Arc<dyn Journal>) {
    committed(journal.commit(step(0, vec![write("1", "old")]).with_entries(vec![add("user", "ann", "1")])).await);
    committed(journal.commit(step(1, vec![write("1", "new")])).await);
    assert_eq!(find(journal, everything("user")).await.rows, [FoundRow::new("ann\x001", "1", "new")]);
}

pub(super) async fn a_row_is_found_by_any_key_and_any_number_of_values(journal: &Arc<dyn Journal>) {
    let keys = ["", "1", "a\0", "\0", "a\0b\0c", "é", "{a}", "a\r\nb", "\u{10FFFF}"];
    let changes = keys.iter().map(|key| write(*key, format!("row of {key:?}"))).collect();
    // The values hold no `\0`, the keys may.
    let values = ["", "a\0", "a\0b\0", "\0\0\0"];
    let index = |parts: usize| format!("index-{parts}");
    let entries = values.iter().enumerate().flat_map(|(parts, values)| {
        keys.iter().map(move |key| EntryChange::add(index(parts), format!("{values}{key}")))
    });
    committed(journal.commit(step(0, changes).with_entries(entries.collect())).await);
    for (parts, values) in values.iter().enumerate() {
        let mut expected = keys;
        expected.sort_unstable();
        let expected: Vec<_> = expected
            .iter()
            .map(|key| FoundRow::new(format!("{values}{key}"), *key, format!("row of {key:?}")))
            .collect();
        let found = find(journal, Find::new(index(parts), parts, "", 100)).await;
        assert_eq!(found.rows, expected, "rows behind {parts} values");
    }
}

pub(super) async fn indexes_are_kept_apart(journal: &Arc<dyn Journal>) {
    let models = [
        ReadModel::new("counters", 1),
        ReadModel::new("counters", 2),
        ReadModel::new("counters", 1).at_build(1),
        ReadModel::new("counters", 1).at_build(11),
        ReadModel::new("counter", 1),
        ReadModel::new("counters.", 1),
    ];
    let indexes = ["user", "User", "user.amount", "amount", "1", ".", "-", "_", "rows", &"i".repeat(512)];
    for model in &models {
        // Each index leads to a row of its own.
        let changes = indexes.iter().map(|index| write(*index, model.to_string())).collect();
        let entries = indexes.iter().map(|index| add(index, "a", index)).collect();
        let commit = Commit::new(model.clone(), 0, None, at(1), changes).with_entries(entries);
        committed(journal.commit(commit).await);
    }
    for model in &models {
        for index in indexes {
            let found = answered(journal.find(model, everything(index)).await);
            let row = FoundRow::new(format!("a\0{index}"), index, model.to_string());
            assert_eq!(found, Found::new(vec![row], false), "the index {index} of {model}");
        }
    }
    answered(journal.clear(&models[0]).await);
    assert_eq!(answered(journal.find(&models[0], everything("user")).await), Found::default());
    for model in &models[1..] {
        assert_eq!(keys(journal, model, everything("user")).await, ["user"], "an index of {model}, not cleared");
    }
}

pub(super) async fn entries_go_when_the_rows_are_cleared(journal: &Arc<dyn Journal>) {
    let entries = vec![add("user", "ann", "1"), add("amount", "5", "1")];
    committed(journal.commit(step(0, vec![write("1", "{}")]).with_entries(entries)).await);
    answered(journal.clear(&model()).await);
    for index in ["user", "amount"] {
        assert_eq!(find(journal, everything(index)).await, Found::default());
    }
    // What was left behind would lead to this row.
    committed(journal.commit(step(0, vec![write("1", "{}")])).await);
    assert_eq!(find(journal, everything("user")).await, Found::default());
}

pub(super) async fn a_commit_that_is_not_done_changes_no_entry(journal: &Arc<dyn Journal>) {
    let first = step(0, vec![write("1", "a"), write("2", "b")]).with_entries(vec![add("user", "ann", "1")]);
    committed(journal.commit(first).await);
    let before = find(journal, everything("user")).await;
    let entries = vec![remove("user", "ann", "1"), add("user", "bob", "2"), add("other", "bob", "2")];
    for commit in [step(0, vec![]), step(2, vec![]), step(1, vec![]).at_revision(0), step(1, vec![]).at_revision(2)] {
        assert_eq!(moved(journal.commit(commit.with_entries(entries.clone())).await), Some(at(1)));
        assert_eq!(find(journal, everything("user")).await, before);
        assert_eq!(find(journal, everything("other")).await, Found::default());
    }
    committed(journal.commit(step(1, vec![]).with_entries(entries)).await);
    assert_eq!(keys(journal, &model(), everything("user")).await, ["2"]);
    assert_eq!(keys(journal, &model(), everything("other")).await, ["2"]);
}

pub(super) async fn an_entry_that_leads_nowhere_is_told(journal: &Arc<dyn Journal>) {
    let changes = vec![write("1", "{}"), write("3", "{}"), write("cid", "{}")];
    let entries = vec![
        add("user", "ann", "1"),
        add("user", "bob", "2"),
        add("user", "dan", "3"),
        add("short", "ann", "1"),
        EntryChange::add("short", "cid"),
    ];
    committed(journal.commit(step(0, changes).with_entries(entries)).await);
    for index in ["user", "short"] {
        for damaged in [everything(index), everything(index).descending(), Find { limit: 2, ..everything(index) }] {
            match journal.find(&model(), damaged.clone()).await {
                Err(JournalError::Foreign { place, reason }) => {
                    assert!(place.contains(index) && !reason.is_empty(), "it is not told where: {place}: {reason}");
                }
                other => panic!("expected `JournalError::Foreign` for {damaged:?}, found {other:?}"),
            }
        }
    }
    // What is asked for does not hold it.
    assert_eq!(keys(journal, &model(), everything("user").before("b")).await, ["1"]);
    assert_eq!(keys(journal, &model(), Find { from: "c".to_owned(), ..everything("user") }).await, ["3"]);
    let first = find(journal, Find { limit: 1, ..everything("user") }).await;
    assert!(first.more && first.rows[0].key == "1", "found {first:?}");
    // Once the row is there, all is well.
    committed(journal.commit(step(1, vec![write("2", "{}")])).await);
    assert_eq!(keys(journal, &model(), everything("user")).await, ["1", "2", "3"]);
}

pub(super) async fn a_commit_may_have_many_entries(journal: &Arc<dyn Journal>) {
    const ROWS: u64 = 9_000;
    let key = |number: u64| format!("{number:05}");
    let changes = (0..ROWS).map(|number| write(key(number), number.to_string())).collect();
    let both = |number: u64| {
        let backwards = key(ROWS - 1 - number);
        [add("up", &key(number), &key(number)), add("down", &backwards, &key(number))]
    };
    let entries = (0..ROWS).flat_map(both).collect();
    committed(journal.commit(step(0, changes).with_entries(entries)).await);
    let up = keys(journal, &model(), everything("up")).await;
    assert!(up.into_iter().eq((0..ROWS).map(key)), "the rows by one index");
    let down = keys(journal, &model(), everything("down")).await;
    assert!(down.into_iter().eq((0..ROWS).rev().map(key)), "the rows by another index");

    let changes = (1..ROWS).map(|number| RowChange::delete(key(number))).collect();
    let entries = (1..ROWS).flat_map(both).map(|change| EntryChange::remove(change.index, change.entry)).collect();
    committed(journal.commit(step(1, changes).with_entries(entries)).await);
    for index in ["up", "down"] {
        assert_eq!(keys(journal, &model(), everything(index)).await, [key(0)]);
    }
}

/// Each commit moves every row to another value, so that at any moment all of them have the same.
pub(super) async fn what_is_found_is_of_one_moment(journal: &Arc<dyn Journal>) {
    const ROWS: u64 = 20;
    const COMMITS: u64 = 30;
    let value = |number: u64| format!("{number:03}");
    let commit = move |number: u64| {
        let rows = 0..ROWS;
        let changes = rows.clone().map(|key| write(key.to_string(), value(number + 1))).collect();
        let moves = rows.flat_map(|key| {
            let key = key.to_string();
            [remove("value", &value(number), &key), add("value", &value(number + 1), &key)]
        });
        step(number, changes).with_entries(moves.collect())
    };
    committed(journal.commit(commit(0)).await);
    let ended = Arc::new(AtomicBool::new(false));
    let readers = (0..4).map(|_| {
        let (journal, ended) = (Arc::clone(journal), Arc::clone(&ended));
        tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                let found = find(&journal, everything("value")).await.rows;
                assert_eq!(found.len() as u64, ROWS, "rows that are found at one moment");
                let one = found[0].row.clone();
                for FoundRow { entry, key, row } in found {
                    assert!(row == one && entry == format!("{one}\0{key}"), "found {row:?} by the entry {entry:?}");
                }
                yield_now().await;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for number in 1..COMMITS {
        committed(journal.commit(commit(number)).await);
        yield_now().await;
    }
    ended.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    }
}

/// Rows of one index that many change at once: in the end every row is found once, as it is.
pub(super) async fn commits_that_race_leave_each_row_with_its_entry(journal: &Arc<dyn Journal>) {
    let tasks = (0..16_u64).map(|task| {
        let journal = Arc::clone(journal);
        async move {
            let mut done = 0;
            while done < 4 {
                let revision = answered(journal.revision(&model()).await);
                let checkpoints = answered(journal.checkpoints(&model()).await);
                let expected = checkpoints.get(&0).map(|checkpoint| checkpoint.log_id);
                let row = answered(journal.rows(&model(), vec!["1".to_owned()]).await).remove(0);
                let value = format!("{task}-{done}");
                let mut entries: Vec<_> = row.iter().map(|row| remove("value", row, "1")).collect();
                entries.push(add("value", &value, "1"));
                let next = at(expected.map_or(1, |expected| expected.number + 1));
                let commit = Commit::new(model(), 0, expected, next, vec![write("1", value)]);
                let commit = commit.at_revision(revision).with_entries(entries);
                if answered(journal.commit(commit).await) == Committed::Done {
                    done += 1;
                }
                yield_now().await;
            }
        }
    });
    super::answers::together(tasks).await;
    let rows: BTreeMap<_, _> = super::contents::rows(journal, &model(), 10).await.into_iter().collect();
    let found = find(journal, everything("value")).await.rows;
    assert_eq!(found, [FoundRow::new(format!("{}\x001", rows["1"]), "1", &rows["1"])]);
}
