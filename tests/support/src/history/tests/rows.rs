//! Read models that are not what the events add up to.

use super::given::{expect, run, stream};
use crate::history::{Contents, Summary, Violation, check_rows};
use annals::journal::{Commit, Committed, Journal, LogId, MemoryJournal, ReadModel, RowChange, StoredEvent};
use std::collections::BTreeMap;

/// One row a stream: how many events it has.
fn count(rows: &mut BTreeMap<String, String>, event: &StoredEvent) {
    rows.insert(event.stream().id().into_owned(), format!(r#"{{"last":"Counted","count":{}}}"#, event.version()));
}

async fn checked(contents: &Contents, checkpoint: LogId, rows: &[(&str, &str)]) -> Result<usize, Vec<Violation>> {
    let (journal, model) = (MemoryJournal::new(), ReadModel::new("counts", 1));
    let changes = rows.iter().map(|(key, row)| RowChange::write(*key, *row)).collect();
    let commit = Commit::new(model.clone(), 0, None, checkpoint, changes);
    assert_eq!(journal.commit(commit).await, Ok(Committed::Done));
    check_rows(&journal, &model, contents, count).await.unwrap()
}

fn is_row(violation: &Violation) -> bool {
    matches!(violation, Violation::Row { .. })
}

#[tokio::test]
async fn rows_are_compared_with_the_events_up_to_their_checkpoint() {
    let (_, contents) = run().await;
    let at = |number: usize| contents.log(0)[number - 1].log_id();
    // Members may stand in any order.
    let one = ("1", r#"{"count":3,"last":"Counted"}"#);
    let two = |count| ("2", ["", "", r#"{"last":"Counted","count":2}"#, r#"{"last":"Counted","count":3}"#][count]);
    assert_eq!(checked(&contents, at(6), &[one, two(3)]).await, Ok(2));
    assert_eq!(checked(&contents, at(5), &[one, two(2)]).await, Ok(2));

    for (rows, words) in [
        (&[one][..], ["counts:1", "`2`", "found None"]),
        (&[one, two(2)], ["counts:1", "`2`", r#"count\":2"#]),
        (&[one, two(3), ("3", "{}")], ["counts:1", "`3`", "expected None"]),
    ] {
        let found = checked(&contents, at(6), rows).await.map(|_| Summary::default());
        expect(found, is_row, &words);
    }
    assert_eq!(contents.stream(&stream("2")).len(), 3);
}

#[tokio::test]
async fn a_checkpoint_that_is_no_entry_of_the_log_is_found() {
    let (_, contents) = run().await;
    let mut at = contents.log(0)[5].log_id();
    for (millis, number) in [(at.millis + 1, 6), (at.millis, 7)] {
        (at.millis, at.number) = (millis, number);
        let found = checked(&contents, at, &[]).await.map(|_| Summary::default());
        let is_checkpoint = |violation: &Violation| matches!(violation, Violation::Checkpoint { .. });
        expect(found, is_checkpoint, &["counts:1", "partition 0", &at.to_string()]);
    }
}
