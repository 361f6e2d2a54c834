//! A projector that is killed at any call counts each event once, also in rows across partitions; so does a rebuild.

use super::wallets::{Wallet, assert_wallets_are_as_expected, expected, send};
use crate::{
    engines::redis,
    faults::{Faulty, When},
};
use annals::{
    Projection, Store,
    journal::{BuildState, Journal, MemoryJournal, ReadModel},
    projector::ProjectError,
};
use annals_test_support::RedisServer;
use std::sync::{Arc, atomic::Ordering};

/// What kills at one call after the other, before and after each, until nothing is left to be killed at; and how many
/// calls there were.
async fn at_every_call(
    journal: &Arc<dyn Journal>,
    when: When,
    mut begin: impl AsyncFnMut(),
    killed: impl AsyncFn(Store) -> Result<(), ProjectError>,
    mut after: impl AsyncFnMut(),
) -> u32 {
    let mut kills = 0;
    loop {
        begin().await;
        let faulty = Faulty::new(Arc::clone(journal), kills, when);
        let failures = faulty.failures();
        let result = killed(Store::on(faulty, "faulty")).await;
        if failures.load(Ordering::Relaxed) == 0 {
            result.unwrap();
            return kills;
        }
        assert!(matches!(result, Err(ProjectError::Journal(_))), "a failure that nobody was told of");
        after().await;
        kills += 1;
    }
}

async fn catching_up_is_killed_at_every_call(journal: Arc<dyn Journal>) {
    let store = Store::on(Arc::clone(&journal), "healthy");
    send(&store, 0..60).await;
    for when in [When::Before, When::After] {
        let kills = at_every_call(
            &journal,
            when,
            async || journal.clear(&ReadModel::new(Wallet::NAME, 1)).await.unwrap(),
            async |faulty| faulty.projection::<Wallet>().catch_up().await.map(drop),
            async || {
                store.projection::<Wallet>().catch_up().await.unwrap();
                assert_wallets_are_as_expected(&store).await;
            },
        )
        .await;
        // The build, what the rows contain, and of each partition its head, a batch, its rows, its commit.
        assert!(kills >= 4 * u32::from(journal.partitions()), "only {kills} calls");
        assert_wallets_are_as_expected(&store).await;
    }
}

#[tokio::test]
async fn a_projector_killed_at_any_call_counts_each_event_once_in_rows_of_all_partitions() {
    let server = RedisServer::start();
    for partitions in [1, 16] {
        catching_up_is_killed_at_every_call(Arc::new(MemoryJournal::with_partitions(partitions))).await;
        catching_up_is_killed_at_every_call(Arc::new(redis(&server, partitions).await)).await;
    }
}

/// While a rebuild is killed at every call, transfers go on, and whoever reads finds all rows, whole.
async fn a_rebuild_is_killed_at_every_call(journal: Arc<dyn Journal>) {
    let store = Store::on(Arc::clone(&journal), "healthy");
    send(&store, 0..30).await;
    let wallets = store.projection::<Wallet>();
    wallets.catch_up().await.unwrap();
    let mut sent = 30;
    for when in [When::Before, When::After] {
        let kills = at_every_call(
            &journal,
            when,
            async || {
                send(&store, sent..sent + 1).await;
                sent += 1;
            },
            async |faulty| faulty.projection::<Wallet>().rebuild().await.map(drop),
            async || {
                // Whatever is read now, the old rows or the new ones, is whole.
                let people: Vec<_> = expected(&store).await.into_iter().map(|wallet| wallet.owner).collect();
                let read = wallets.all().await.unwrap().rows;
                assert_eq!(read.iter().map(|wallet| wallet.owner.clone()).collect::<Vec<_>>(), people);
                wallets.catch_up().await.unwrap();
                assert_wallets_are_as_expected(&store).await;
            },
        )
        .await;
        assert!(kills >= 10, "only {kills} calls");
        wallets.rebuild().await.unwrap();
        assert_wallets_are_as_expected(&store).await;
        let states: Vec<_> = wallets.status().await.unwrap().iter().map(|build| build.state).collect();
        assert_eq!(states, [BuildState::Serving], "what was made and is not read is gone");
    }
}

#[tokio::test]
async fn a_rebuild_killed_in_any_phase_is_taken_up_again_and_readers_never_see_half_of_it() {
    let server = RedisServer::start();
    for partitions in [1, 4] {
        a_rebuild_is_killed_at_every_call(Arc::new(MemoryJournal::with_partitions(partitions))).await;
        a_rebuild_is_killed_at_every_call(Arc::new(redis(&server, partitions).await)).await;
    }
}
