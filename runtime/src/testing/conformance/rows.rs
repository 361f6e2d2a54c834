//! The rows of read models and the checkpoints that move with them.

use super::{
    answers::{answered, committed, moved, together},
    contents,
    given::{advance, stream},
};
use crate::journal::{Commit, Committed, Journal, LogId, ReadModel, RowChange};
use std::{collections::BTreeMap, sync::Arc};
use tokio::task::yield_now;

const TASKS: u64 = 32;

pub(super) fn model() -> ReadModel {
    ReadModel::new("counters", 1)
}

/// A checkpoint, told by one number.
pub(super) fn at(number: u64) -> LogId {
    LogId::new(1_732_000_000_000 + number, number)
}

pub(super) fn write(key: impl Into<String>, row: impl Into<String>) -> RowChange {
    RowChange::write(key, row)
}

/// The commit of partition 0 that leads from checkpoint `number` to the next; 0 is before the first.
pub(super) fn step(number: u64, changes: Vec<RowChange>) -> Commit {
    Commit::new(model(), 0, (number > 0).then(|| at(number)), at(number + 1), changes)
}

pub(super) fn owned(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(key, row)| (String::from(*key), String::from(*row))).collect()
}

pub(super) async fn whole(
    journal: &Arc<dyn Journal>,
    model: &ReadModel,
) -> (Vec<(String, String)>, BTreeMap<u16, LogId>) {
    (contents::rows(journal, model, 100).await, checkpoints(journal, model).await)
}

/// How far the model has come, without its events.
pub(super) async fn checkpoints(journal: &Arc<dyn Journal>, model: &ReadModel) -> BTreeMap<u16, LogId> {
    let checkpoints = answered(journal.checkpoints(model).await);
    checkpoints.into_iter().map(|(partition, checkpoint)| (partition, checkpoint.log_id)).collect()
}

pub(super) async fn a_model_without_commits_is_empty(journal: &Arc<dyn Journal>) {
    assert_eq!(whole(journal, &model()).await, (Vec::new(), BTreeMap::new()));
    assert_eq!(answered(journal.rows(&model(), vec!["a".to_owned(), String::new()]).await), [None, None]);
    answered(journal.clear(&model()).await);
    assert_eq!(whole(journal, &model()).await, (Vec::new(), BTreeMap::new()));
}

pub(super) async fn rows_are_written_and_deleted(journal: &Arc<dyn Journal>) {
    let commits = [
        (vec![write("a", "1"), write("b", "2")], owned(&[("a", "1"), ("b", "2")])),
        (vec![write("b", "3"), RowChange::delete("a"), write("", "4")], owned(&[("", "4"), ("b", "3")])),
        (vec![RowChange::delete("a"), RowChange::delete("never")], owned(&[("", "4"), ("b", "3")])),
        (vec![], owned(&[("", "4"), ("b", "3")])),
        (vec![write("a", "5"), RowChange::delete("b"), RowChange::delete("")], owned(&[("a", "5")])),
        (vec![RowChange::delete("a")], vec![]),
        (vec![write("a", "6")], owned(&[("a", "6")])),
    ];
    for (number, (changes, rows)) in (0..).zip(commits) {
        committed(journal.commit(step(number, changes)).await);
        assert_eq!(whole(journal, &model()).await, (rows, BTreeMap::from([(0, at(number + 1))])));
    }
}

pub(super) async fn rows_come_in_the_order_of_the_keys_asked_for(journal: &Arc<dyn Journal>) {
    committed(journal.commit(step(0, vec![write("a", "1"), write("b", "2"), write("", "3")])).await);
    let keys = ["b", "c", "a", "", "b", "A"].map(String::from).to_vec();
    let row = |row: &str| Some(row.to_owned());
    let rows = answered(journal.rows(&model(), keys).await);
    assert_eq!(rows, [row("2"), None, row("1"), row("3"), row("2"), None]);
    assert_eq!(answered(journal.rows(&model(), Vec::new()).await), [], "no rows where none were asked for");
}

/// Keys that an engine may take for something else, or order otherwise than by their bytes.
fn odd_keys() -> Vec<String> {
    let mut keys: Vec<String> = (0..=127_u8).map(|byte| char::from(byte).to_string()).collect();
    let texts = [
        "",
        "a",
        "aa",
        "a\0",
        "a\0b",
        "ab",
        "b",
        "B",
        "é",
        "e\u{301}",
        "z",
        "(a",
        "[a",
        "[",
        "+inf",
        "-inf",
        "{a}",
        "%00",
        "10",
        "9",
        "a b",
        "a\nb",
        "\u{7FF}",
        "\u{800}",
        "\u{FFFD}",
        "\u{FFFF}",
        "\u{10000}",
        "\u{10FFFF}",
        "__proto__",
    ];
    keys.extend(texts.map(String::from));
    keys.push("k".repeat(100_000));
    keys.sort_unstable();
    keys.dedup();
    keys
}

pub(super) async fn pages_follow_the_bytes_of_the_keys(journal: &Arc<dyn Journal>) {
    let keys = odd_keys();
    let row = |key: &String| format!("row of {} bytes", key.len());
    let changes = keys.iter().rev().map(|key| write(key, row(key))).collect();
    committed(journal.commit(step(0, changes)).await);

    let rows: Vec<_> = keys.iter().map(|key| (key.clone(), row(key))).collect();
    for limit in [1, 2, 7, rows.len() - 1, rows.len(), rows.len() + 1, usize::MAX] {
        assert!(contents::rows(journal, &model(), limit).await == rows, "pages of {limit} give other rows");
    }
    let found = answered(journal.rows(&model(), keys.clone()).await);
    assert!(found.into_iter().eq(keys.iter().map(|key| Some(row(key)))), "rows by their keys are other ones");

    for (place, key) in keys.iter().enumerate() {
        // Between two keys there is a place for another one, which is not there.
        for after in [key.clone(), format!("{key}\0\0")] {
            let page = answered(journal.rows_page(&model(), Some(after.clone()), 3).await);
            let behind = if after == *key { place + 1 } else { keys.partition_point(|key| *key <= after) };
            let rest = &rows[behind..];
            assert!(page.rows == rest[..3.min(rest.len())], "other rows after the {}-th key", place + 1);
            assert_eq!(page.more, rest.len() > 3, "whether there are more rows after the {}-th key", place + 1);
        }
    }
}

pub(super) async fn a_row_may_hold_any_text(journal: &Arc<dyn Journal>) {
    let rows = [
        String::new(),
        "\0".to_owned(),
        "a\r\nb\n\n".to_owned(),
        r#"{"a":"b\n"}"#.to_owned(),
        ('\0'..='\u{2FFF}').collect(),
        "\u{10FFFF}".repeat(250_000),
    ];
    let changes = rows.iter().enumerate().map(|(key, row)| write(key.to_string(), row)).collect();
    committed(journal.commit(step(0, changes)).await);
    let keys = (0..rows.len()).map(|key| key.to_string()).collect();
    for (found, given) in answered(journal.rows(&model(), keys).await).into_iter().zip(&rows) {
        assert!(found.as_ref() == Some(given), "a row of {} bytes is not as it was given", given.len());
    }
    let found = contents::rows(journal, &model(), 4).await;
    assert!(found.iter().map(|(_, row)| row).eq(&rows), "a page of rows is not as they were given");
}

pub(super) async fn a_commit_may_be_large(journal: &Arc<dyn Journal>) {
    let key = |number: u64| format!("{number:05}");
    let changes = (0..9_000).map(|number| write(key(number), number.to_string())).collect();
    committed(journal.commit(step(0, changes)).await);
    let found = contents::rows(journal, &model(), 1_000).await;
    assert!(found == (0..9_000).map(|number| (key(number), number.to_string())).collect::<Vec<_>>());

    let changes = (0..8_999).map(|number| RowChange::delete(key(number))).collect();
    committed(journal.commit(step(1, changes)).await);
    assert_eq!(contents::rows(journal, &model(), 1_000).await, owned(&[("08999", "8999")]));
}

pub(super) async fn a_commit_on_another_checkpoint_changes_nothing(journal: &Arc<dyn Journal>) {
    let commit =
        |expected, to| Commit::new(model(), 0, expected, at(to), vec![write("a", "0"), RowChange::delete("b")]);
    assert_eq!(moved(journal.commit(commit(Some(at(1)), 2)).await), None, "no checkpoint yet");
    assert_eq!(whole(journal, &model()).await, (Vec::new(), BTreeMap::new()));

    committed(journal.commit(step(0, vec![write("a", "1"), write("b", "2")])).await);
    let before = whole(journal, &model()).await;
    let others = [
        None,
        Some(at(2)),
        Some(LogId::new(at(1).millis, 2)),
        Some(LogId::new(at(1).millis + 1, 1)),
        Some(LogId::new(0, 0)),
        Some(LogId::new(u64::MAX, u64::MAX)),
    ];
    for expected in others {
        assert_eq!(moved(journal.commit(commit(expected, 2)).await), Some(at(1)), "expecting {expected:?}");
        assert_eq!(whole(journal, &model()).await, before, "after a commit that expected {expected:?}");
    }
    committed(journal.commit(commit(Some(at(1)), 2)).await);
    assert_eq!(whole(journal, &model()).await, (owned(&[("a", "0")]), BTreeMap::from([(0, at(2))])));
}

pub(super) async fn each_partition_has_a_checkpoint_of_its_own(journal: &Arc<dyn Journal>) {
    let mut checkpoints = BTreeMap::new();
    // Numbers that only whole numbers of 64 bits keep apart.
    let places = [LogId::new(0, 1), LogId::new(1 << 53, (1 << 53) + 1), LogId::new(u64::MAX, u64::MAX)];
    for place in places {
        for partition in 0..journal.partitions() {
            let expected = checkpoints.get(&partition).copied();
            let changes = vec![write(partition.to_string(), place.to_string())];
            committed(journal.commit(Commit::new(model(), partition, expected, place, changes)).await);
            checkpoints.insert(partition, place);
            assert_eq!(self::checkpoints(journal, &model()).await, checkpoints);
        }
    }
    assert_eq!(contents::rows(journal, &model(), 7).await.len(), usize::from(journal.partitions()));
}

pub(super) async fn one_of_many_commits_wins(journal: &Arc<dyn Journal>) {
    for round in 0..5 {
        let commit = |task: u64| {
            let journal = Arc::clone(journal);
            let changes = (0..20).map(|key| write(key.to_string(), task.to_string())).collect();
            let expected = (round > 0).then(|| at(round));
            let commit = Commit::new(model(), 0, expected, LogId::new(at(round + 1).millis, round + 1), changes);
            async move { (task, answered(journal.commit(commit).await)) }
        };
        let answers = together((0..TASKS).map(commit)).await;
        let winners: Vec<_> = answers.iter().filter(|(_, answer)| *answer == Committed::Done).collect();
        assert_eq!(winners.len(), 1, "commits on the same checkpoint that were done: {winners:?}");
        let winner = winners[0].0.to_string();
        for (task, answer) in &answers {
            let lost = Committed::Moved { found: Some(at(round + 1)) };
            assert!(*answer == Committed::Done || *answer == lost, "task {task} found {answer:?}");
        }
        let rows = contents::rows(journal, &model(), 100).await;
        assert_eq!(rows.len(), 20);
        assert!(rows.iter().all(|(_, row)| *row == winner), "rows of several commits: {rows:?}");
    }
}

pub(super) async fn commits_that_retry_lose_nothing(journal: &Arc<dyn Journal>) {
    let key = "sum";
    let add = |_| {
        let journal = Arc::clone(journal);
        async move {
            for _ in 0..4 {
                loop {
                    // The checkpoint first: a row that is older than it would be a lost step.
                    let expected = checkpoints(&journal, &model()).await.get(&0).copied();
                    let row = answered(journal.rows(&model(), vec![key.to_owned()]).await).swap_remove(0);
                    let sum = row.map_or(0, |row| row.parse::<u64>().expect("a sum"));
                    let next = at(expected.map_or(1, |id| id.number + 1));
                    let changes = vec![write(key, (sum + 1).to_string())];
                    match answered(journal.commit(Commit::new(model(), 0, expected, next, changes)).await) {
                        Committed::Done => break,
                        Committed::Moved { found } => {
                            assert_ne!(found, expected, "a commit that found the checkpoint that it expected");
                        }
                        Committed::Fenced => panic!("a commit without a lease was fenced off"),
                    }
                    yield_now().await;
                }
                yield_now().await;
            }
        }
    };
    together((0..TASKS).map(add)).await;
    let sum = (TASKS * 4).to_string();
    assert_eq!(whole(journal, &model()).await, (owned(&[(key, &sum)]), BTreeMap::from([(0, at(TASKS * 4))])));
}

pub(super) async fn a_model_is_cleared_alone(journal: &Arc<dyn Journal>) {
    let others = [ReadModel::new("counters", 2), ReadModel::new("counter", 1), ReadModel::new("counters.", 1)];
    for other in others.iter().chain([&model()]) {
        for partition in 0..journal.partitions() {
            let changes = vec![write(partition.to_string(), other.to_string())];
            committed(journal.commit(Commit::new(other.clone(), partition, None, at(7), changes)).await);
        }
    }
    let before = whole(journal, &others[0]).await;
    answered(journal.clear(&model()).await);
    assert_eq!(whole(journal, &model()).await, (Vec::new(), BTreeMap::new()), "a model that was cleared");
    assert_eq!(answered(journal.rows(&model(), vec!["0".to_owned()]).await), [None]);
    assert_eq!(whole(journal, &others[0]).await, before, "a model that was not cleared");
    for other in &others {
        assert_eq!(
            whole(journal, other).await.1.len(),
            usize::from(journal.partitions()),
            "the checkpoints of {other}"
        );
    }

    let late = Commit::new(model(), 0, Some(at(7)), at(8), vec![write("late", "1")]);
    assert_eq!(moved(journal.commit(late).await), None, "a commit on what was cleared");
    assert_eq!(whole(journal, &model()).await, (Vec::new(), BTreeMap::new()));
    committed(journal.commit(step(0, vec![write("new", "1")])).await);
    assert_eq!(whole(journal, &model()).await, (owned(&[("new", "1")]), BTreeMap::from([(0, at(1))])));
}

pub(super) async fn models_are_kept_apart(journal: &Arc<dyn Journal>) {
    let names = [
        ("a", 1),
        ("a", 2),
        ("a", 11),
        ("a", u32::MAX),
        ("a1", 1),
        ("a.1", 1),
        ("a-1", 1),
        ("a_1", 1),
        ("A", 1),
        ("1", 1),
        (".", 1),
        ("-", 1),
    ];
    let models = names.map(|(name, version)| ReadModel::new(name, version));
    for (number, model) in (1..).zip(&models) {
        let changes = vec![write("key", model.to_string())];
        committed(journal.commit(Commit::new(model.clone(), 0, None, at(number), changes)).await);
    }
    for (number, model) in (1..).zip(&models) {
        let rows = owned(&[("key", &model.to_string())]);
        assert_eq!(whole(journal, model).await, (rows, BTreeMap::from([(0, at(number))])), "the model {model}");
    }
}

pub(super) async fn rows_leave_the_log_alone(journal: &Arc<dyn Journal>) {
    super::answers::appended(journal.append(advance(&stream("1"), 0, 3)).await);
    let before = contents::of(journal).await;
    committed(journal.commit(step(0, vec![write("counter-1", "1"), write("1", "2")])).await);
    answered(journal.clear(&model()).await);
    contents::unchanged(journal, &before).await;
}

pub(super) async fn the_revision_grows_with_every_change(journal: &Arc<dyn Journal>) {
    assert_eq!(answered(journal.revision(&model()).await), 0);
    for number in 0..3 {
        committed(journal.commit(step(number, vec![])).await);
        assert_eq!(answered(journal.revision(&model()).await), number + 1);
    }
    assert_eq!(moved(journal.commit(step(0, vec![])).await), Some(at(3)));
    assert_eq!(answered(journal.revision(&model()).await), 3, "a commit that moved nothing is no change");
    answered(journal.clear(&model()).await);
    assert_eq!(answered(journal.revision(&model()).await), 4, "cleared rows are other rows");
    committed(journal.commit(step(0, vec![])).await);
    assert_eq!(answered(journal.revision(&model()).await), 5);
    assert_eq!(answered(journal.revision(&ReadModel::new("counters", 2)).await), 0, "each version has its own");
}

pub(super) async fn a_commit_on_another_revision_changes_nothing(journal: &Arc<dyn Journal>) {
    committed(journal.commit(step(0, vec![write("a", "1")]).at_revision(0)).await);
    let before = whole(journal, &model()).await;
    for revision in [0, 2, u64::MAX] {
        let commit = step(1, vec![write("a", "2"), write("b", "2")]).at_revision(revision);
        assert_eq!(moved(journal.commit(commit).await), Some(at(1)), "the checkpoint that is there");
        assert_eq!(whole(journal, &model()).await, before);
    }
    committed(journal.commit(step(1, vec![write("a", "2")]).at_revision(1)).await);
}

/// Rows that events of every partition change: who takes in one partition must see what another took in.
pub(super) async fn partitions_that_share_a_row_lose_nothing(journal: &Arc<dyn Journal>) {
    let adders = (0..journal.partitions()).flat_map(|partition| [partition; 2]).map(|partition| {
        let journal = Arc::clone(journal);
        async move {
            let mut added = 0;
            while added < 4 {
                let revision = answered(journal.revision(&model()).await);
                let checkpoint = checkpoints(&journal, &model()).await.get(&partition).copied();
                let row = answered(journal.rows(&model(), vec!["sum".to_owned()]).await).remove(0);
                let sum: u64 = row.map_or(0, |row| row.parse().expect("the row is a number"));
                yield_now().await;
                let next = at(checkpoint.map_or(0, |checkpoint| checkpoint.number) + 1);
                let changes = vec![write("sum", (sum + 1).to_string())];
                let commit = Commit::new(model(), partition, checkpoint, next, changes).at_revision(revision);
                if answered(journal.commit(commit).await) == Committed::Done {
                    added += 1;
                }
            }
        }
    });
    together(adders).await;
    let sum = u64::from(journal.partitions()) * 2 * 4;
    let row = answered(journal.rows(&model(), vec!["sum".to_owned()]).await).remove(0);
    assert_eq!(row, Some(sum.to_string()), "what was added by all");
    assert_eq!(answered(journal.revision(&model()).await), sum);
}
