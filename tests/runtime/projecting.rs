//! Projections: rows from events, each event counted once whatever happens on the way.

use crate::{
    domain::{Account, AccountCommand, AccountEvent, Balance, NoteId, Owner, Totals, Write, deposit, open},
    engines::{on_every_engine, redis},
    faults::{Faulty, Stalling, When},
};
use annals::{
    Projection, Single, Store,
    journal::{Journal, MemoryJournal},
    prelude::*,
    projector::{OnChanged, OnPoison, ProjectError},
};
use annals_test_support::RedisServer;
use futures_util::FutureExt;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

/// Ten accounts with some deposits, every third one closed, and a note.
async fn fill(store: &Store) {
    let accounts = store.repository::<Account>();
    for id in 0..10_i64 {
        let name = format!("a{id}");
        accounts.execute(&name, open(if id % 2 == 0 { "ann" } else { "bob" })).await.unwrap();
        for amount in 1..=3 {
            accounts.execute(&name, deposit(amount * (id + 1))).await.unwrap();
        }
        accounts.execute(&name, AccountCommand::Withdraw { amount: 1 }).await.unwrap();
        if id % 3 == 0 {
            accounts.execute(&name, AccountCommand::Close).await.unwrap();
        }
    }
    store.execute(Write { note_id: NoteId(1), text: "milk".to_owned() }).await.unwrap();
}

/// The rows that [`fill`] leads to, by a fold of its own.
async fn expected(store: &Store) -> BTreeMap<String, Balance> {
    let mut rows: BTreeMap<String, Balance> = BTreeMap::new();
    for recorded in store.events::<AccountEvent>().to_vec().await.unwrap() {
        let id = recorded.metadata.stream.id().into_owned();
        let row = rows.entry(id.clone()).or_insert_with(|| Balance { account: id.clone(), ..Balance::default() });
        match recorded.event {
            AccountEvent::Opened { owner } => row.owner = owner,
            AccountEvent::Deposited { amount } => {
                (row.money, row.movements) = (row.money + amount, row.movements + 1);
            }
            AccountEvent::Withdrawn { amount } => {
                (row.money, row.movements) = (row.money - amount, row.movements + 1);
            }
            AccountEvent::Closed => drop(rows.remove(&id)),
        }
    }
    rows
}

async fn rows<P: Projection>(store: &Store) -> Vec<P> {
    store.projection::<P>().all().limit(1_000).await.unwrap().rows
}

async fn assert_rows_are_as_expected(store: &Store) {
    let expected: Vec<_> = expected(store).await.into_values().collect();
    assert_eq!(rows::<Balance>(store).await, expected);
}

on_every_engine! {
    async fn rows_are_what_the_events_say(store) {
        fill(store).await;
        let balances = store.projection::<Balance>();
        let caught_up = balances.catch_up().await.unwrap();
        assert_eq!((caught_up.events, caught_up.rows), (58, 6));
        assert_rows_are_as_expected(store).await;
        let row = balances.get("a1").await.unwrap().unwrap();
        assert_eq!((row.owner.as_str(), row.money, row.movements), ("bob", 11, 4));
        assert_eq!(balances.get("a0").await.unwrap(), None, "a closed account has no row");
        assert_eq!(balances.get("nobody").await.unwrap(), None);
    }

    async fn catching_up_again_changes_nothing(store) {
        fill(store).await;
        let balances = store.projection::<Balance>();
        balances.catch_up().await.unwrap();
        let again = balances.catch_up().await.unwrap();
        assert_eq!((again.events, again.rows), (0, 0));
        assert_rows_are_as_expected(store).await;

        store.repository::<Account>().execute("a1", deposit(5)).await.unwrap();
        assert_eq!(balances.catch_up().await.unwrap().events, 1);
        assert_rows_are_as_expected(store).await;
    }

    async fn rows_may_be_keyed_across_aggregates(store) {
        fill(store).await;
        store.projection::<Owner>().catch_up().await.unwrap();
        let owner = |owner: &str, accounts| Owner { owner: owner.to_owned(), accounts };
        assert_eq!(rows::<Owner>(store).await, [owner("ann", 5), owner("bob", 5)]);
    }

    async fn one_row_may_hold_everything_of_several_enums(store) {
        fill(store).await;
        let totals = store.projection::<Totals>();
        assert_eq!(totals.get(Single).await.unwrap(), None);
        totals.catch_up().await.unwrap();
        let money = expected(store).await.values().map(|row| row.money).sum();
        assert_eq!(totals.get(Single).await.unwrap(), Some(Totals { money, letters: 4 }));
    }

    async fn lag_counts_what_was_not_looked_at_yet(store) {
        let balances = store.projection::<Balance>();
        assert_eq!(balances.lag().await.unwrap(), 0);
        fill(store).await;
        assert_eq!(balances.lag().await.unwrap(), 59);
        balances.catch_up().await.unwrap();
        assert_eq!(balances.lag().await.unwrap(), 0);
        store.repository::<Account>().execute("a1", deposit(5)).await.unwrap();
        assert_eq!(balances.lag().await.unwrap(), 1);
    }

    async fn rows_are_paged_in_the_order_of_their_keys(store) {
        fill(store).await;
        let balances = store.projection::<Balance>();
        balances.catch_up().await.unwrap();
        let mut pages = Vec::new();
        let mut page = balances.all().limit(4).await.unwrap();
        loop {
            pages.push(page.rows.iter().map(|row| row.account.clone()).collect::<Vec<_>>());
            let Some(next) = page.next else { break };
            page = balances.all().after(next).limit(4).await.unwrap();
        }
        assert_eq!(pages, [vec!["a1", "a2", "a4", "a5"], vec!["a7", "a8"]]);
    }

    async fn a_rebuild_makes_the_same_rows_anew(store) {
        fill(store).await;
        let balances = store.projection::<Balance>();
        balances.catch_up().await.unwrap();
        let rebuilt = balances.rebuild().await.unwrap();
        assert_eq!((rebuilt.events, balances.lag().await.unwrap()), (58, 0));
        assert_rows_are_as_expected(store).await;
    }

    async fn several_projectors_share_the_work_and_count_each_event_once(store) {
        fill(store).await;
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let balances = store.projection::<Balance>();
                tokio::spawn(async move { balances.catch_up().await.unwrap().events })
            })
            .collect();
        let mut events = 0;
        for task in tasks {
            events += task.await.unwrap();
        }
        assert_eq!(events, 58);
        assert_rows_are_as_expected(store).await;
    }

    async fn many_events_are_taken_in_batch_by_batch_while_writers_go_on(store) {
        let writer = store.clone();
        let writing = tokio::spawn(async move {
            let accounts = writer.repository::<Account>();
            for id in 0..700 {
                accounts.execute(format!("b{id}"), open("ann")).await.unwrap();
                accounts.execute(format!("b{id}"), deposit(id + 1)).await.unwrap();
            }
        });
        let balances = store.projection::<Balance>();
        while !writing.is_finished() {
            balances.catch_up().await.unwrap();
            tokio::task::yield_now().await;
        }
        writing.await.unwrap();
        fill(store).await;
        balances.catch_up().await.unwrap();
        assert_rows_are_as_expected(store).await;

        // From nothing, in batches of which the next one is read while one is folded.
        assert_eq!(balances.rebuild().await.unwrap().events, 1_458);
        assert_rows_are_as_expected(store).await;
    }
}

/// While events come in, projectors take turns at every call, over one row that events of all partitions change.
#[tokio::test]
async fn projectors_that_meet_in_a_row_of_several_partitions_lose_nothing() {
    let server = RedisServer::start();
    let engines: [Arc<dyn Journal>; 2] =
        [Arc::new(MemoryJournal::with_partitions(16)), Arc::new(redis(&server, 16).await)];
    for journal in engines {
        let store = Store::on(Arc::clone(&journal), "shared");
        fill(&store).await;
        let stalling = Store::on(Stalling::new(Arc::clone(&journal)), "stalling");
        let writing = async {
            let accounts = stalling.repository::<Account>();
            for amount in 1..=100 {
                accounts.execute(format!("a{}", [1, 2, 4, 5, 7, 8][amount % 6]), deposit(1)).await.unwrap();
            }
        };
        let catching_up = futures_util::future::join_all((0..3).map(|_| async {
            for _ in 0..40 {
                stalling.projection::<Totals>().catch_up().await.unwrap();
            }
        }));
        futures_util::future::join(writing, catching_up).await;

        store.projection::<Totals>().catch_up().await.unwrap();
        let money = expected(&store).await.values().map(|row| row.money).sum();
        let totals = store.projection::<Totals>().get(Single).await.unwrap();
        assert_eq!(totals, Some(Totals { money, letters: 4 }));
    }
}

/// Lets catching up fail at every call to the journal in turn, before and after it, and takes it up again.
async fn killed_at_every_call(journal: Arc<dyn Journal>) {
    let store = Store::on(Arc::clone(&journal), "healthy");
    fill(&store).await;
    for when in [When::Before, When::After] {
        let mut kills = 0;
        loop {
            journal.clear(&annals::journal::ReadModel::new(Balance::NAME, 1)).await.unwrap();
            let faulty = Faulty::new(Arc::clone(&journal), kills, when);
            let failures = faulty.failures();
            let result = Store::on(faulty, "faulty").projection::<Balance>().catch_up().await;
            if failures.load(Ordering::Relaxed) == 0 {
                result.unwrap();
                break;
            }
            assert!(matches!(result, Err(ProjectError::Journal(_))), "a failure that nobody was told of");
            store.projection::<Balance>().catch_up().await.unwrap();
            assert_rows_are_as_expected(&store).await;
            kills += 1;
        }
        // Checkpoints, head, a batch, its rows, its commit: there are at least these to be killed at.
        assert!(kills >= 5, "only {kills} calls");
    }
}

#[tokio::test]
async fn a_projector_killed_at_any_call_counts_each_event_once() {
    let server = RedisServer::start();
    for partitions in [1, 4] {
        killed_at_every_call(Arc::new(MemoryJournal::with_partitions(partitions))).await;
        killed_at_every_call(Arc::new(redis(&server, partitions).await)).await;
    }
}

#[tokio::test]
async fn a_projector_dropped_at_any_wait_counts_each_event_once() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let store = Store::on(Arc::clone(&journal), "healthy");
    fill(&store).await;
    let stalling = Store::on(Stalling::new(Arc::clone(&journal)), "stalling").projection::<Balance>();
    let mut waits = 0;
    loop {
        journal.clear(&annals::journal::ReadModel::new(Balance::NAME, 1)).await.unwrap();
        let mut catching_up = Box::pin(stalling.catch_up());
        let mut finished = false;
        for _ in 0..=waits {
            tokio::task::yield_now().await;
            if (&mut catching_up).now_or_never().is_some() {
                finished = true;
                break;
            }
        }
        drop(catching_up);
        if finished {
            break;
        }
        store.projection::<Balance>().catch_up().await.unwrap();
        assert_rows_are_as_expected(&store).await;
        waits += 1;
    }
    assert!(waits >= 8, "only {waits} waits");
}

#[tokio::test]
async fn an_event_that_does_not_decode_stops_the_rows_right_before_it() {
    use annals::{
        StreamName, Version,
        journal::{Append, Expected, NewEvent},
    };
    let journal = Arc::new(MemoryJournal::new());
    let store = Store::on(journal.clone(), "with a hole");
    let accounts = store.repository::<Account>();
    accounts.execute("1", open("ann")).await.unwrap();
    accounts.execute("1", deposit(5)).await.unwrap();
    let strange = NewEvent::new("AccountDeposited", r#"{"amount":"much"}"#);
    let append = Append::new(StreamName::new("account", "1"), Expected::Version(Version::new(2)), vec![strange]);
    let _ = journal.append(append).await.unwrap();

    let balances = store.projection::<Balance>().on_poison(OnPoison::Stop);
    for _ in 0..2 {
        let error = balances.catch_up().await.unwrap_err();
        assert!(error.to_string().starts_with("cannot decode event 3 of stream `account-1` (position 3)"), "{error}");
        assert_eq!(balances.get("1").await.unwrap().unwrap().money, 5);
        assert_eq!(balances.lag().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_row_that_no_longer_reads_is_an_error_that_shows_it_and_a_rebuild_mends_it() {
    #[derive(Projection, Default, Debug, Serialize, Deserialize)]
    #[projection(name = "balances", events(AccountEvent), ignore(_))]
    struct Changed {
        #[key]
        account: String,
        #[on(Deposited { .. } => += 1)]
        deposits: u64,
    }
    let store = Store::memory();
    fill(&store).await;
    store.projection::<Balance>().catch_up().await.unwrap();

    let changed = store.projection::<Changed>().on_changed(OnChanged::Keep);
    let error = changed.get("a1").await.unwrap_err().to_string();
    assert!(
        error.starts_with(
            "projection `balances`, row `a1`: it does not read as it is declared: missing field `deposits`"
        ),
        "{error}"
    );
    assert!(error.contains(r#"found `{"account":"a1""#), "{error}");
    changed.rebuild().await.unwrap();
    assert_eq!(changed.get("a1").await.unwrap().unwrap().deposits, 3);
}

#[tokio::test]
async fn a_key_that_does_not_read_is_an_error_at_its_event() {
    #[derive(Projection, Default, Debug, Serialize, Deserialize)]
    #[projection(name = "numbered", events(AccountEvent), ignore(_))]
    struct Numbered {
        #[key]
        account: u64,
        #[on(Opened { owner })]
        owner: String,
    }
    let store = Store::memory();
    let accounts = store.repository::<Account>();
    accounts.execute("7", open("ann")).await.unwrap();
    accounts.execute("seven", open("bob")).await.unwrap();
    let numbered = store.projection::<Numbered>();
    let error = numbered.catch_up().await.unwrap_err().to_string();
    assert!(
        error.starts_with("projection `numbered`, event 1 of stream `account-seven` (position 2): the aggregate's id `seven` does not read as the row's key, a `u64`"),
        "{error}"
    );
    assert_eq!(numbered.get(7).await.unwrap().unwrap().owner, "ann");
}

#[tokio::test]
async fn rows_that_know_more_than_the_journal_are_an_error() {
    use annals::journal::{Commit, LogId, ReadModel};
    let journal = Arc::new(MemoryJournal::new());
    let store = Store::on(journal.clone(), "rewound");
    fill(&store).await;
    let commit = Commit::new(ReadModel::new(Balance::NAME, 1), 0, None, LogId::new(1, 1_000), Vec::new());
    let _ = journal.commit(commit).await.unwrap();
    let error = store.projection::<Balance>().catch_up().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "projection `balances` was made of another history: at position 1000 expected 1-1000, found nothing"
    );
}
