//! What is noted of parked rows: it changes with the rows, and health counts it.

use super::{
    answers::{answered, committed, moved},
    rows::{at, model, step, write},
};
use crate::journal::{Commit, Journal, ReadModel, RowChange};
use std::{collections::BTreeMap, sync::Arc};

fn notes(notes: &[(&str, &str)]) -> BTreeMap<String, String> {
    notes.iter().map(|(key, note)| (String::from(*key), String::from(*note))).collect()
}

async fn parked(journal: &Arc<dyn Journal>) -> BTreeMap<String, String> {
    answered(journal.parked(&model()).await)
}

pub(super) async fn notes_are_written_and_deleted(journal: &Arc<dyn Journal>) {
    assert_eq!(parked(journal).await, BTreeMap::new(), "a model without commits");
    let commits = [
        (vec![write("b", "1"), write("", "2")], notes(&[("b", "1"), ("", "2")])),
        (vec![write("b", "3"), write("a", "4"), RowChange::delete("")], notes(&[("a", "4"), ("b", "3")])),
        (vec![RowChange::delete("never")], notes(&[("a", "4"), ("b", "3")])),
        (vec![], notes(&[("a", "4"), ("b", "3")])),
        (vec![RowChange::delete("a"), RowChange::delete("b")], notes(&[])),
        (vec![write("a", "5")], notes(&[("a", "5")])),
    ];
    for (number, (changes, expected)) in (0..).zip(commits) {
        committed(journal.commit(step(number, vec![]).with_parked(changes)).await);
        assert_eq!(parked(journal).await, expected, "after commit {}", number + 1);
    }
}

pub(super) async fn a_note_is_no_row(journal: &Arc<dyn Journal>) {
    let commit = step(0, vec![write("row", "1"), write("both", "2")]);
    committed(journal.commit(commit.with_parked(vec![write("note", "3"), write("both", "4")])).await);
    assert_eq!(parked(journal).await, notes(&[("both", "4"), ("note", "3")]));
    let rows = super::contents::rows(journal, &model(), 10).await;
    assert_eq!(rows, super::rows::owned(&[("both", "2"), ("row", "1")]));
    committed(journal.commit(step(1, vec![RowChange::delete("both")])).await);
    assert_eq!(parked(journal).await.len(), 2, "a row that is deleted takes no note with it");
}

pub(super) async fn a_note_may_hold_any_text(journal: &Arc<dyn Journal>) {
    let mut given: BTreeMap<_, _> = notes(&[("\0", ""), ("é", "\0"), ("a\r\nb", "a\r\nb\n\n"), ("{a}", "\u{10FFFF}")]);
    given.insert("k".repeat(100_000), ('\0'..='\u{2FFF}').collect());
    given.extend((0..9_000).map(|number| (format!("many {number}"), number.to_string())));
    let changes = given.iter().map(|(key, note)| write(key, note)).collect();
    committed(journal.commit(step(0, vec![]).with_parked(changes)).await);
    assert!(parked(journal).await == given, "notes are not as they were given");
    let changes = given.keys().map(RowChange::delete).collect();
    committed(journal.commit(step(1, vec![]).with_parked(changes)).await);
    assert_eq!(parked(journal).await, BTreeMap::new());
}

pub(super) async fn a_commit_that_is_not_done_changes_no_note(journal: &Arc<dyn Journal>) {
    committed(journal.commit(step(0, vec![]).with_parked(vec![write("a", "1")])).await);
    let changes = vec![RowChange::delete("a"), write("b", "2")];
    for commit in [step(0, vec![]), step(2, vec![]), step(1, vec![]).at_revision(0), step(1, vec![]).at_revision(2)] {
        assert_eq!(moved(journal.commit(commit.with_parked(changes.clone())).await), Some(at(1)));
        assert_eq!(parked(journal).await, notes(&[("a", "1")]));
    }
    committed(journal.commit(step(1, vec![]).with_parked(changes)).await);
    assert_eq!(parked(journal).await, notes(&[("b", "2")]));
}

/// Read models whose notes an engine may take for one another's.
fn models() -> [ReadModel; 4] {
    let first = ReadModel::new("counters", 1);
    [first.clone(), ReadModel::new("counters", 2), first.at_build(1), ReadModel::new("counters.", 1)]
}

/// Notes one parked row of the first read model, two of the second, and so on.
async fn park(journal: &Arc<dyn Journal>) {
    for (count, model) in (1..).zip(models()) {
        let changes = (0..count).map(|key: u64| write(key.to_string(), model.to_string())).collect();
        committed(journal.commit(Commit::new(model, 0, None, at(1), Vec::new()).with_parked(changes)).await);
    }
}

pub(super) async fn notes_are_those_of_one_model_and_are_cleared_with_it(journal: &Arc<dyn Journal>) {
    park(journal).await;
    for (count, model) in (1..).zip(models()) {
        let parked = answered(journal.parked(&model).await);
        assert_eq!(parked.len(), count, "what is noted of {model}");
        assert!(parked.values().all(|note| *note == model.to_string()), "what is noted of {model}: {parked:?}");
    }
    answered(journal.clear(&models()[1]).await);
    for (count, model) in [1, 0, 3, 4].into_iter().zip(models()) {
        assert_eq!(
            answered(journal.parked(&model).await).len(),
            count,
            "what is noted of {model} after the second was cleared"
        );
    }
}

pub(super) async fn health_counts_parked_rows(journal: &Arc<dyn Journal>) {
    assert_eq!(answered(journal.health().await).parked, BTreeMap::new());
    committed(journal.commit(Commit::new(ReadModel::new("sound", 1), 0, None, at(1), vec![write("1", "{}")])).await);
    park(journal).await;
    let mut expected: BTreeMap<_, _> = models().into_iter().zip(1..).collect();
    assert_eq!(answered(journal.health().await).parked, expected);

    let [first, second, ..] = models();
    let commit = Commit::new(first.clone(), 0, Some(at(1)), at(2), Vec::new());
    committed(journal.commit(commit.with_parked(vec![RowChange::delete("0")])).await);
    answered(journal.clear(&second).await);
    expected.retain(|model, _| *model != first && *model != second);
    assert_eq!(answered(journal.health().await).parked, expected, "models of which no row is parked any more");
}
