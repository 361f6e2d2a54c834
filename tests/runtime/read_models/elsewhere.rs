//! Rows that are kept in another database: exactly once there too.

use super::wallets::{Wallet, expected, send};
use crate::{
    engines::on_every_engine,
    faults::{Faulty, When},
};
use annals::{
    Store,
    journal::{Journal, MemoryJournal},
    prelude::*,
    projector::{OnChanged, ProjectError, RowStore, RowStoreError, RowsCommit, RowsStanding},
};
use futures_util::future::{BoxFuture, FutureExt, ready};
use std::{
    collections::BTreeMap,
    future::IntoFuture,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::oneshot;

/// A database within the program, which may fail at one call, before or after it was done.
#[derive(Clone, Debug)]
struct Shelf<P> {
    kept: Arc<Mutex<(RowsStanding, BTreeMap<String, P>)>>,
    calls: Arc<AtomicU32>,
    fails: Option<(u32, When)>,
    passing: bool,
}

impl<P> Default for Shelf<P> {
    fn default() -> Self {
        let kept = Arc::new(Mutex::new((RowsStanding::default(), BTreeMap::new())));
        Self { kept, calls: Arc::default(), fails: None, passing: false }
    }
}

impl<P: Clone> Shelf<P> {
    fn rows(&self) -> Vec<P> {
        self.kept.lock().unwrap().1.values().cloned().collect()
    }

    fn call<T>(&self, call: impl FnOnce(&mut (RowsStanding, BTreeMap<String, P>)) -> T) -> Result<T, RowStoreError> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let error = |when| match self.fails {
            Some(fails) if fails == (number, when) && self.passing => Err(RowStoreError::passing("it is locked")),
            Some(fails) if fails == (number, when) => Err(RowStoreError::new("the disk is gone")),
            _ => Ok(()),
        };
        error(When::Before)?;
        let answer = call(&mut self.kept.lock().unwrap());
        error(When::After)?;
        Ok(answer)
    }
}

impl<P: Projection + Clone> RowStore<P> for Shelf<P> {
    fn standing(&self) -> BoxFuture<'_, Result<RowsStanding, RowStoreError>> {
        ready(self.call(|(standing, _)| standing.clone())).boxed()
    }

    fn load(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<P>>, RowStoreError>> {
        ready(self.call(|(_, rows)| keys.iter().map(|key| rows.get(key).cloned()).collect())).boxed()
    }

    fn commit(&self, commit: RowsCommit<P>) -> BoxFuture<'_, Result<bool, RowStoreError>> {
        let done = self.call(|(standing, rows)| {
            if standing.revision != commit.revision {
                return false;
            }
            standing.revision += 1;
            standing.checkpoints.insert(commit.partition, commit.checkpoint);
            standing.fingerprint = Some(commit.fingerprint);
            for (key, row) in commit.changes {
                match row {
                    Some(row) => drop(rows.insert(key, row)),
                    None => drop(rows.remove(&key)),
                }
            }
            true
        });
        ready(done).boxed()
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), RowStoreError>> {
        ready(self.call(|(standing, rows)| {
            *standing = RowsStanding::new(standing.revision + 1);
            rows.clear();
        }))
        .boxed()
    }
}

on_every_engine! {
    async fn rows_elsewhere_are_what_the_events_say(store) {
        send(store, 0..40).await;
        let wallets = store.projection_in(Shelf::<Wallet>::default());
        wallets.catch_up().await.unwrap();
        assert_eq!(wallets.rows().rows(), expected(store).await);
        assert_eq!(wallets.lag().await.unwrap(), 0);
        send(store, 40..50).await;
        let now = store.head().await.unwrap();
        let behind = wallets.wait_until(now.clone(), Duration::from_millis(10)).await.unwrap_err();
        assert!(matches!(behind, ProjectError::Behind { .. }), "{behind}");

        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(wallets.run(async { drop(stopped.await) }).into_future());
        wallets.wait_until(now, Duration::from_secs(10)).await.unwrap();
        assert_eq!(wallets.rows().rows(), expected(store).await);
        drop(stop);
        running.await.unwrap().unwrap();
        wallets.rebuild().await.unwrap();
        assert_eq!(wallets.rows().rows(), expected(store).await);
    }
}

#[tokio::test]
async fn a_projector_killed_at_any_call_to_journal_or_database_counts_each_event_once() {
    for partitions in [1, 16] {
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::with_partitions(partitions));
        let store = Store::on(Arc::clone(&journal), "healthy");
        send(&store, 0..40).await;
        for when in [When::Before, When::After] {
            for of_database in [false, true] {
                let mut kills = 0;
                loop {
                    let mut shelf = Shelf::<Wallet>::default();
                    let healthy = shelf.clone();
                    let faulty = Faulty::new(Arc::clone(&journal), if of_database { u32::MAX } else { kills }, when);
                    shelf.fails = of_database.then_some((kills, when));
                    let result = Store::on(faulty, "faulty").projection_in(shelf).catch_up().await;
                    let failed = result.is_err();
                    store.projection_in(healthy.clone()).catch_up().await.unwrap();
                    assert_eq!(healthy.rows(), expected(&store).await);
                    if !failed {
                        break;
                    }
                    kills += 1;
                }
                assert!(kills >= 3, "only {kills} calls");
            }
        }
    }
}

#[tokio::test]
async fn rows_of_another_fold_are_refused_or_made_anew() {
    #[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "wallets", version = 2, events(super::wallets::TransferEvent))]
    #[row(Sent { from, to, .. } => [from, to])]
    struct Newer {
        #[key]
        owner: String,
        #[on(Sent { .. } => += 1)]
        moves: u32,
    }
    let store = Store::memory();
    send(&store, 0..10).await;
    let shelf = Shelf::<Newer>::default();
    let older = annals::journal::Fingerprint::new(7);
    shelf.kept.lock().unwrap().0.fingerprint = Some(older);
    let wallets = store.projection_in(shelf);
    let error = wallets.catch_up().await.unwrap_err();
    assert!(matches!(error, ProjectError::Changed { found, .. } if found == older), "{error}");
    wallets.clone().on_changed(OnChanged::Rebuild).catch_up().await.unwrap();
    assert!(!wallets.rows().rows().is_empty());
    wallets.catch_up().await.unwrap();
}

#[tokio::test]
async fn a_database_that_fails_for_a_moment_is_waited_for_and_one_that_fails_stops_it() {
    let store = Store::memory();
    send(&store, 0..10).await;
    for passing in [true, false] {
        let shelf = Shelf { fails: Some((2, When::Before)), passing, ..Shelf::<Wallet>::default() };
        let wallets = store.projection_in(shelf);
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(wallets.run(async { drop(stopped.await) }).into_future());
        if passing {
            wallets.wait_until(store.head().await.unwrap(), Duration::from_secs(10)).await.unwrap();
            drop(stop);
            assert_eq!(running.await.unwrap().unwrap().events, 10);
        } else {
            let error = running.await.unwrap().unwrap_err();
            assert_eq!(error.to_string(), "projection `wallets`: the database of its rows failed: the disk is gone");
        }
    }
}
