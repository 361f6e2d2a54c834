//! What every database that keeps rows has to keep to: the promises of `RowStore`, tested one by one.

use crate::{
    journal::{Checkpoint, Fingerprint, LogId},
    model::Projection,
    projector::{RowStore, RowsCommit, RowsStanding},
};
use std::fmt::Debug;

/// Tests that a database keeps rows as [`RowStore`] promises. It is to be fresh. `row` makes
/// a row of a key, another one for each number.
///
/// # Panics
///
/// Where a promise is broken: the message says which.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
/// # #[projection(name = "totals", events(CounterEvent))]
/// # struct Total { #[key] counter: String, #[on(Added { amount } => += *amount)] total: u64 }
/// use annals::{projector::RowStore, testing::row_store};
///
/// // #[tokio::test]
/// async fn my_database_keeps_its_promises(database: impl RowStore<Total>) {
///     row_store(&database, |key, number| Total { counter: key.to_owned(), total: number.into() }).await;
/// }
/// ```
pub async fn row_store<P>(rows: &impl RowStore<P>, row: impl Fn(&str, u32) -> P)
where
    P: Projection + Clone + Debug + PartialEq,
{
    let begun = standing(rows).await;
    assert!(begun.checkpoints.is_empty() && begun.fingerprint.is_none(), "the database is not fresh: {begun:?}");

    // One commit: all of it is there.
    let (made_by, at) =
        (Fingerprint::new(7), Checkpoint::new(LogId::new(1_732_000_000_000, 3)).of_event(Fingerprint::new(9)));
    let changes = vec![("a".to_owned(), Some(row("a", 1))), ("b".to_owned(), Some(row("b", 2)))];
    let first = RowsCommit::new(begun.revision, 0, at, made_by, changes);
    assert!(commit(rows, first.clone()).await, "a commit on the revision that is kept was not done");
    let kept = standing(rows).await;
    assert_eq!(kept.revision, begun.revision + 1, "a commit raises the revision by one");
    assert_eq!(kept.checkpoints.get(&0), Some(&at), "the checkpoint is kept as it was committed, with its event");
    assert_eq!(kept.fingerprint, Some(made_by), "the fingerprint is kept as it was committed");
    let expected = [Some(row("b", 2)), None, Some(row("a", 1)), None];
    assert_eq!(load(rows, &["b", "nobody", "a", "none"]).await, expected, "rows are loaded in the order of the keys");
    assert_eq!(load(rows, &[]).await, [], "of no keys there are no rows");

    // Another revision: nothing of it.
    let changes = vec![("a".to_owned(), None), ("c".to_owned(), Some(row("c", 3)))];
    let late = RowsCommit::new(begun.revision, 1, at, Fingerprint::new(8), changes);
    assert!(!commit(rows, late).await, "a commit on another revision was done");
    assert_eq!(standing(rows).await, kept, "a commit that is not done changes nothing of how far the rows are");
    let expected = [Some(row("a", 1)), None];
    assert_eq!(load(rows, &["a", "c"]).await, expected, "a commit that is not done changes no row");

    // Other partitions, rows replaced and deleted.
    let plain = Checkpoint::new(LogId::new(1_732_000_000_001, u64::MAX));
    let changes = vec![("a".to_owned(), None), ("b".to_owned(), Some(row("b", 4))), ("gone".to_owned(), None)];
    let second = RowsCommit::new(kept.revision, u16::MAX, plain, made_by, changes);
    assert!(commit(rows, second).await, "a commit on the revision that is kept was not done");
    let kept = standing(rows).await;
    assert_eq!(
        kept.checkpoints.get(&u16::MAX),
        Some(&plain),
        "a checkpoint without an event is kept as it was committed"
    );
    assert_eq!(kept.checkpoints.get(&0), Some(&at), "a commit leaves the checkpoints of other partitions");
    let expected = [None, Some(row("b", 4))];
    assert_eq!(load(rows, &["a", "b"]).await, expected, "a row is replaced, and one is deleted");

    // Two at once on one revision: one is done.
    let of = |key: &str, partition| {
        let changes = vec![(key.to_owned(), Some(row(key, 5)))];
        RowsCommit::new(kept.revision, partition, plain, made_by, changes)
    };
    let (left, right) = futures_util::future::join(commit(rows, of("left", 2)), commit(rows, of("right", 3))).await;
    assert!(left != right, "of two commits on one revision one is done, and {} were", if left { 2 } else { 0 });
    let found = load(rows, &["left", "right"]).await;
    assert_eq!(
        (found[0].is_some(), found[1].is_some()),
        (left, right),
        "the rows of the commit that was done are there"
    );
    let kept = standing(rows).await;
    assert_eq!(kept.checkpoints.contains_key(&2), left, "the checkpoint of the commit that was done is there");

    // Cleared: all of it goes, and the revision goes on.
    rows.clear().await.unwrap_or_else(|error| panic!("the database failed to clear: {error}"));
    let cleared = standing(rows).await;
    assert_eq!(
        cleared,
        RowsStanding::new(kept.revision + 1),
        "what is cleared has no checkpoint, and one revision more"
    );
    assert_eq!(load(rows, &["b", "left", "right"]).await, [None, None, None], "what is cleared has no rows");
    let late = RowsCommit::new(kept.revision, 0, at, made_by, vec![("a".to_owned(), Some(row("a", 6)))]);
    assert!(!commit(rows, late).await, "a commit on the revision from before it was cleared was done");
}

async fn standing<P: Projection>(rows: &impl RowStore<P>) -> RowsStanding {
    rows.standing().await.unwrap_or_else(|error| panic!("the database failed to say how far its rows are: {error}"))
}

async fn commit<P: Projection>(rows: &impl RowStore<P>, commit: RowsCommit<P>) -> bool {
    rows.commit(commit).await.unwrap_or_else(|error| panic!("the database failed to commit: {error}"))
}

async fn load<P: Projection>(rows: &impl RowStore<P>, keys: &[&str]) -> Vec<Option<P>> {
    let keys = keys.iter().map(|&key| key.to_owned()).collect();
    rows.load(keys).await.unwrap_or_else(|error| panic!("the database failed to load rows: {error}"))
}

#[cfg(all(test, feature = "macros"))]
mod tests {
    use super::*;
    use crate::{prelude::*, projector::RowStoreError};
    use futures_util::future::{BoxFuture, FutureExt, ready};
    use std::{collections::BTreeMap, sync::Mutex};

    #[derive(Event, Serialize, Deserialize)]
    #[event(unlocked)]
    enum CounterEvent {
        Added { amount: u64 },
    }

    #[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "totals", events(CounterEvent))]
    struct Total {
        #[key]
        counter: String,
        #[on(Added { amount } => += *amount)]
        total: u64,
    }

    /// What a database does wrong.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Wrong {
        Nothing,
        IgnoresTheRevision,
        ForgetsTheCheckpoint,
        ForgetsTheEvent,
        WritesRowsAnyway,
        LoadsInItsOwnOrder,
        KeepsDeletedRows,
        BeginsTheRevisionAnew,
        KeepsCheckpointsWhenCleared,
    }

    struct Shelf(Wrong, Mutex<(RowsStanding, BTreeMap<String, Total>)>);

    impl RowStore<Total> for Shelf {
        fn standing(&self) -> BoxFuture<'_, Result<RowsStanding, RowStoreError>> {
            ready(Ok(self.1.lock().unwrap().0.clone())).boxed()
        }

        fn load(&self, mut keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<Total>>, RowStoreError>> {
            if self.0 == Wrong::LoadsInItsOwnOrder {
                keys.sort();
            }
            let kept = self.1.lock().unwrap();
            ready(Ok(keys.iter().map(|key| kept.1.get(key).cloned()).collect())).boxed()
        }

        fn commit(&self, commit: RowsCommit<Total>) -> BoxFuture<'_, Result<bool, RowStoreError>> {
            let (standing, rows) = &mut *self.1.lock().unwrap();
            let done = standing.revision == commit.revision || self.0 == Wrong::IgnoresTheRevision;
            if done {
                standing.revision += 1;
                standing.fingerprint = Some(commit.fingerprint);
                let checkpoint = match self.0 {
                    Wrong::ForgetsTheEvent => Checkpoint::new(commit.checkpoint.log_id),
                    _ => commit.checkpoint,
                };
                if self.0 != Wrong::ForgetsTheCheckpoint {
                    standing.checkpoints.insert(commit.partition, checkpoint);
                }
            }
            if done || self.0 == Wrong::WritesRowsAnyway {
                for (key, row) in commit.changes {
                    match row {
                        Some(row) => drop(rows.insert(key, row)),
                        None if self.0 == Wrong::KeepsDeletedRows => {}
                        None => drop(rows.remove(&key)),
                    }
                }
            }
            ready(Ok(done)).boxed()
        }

        fn clear(&self) -> BoxFuture<'_, Result<(), RowStoreError>> {
            let (standing, rows) = &mut *self.1.lock().unwrap();
            rows.clear();
            let revision = if self.0 == Wrong::BeginsTheRevisionAnew { 0 } else { standing.revision + 1 };
            let checkpoints = std::mem::take(&mut standing.checkpoints);
            *standing = RowsStanding::new(revision);
            if self.0 == Wrong::KeepsCheckpointsWhenCleared {
                standing.checkpoints = checkpoints;
            }
            ready(Ok(())).boxed()
        }
    }

    async fn check(wrong: Wrong) {
        let row = |key: &str, number: u32| Total { counter: key.to_owned(), total: number.into() };
        row_store(&Shelf(wrong, Mutex::default()), row).await;
    }

    #[tokio::test]
    async fn a_database_that_keeps_every_promise_passes() {
        check(Wrong::Nothing).await;
    }

    #[tokio::test]
    async fn whoever_breaks_a_promise_is_told_which() {
        let broken = [
            (Wrong::IgnoresTheRevision, "a commit on another revision was done"),
            (Wrong::ForgetsTheCheckpoint, "the checkpoint is kept as it was committed, with its event"),
            (Wrong::ForgetsTheEvent, "the checkpoint is kept as it was committed, with its event"),
            (Wrong::WritesRowsAnyway, "a commit that is not done changes no row"),
            (Wrong::LoadsInItsOwnOrder, "rows are loaded in the order of the keys"),
            (Wrong::KeepsDeletedRows, "a row is replaced, and one is deleted"),
            (Wrong::BeginsTheRevisionAnew, "what is cleared has no checkpoint, and one revision more"),
            (Wrong::KeepsCheckpointsWhenCleared, "what is cleared has no checkpoint, and one revision more"),
        ];
        for (wrong, told) in broken {
            let panic = tokio::spawn(check(wrong)).await.expect_err("a broken promise is found").into_panic();
            let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            assert!(message.unwrap_or_default().contains(told), "{wrong:?}: {message:?}");
        }
    }
}
