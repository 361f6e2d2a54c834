//! Versions of a read model: built beside, taking over in one step, refused where the fold was changed in silence.

use super::wallets::{Wallet, assert_wallets_are_as_expected, send};
use crate::engines::on_every_engine;
use annals::{
    Store,
    journal::{BuildState, JournalError},
    prelude::*,
    projector::{OnChanged, ProjectError},
};
use std::{
    future::IntoFuture as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The wallets as a newer program makes them.
mod newer {
    use super::super::wallets::TransferEvent;
    use annals::prelude::*;

    #[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "wallets", version = 2, events(TransferEvent))]
    #[row(Sent { from, to, .. } => [from, to])]
    pub(super) struct Wallet {
        #[key]
        pub(super) owner: String,
        #[on(Sent { cents, .. } => += *cents)]
        pub(super) volume: i64,
    }
}

/// The same version, and another fold.
mod changed {
    use super::super::wallets::TransferEvent;
    use annals::prelude::*;

    #[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "wallets", events(TransferEvent))]
    #[row(Sent { from, to, .. } => [from, to])]
    pub(super) struct Wallet {
        #[key]
        pub(super) owner: String,
        #[on(Sent { .. } => += 2)]
        pub(super) moves: u32,
    }
}

async fn states<P: Projection>(store: &Store) -> Vec<(String, BuildState)> {
    let status = store.projection::<P>().status().await.unwrap();
    status.into_iter().map(|build| (build.model.to_string(), build.state)).collect()
}

on_every_engine! {
    async fn a_new_version_takes_over_in_one_step_under_live_writes(store) {
        send(store, 0..300).await;
        let (old, new) = (store.projection::<Wallet>(), store.projection::<newer::Wallet>());
        old.catch_up().await.unwrap();
        let error = new.get("ann").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "projection `wallets`: version 2 is not ready yet; version 1 is read meanwhile"
        );

        let over = Arc::new(AtomicBool::new(false));
        let writing = tokio::spawn({
            let (store, over) = (store.clone(), Arc::clone(&over));
            async move {
                let mut sent = 300;
                while !over.load(Ordering::Relaxed) {
                    send(&store, sent..sent + 1).await;
                    sent += 1;
                    tokio::task::yield_now().await;
                }
            }
        });
        // Whoever reads the old version is answered, whole, until it is told that there is a newer one.
        let reads = Arc::new(AtomicU64::new(0));
        let reading = tokio::spawn({
            let (old, reads) = (old.clone(), Arc::clone(&reads));
            async move {
                loop {
                    match old.all().await {
                        Ok(page) => assert_eq!(page.rows.len(), 5),
                        Err(ProjectError::Superseded { version: 1, serving: 2, .. }) => break,
                        Err(error) => panic!("{error}"),
                    }
                    reads.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
            }
        });
        tokio::task::yield_now().await;
        new.catch_up().await.unwrap();
        reading.await.unwrap();
        over.store(true, Ordering::Relaxed);
        writing.await.unwrap();
        assert!(reads.load(Ordering::Relaxed) > 0, "nobody read the old rows");

        new.catch_up().await.unwrap();
        let events = store.events::<super::wallets::TransferEvent>().to_vec().await.unwrap();
        let mut volume = 0;
        for event in &events {
            let super::wallets::TransferEvent::Sent { from, to, cents } = &event.event;
            volume += cents * if from == to { 1 } else { 2 };
        }
        let rows = new.all().await.unwrap().rows;
        assert_eq!(rows.iter().map(|row| row.volume).sum::<i64>(), volume);
        assert_eq!(states::<Wallet>(store).await, [("wallets:2".to_owned(), BuildState::Serving)]);
        assert!(matches!(old.catch_up().await, Err(ProjectError::Superseded { .. })));
    }

    async fn a_fold_that_was_changed_under_the_same_version_is_refused_with_what_to_do(store) {
        send(store, 0..20).await;
        store.projection::<Wallet>().catch_up().await.unwrap();
        let changed = store.projection::<changed::Wallet>();
        for error in [changed.catch_up().await.unwrap_err(), changed.get("ann").await.unwrap_err()] {
            let told = error.to_string();
            assert!(told.starts_with("the fold of projection `wallets` was changed under version 1"), "{told}");
            assert!(told.contains("write `version = 2` in its `#[projection(…)]`"), "{told}");
        }
        assert_wallets_are_as_expected(store).await;

        let rebuilding = changed.clone().on_changed(OnChanged::Rebuild);
        rebuilding.catch_up().await.unwrap();
        let moves: u32 = changed.all().await.unwrap().rows.iter().map(|row| row.moves).sum();
        assert!(moves > 0 && moves.is_multiple_of(2));
        assert_eq!(states::<Wallet>(store).await, [("wallets:1.1".to_owned(), BuildState::Serving)]);
        assert!(matches!(store.projection::<Wallet>().get("ann").await, Err(ProjectError::Changed { .. })));

        let kept = store.projection::<Wallet>().on_changed(OnChanged::Rebuild);
        kept.catch_up().await.unwrap();
        assert_wallets_are_as_expected(store).await;
    }

    async fn a_rebuild_is_watched_and_goes_no_faster_than_it_may(store) {
        send(store, 0..100).await;
        let wallets = store.projection::<Wallet>();
        wallets.catch_up().await.unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let telling = Arc::clone(&seen);
        let begun = Instant::now();
        let rebuild = wallets.rebuild().at_most(200).watch(move |progress| telling.lock().unwrap().push(*progress));
        rebuild.await.unwrap();
        // 100 events at 200 a second.
        assert!(begun.elapsed() >= Duration::from_millis(450), "{:?}", begun.elapsed());
        let seen = seen.lock().unwrap().clone();
        assert!(seen.len() >= 3, "{seen:?}");
        assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done), "{seen:?}");
        let last = seen.last().unwrap();
        assert_eq!((last.done, last.all, last.left()), (100, 100, Some(Duration::ZERO)));
        assert_wallets_are_as_expected(store).await;
    }

    async fn a_rebuild_that_is_given_up_leaves_the_rows_and_tells_whoever_was_at_it(store) {
        send(store, 0..100).await;
        let wallets = store.projection::<Wallet>();
        wallets.catch_up().await.unwrap();
        let rebuilding = tokio::spawn(wallets.rebuild().at_most(50).into_future());
        while states::<Wallet>(store).await.len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(wallets.abandon_rebuild().await.unwrap());
        let error = rebuilding.await.unwrap().unwrap_err();
        assert!(matches!(error, ProjectError::Journal(JournalError::Retired { .. })), "{error}");
        assert!(!wallets.abandon_rebuild().await.unwrap(), "there is none any more");
        assert_wallets_are_as_expected(store).await;
        assert_eq!(states::<Wallet>(store).await, [("wallets:1".to_owned(), BuildState::Serving)]);
    }
}
