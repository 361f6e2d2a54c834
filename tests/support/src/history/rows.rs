//! Whether the rows of a read model are what the events add up to.

use super::{contents::Contents, violation::Violation};
use annals::journal::{Journal, JournalError, ReadModel, StoredEvent};
use std::collections::{BTreeMap, BTreeSet};

/// How many rows are read at a time.
const PAGE: usize = 1_000;

/// All rows of a read model.
///
/// # Errors
///
/// The journal's.
pub async fn rows(journal: &dyn Journal, model: &ReadModel) -> Result<BTreeMap<String, String>, JournalError> {
    let mut rows = BTreeMap::new();
    let mut after = None;
    loop {
        let page = journal.rows_page(model, after, PAGE).await?;
        after = page.rows.last().map(|(key, _)| key.clone());
        rows.extend(page.rows);
        if !page.more {
            return Ok(rows);
        }
    }
}

/// Compares a read model with a fold of the events that its checkpoints say it contains. `fold` takes one event into the
/// rows; the events come partition by partition.
///
/// Rows are compared as JSON, so that the order of members does not matter.
///
/// # Errors
///
/// The journal's; within it, every row that differs and every checkpoint that is no entry of the log.
pub async fn check_rows(
    journal: &dyn Journal,
    model: &ReadModel,
    contents: &Contents,
    mut fold: impl FnMut(&mut BTreeMap<String, String>, &StoredEvent),
) -> Result<Result<usize, Vec<Violation>>, JournalError> {
    let mut violations = Vec::new();
    let mut expected = BTreeMap::new();
    for (partition, checkpoint) in journal.checkpoints(model).await? {
        let checkpoint = checkpoint.log_id;
        let log = contents.log(partition);
        let count = usize::try_from(checkpoint.number).unwrap_or(usize::MAX).min(log.len());
        let there = count.checked_sub(1).and_then(|last| log.get(last)).map(StoredEvent::log_id);
        if there != Some(checkpoint) {
            let model = model.to_string();
            violations.push(Violation::Checkpoint { model, partition, expected: there, found: checkpoint });
        }
        log[..count].iter().for_each(|event| fold(&mut expected, event));
    }
    let found = rows(journal, model).await?;
    violations.extend(differences(model, &expected, &found));
    Ok(if violations.is_empty() { Ok(found.len()) } else { Err(violations) })
}

fn differences(
    model: &ReadModel,
    expected: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
) -> Vec<Violation> {
    let keys: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let pairs = keys.into_iter().map(|key| (key, expected.get(key), found.get(key)));
    pairs
        .filter(|(_, expected, found)| !same(*expected, *found))
        .map(|(key, expected, found)| Violation::row(model, key, expected, found))
        .collect()
}

fn same(one: Option<&String>, other: Option<&String>) -> bool {
    let json = |text: &String| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || one.and_then(json).zip(other.and_then(json)).is_some_and(|(one, other)| one == other)
}
