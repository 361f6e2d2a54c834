//! The log, read by type and from any place.

use crate::{
    domain::{Account, AccountEvent, Balance, NoteEvent, NoteId, Write, deposit, open},
    engines::on_every_engine,
};
use annals::{
    Cursor, Or, Position, Store,
    journal::{Journal, JournalError, MemoryJournal},
    projector::OnPoison,
};
use futures_util::{StreamExt, TryStreamExt};
use std::{collections::BTreeMap, sync::Arc};

/// 40 accounts with three events each, and 5 notes.
async fn fill(store: &Store) {
    let accounts = store.repository::<Account>();
    for id in 0..40 {
        accounts.execute(id.to_string(), open("ann")).await.unwrap();
        accounts.execute(id.to_string(), deposit(id + 1)).await.unwrap();
        accounts.execute(id.to_string(), deposit(100)).await.unwrap();
    }
    for id in 0..5 {
        store.execute(Write { note_id: NoteId(id), text: "milk".to_owned() }).await.unwrap();
    }
}

on_every_engine! {
    async fn events_are_read_by_type_over_all_aggregates(store) {
        fill(store).await;
        let opened = store.events::<AccountEvent>().of_types(["AccountOpened"]).to_vec().await.unwrap();
        assert_eq!(opened.len(), 40);
        assert!(opened.iter().all(|event| event.event == AccountEvent::Opened { owner: "ann".to_owned() }));
        assert_eq!(store.events::<AccountEvent>().to_vec().await.unwrap().len(), 120);
        assert_eq!(store.events::<NoteEvent>().to_vec().await.unwrap().len(), 5);
        let both = store.events::<Or<AccountEvent, NoteEvent>>().to_vec().await.unwrap();
        assert_eq!(both.iter().filter(|event| matches!(event.event, Or::Second(_))).count(), 5);
        assert_eq!(both.len(), 125);
    }

    async fn a_type_that_the_enum_does_not_have_is_an_error_not_an_empty_answer(store) {
        let error = store.events::<AccountEvent>().of_types(["Opened"]).to_vec().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "no event is stored as `Opened`; expected one of AccountOpened, AccountDeposited, AccountWithdrawn, AccountClosed"
        );
    }

    async fn the_whole_log_is_read_once_in_order_whatever_the_batch(store) {
        fill(store).await;
        for batch in [1, 2, 7, 124, 125, 126, 1_000] {
            let events: Vec<_> = store.log().batch(batch).stream().try_collect().await.unwrap();
            assert_eq!(events.len(), 125, "in batches of {batch}");
            let mut heads: BTreeMap<u16, u64> = BTreeMap::new();
            let mut versions: BTreeMap<String, u64> = BTreeMap::new();
            for event in &events {
                let head = heads.entry(event.position().partition()).or_default();
                assert_eq!(event.position().number(), *head + 1, "in batches of {batch}");
                *head += 1;
                let version = versions.entry(event.stream().to_string()).or_default();
                assert_eq!(event.version().number(), *version + 1);
                *version += 1;
            }
            assert!(events.is_sorted_by_key(annals::journal::StoredEvent::recorded_at));
        }
    }

    async fn reading_begins_after_any_place_and_can_be_taken_up_again(store) {
        fill(store).await;
        let all: Vec<_> = store.log().stream().try_collect().await.unwrap();
        let mut cursor = Cursor::start();
        for (seen, event) in all.iter().enumerate() {
            if seen % 9 == 0 {
                let rest: Vec<_> = store.log().after(cursor.clone()).batch(10).stream().try_collect().await.unwrap();
                assert_eq!(rest, all[seen..]);
            }
            // A place may be a number, or the event itself.
            match seen % 2 {
                0 => cursor.advance(event.position()),
                _ => cursor.advance_to(event.position().partition(), event.checkpoint()),
            }
        }
        assert!(cursor.positions().eq(store.head().await.unwrap().positions()));
        assert_eq!(store.log().after(cursor).stream().count().await, 0);
    }

    async fn a_position_in_a_partition_that_does_not_exist_is_an_error(store) {
        let error = store.log().after(Position::new(99, 1)).stream().try_next().await.unwrap_err();
        assert!(error.to_string().ends_with("reading was to begin after position 1 of partition 99"), "{error}");
    }
}

#[tokio::test]
async fn an_event_that_does_not_decode_ends_the_stream_at_its_place() {
    use annals::journal::{Append, Expected, NewEvent};
    let journal = MemoryJournal::new();
    let events = ["AccountOpened", "AccountDeposited", "AccountDeposited"]
        .into_iter()
        .zip([r#"{"owner":"ann"}"#, r#"{"amount":"much"}"#, r#"{"amount":1}"#])
        .map(|(event_type, payload)| NewEvent::new(event_type, payload))
        .collect();
    let stream = annals::StreamName::new("account", "1");
    let _ = journal.append(Append::new(stream, Expected::Missing, events)).await.unwrap();
    let store = Store::on(journal, "one that does not decode");

    let mut events = store.events::<AccountEvent>().stream();
    assert!(events.next().await.unwrap().is_ok());
    let error = events.next().await.unwrap().unwrap_err().to_string();
    assert!(
        error.starts_with("cannot decode event 2 of stream `account-1` (position 2) of type `AccountDeposited`"),
        "{error}"
    );
    assert!(error.ends_with(r#"found `{"amount":"much"}`"#), "{error}");
    assert!(events.next().await.is_none(), "nobody reads on behind a hole");

    let error = store.repository::<Account>().load("1").await.unwrap_err().to_string();
    assert!(error.starts_with("cannot decode event 2 of stream `account-1`"), "{error}");
}

#[tokio::test]
async fn the_next_batch_is_under_way_while_one_is_used() {
    use crate::faults::Watched;
    let inner = MemoryJournal::new();
    let journal = Watched::new(inner);
    let reads = journal.log_reads();
    let store = Store::on(journal, "watched");
    fill(&store).await;
    let mut events = store.log().batch(50).stream();
    assert_eq!(reads.load(std::sync::atomic::Ordering::Relaxed), 0, "nothing is read before it is asked for");
    for _ in 0..2 {
        events.try_next().await.unwrap().unwrap();
    }
    // Two of fifty are used, and the second batch was asked for already.
    assert_eq!(reads.load(std::sync::atomic::Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_journal_that_fails_ends_the_stream_with_its_error() {
    use crate::faults::{Faulty, When};
    let store = Store::on(MemoryJournal::new(), "to fill");
    fill(&store).await;
    let faulty = Faulty::new(MemoryJournal::new(), 0, When::Before);
    let mut events = Store::on(faulty, "faulty").log().stream();
    assert!(matches!(events.next().await, Some(Err(JournalError::Unavailable { .. }))));
    assert!(events.next().await.is_none());
}

/// An account's event that a newer program writes.
async fn newer_event(journal: &dyn Journal, account: &str, version: u64) {
    use annals::journal::{Append, Expected, NewEvent};
    let stream = annals::StreamName::new("account", account);
    let frozen = vec![NewEvent::new("AccountFrozen", "{}")];
    let _ =
        journal.append(Append::new(stream, Expected::Version(annals::Version::new(version)), frozen)).await.unwrap();
}

#[tokio::test]
async fn an_event_of_a_newer_program_stops_every_reader_at_its_place_and_is_never_skipped() {
    let server = annals_test_support::RedisServer::start();
    for partitions in [1, 16] {
        let engines: [Arc<dyn Journal>; 2] = [
            Arc::new(MemoryJournal::with_partitions(partitions)),
            Arc::new(crate::engines::redis(&server, partitions).await),
        ];
        for journal in engines {
            let store = Store::on(Arc::clone(&journal), "with a newer event");
            let accounts = store.repository::<Account>();
            accounts.execute("1", open("ann")).await.unwrap();
            newer_event(&*journal, "1", 1).await;
            let said = "cannot decode event 2 of stream `account-1` (position 2";
            let unknown = "of type `AccountFrozen` (schema version 1): `AccountEvent` has no variant of this type; it knows \
                           `AccountOpened`, `AccountDeposited`, `AccountWithdrawn`, `AccountClosed`";

            let error = accounts.load("1").await.unwrap_err().to_string();
            assert!(error.starts_with(said) && error.ends_with(unknown), "{error}");
            let error = accounts.execute("1", deposit(1)).await.unwrap_err().to_string();
            assert!(error.starts_with(said) && error.ends_with(unknown), "{error}");
            let error = accounts.history("1").await.unwrap_err().to_string();
            assert!(error.starts_with(said) && error.ends_with(unknown), "{error}");
            let error = store.events::<AccountEvent>().to_vec().await.unwrap_err().to_string();
            assert!(error.starts_with(said) && error.ends_with(unknown), "{error}");
            let balances = store.projection::<Balance>().on_poison(OnPoison::Stop);
            for _ in 0..2 {
                let error = balances.catch_up().await.unwrap_err().to_string();
                assert!(error.starts_with(said) && error.ends_with(unknown), "{error}");
                assert_eq!(balances.lag().await.unwrap(), 1, "the rows end right before it");
            }

            // Readers of something else, and who asked for some types by name, are not stopped.
            assert_eq!(store.events::<NoteEvent>().to_vec().await.unwrap(), []);
            let opened = store.events::<AccountEvent>().of_types(["AccountOpened"]).to_vec().await.unwrap();
            assert_eq!(opened.len(), 1);
            assert_eq!(store.log().stream().count().await, 2);
        }
    }
}

#[tokio::test]
async fn a_reader_that_started_anew_is_stopped_too_even_where_it_sees_nothing_else() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let store = Store::on(Arc::clone(&journal), "with a newer event");
    store.repository::<Account>().execute("1", open("ann")).await.unwrap();
    store.projection::<Balance>().catch_up().await.unwrap();
    newer_event(&*journal, "1", 1).await;
    let anew = Store::on(journal, "opened later");
    assert!(anew.projection::<Balance>().on_poison(OnPoison::Stop).catch_up().await.is_err());
}

#[tokio::test]
async fn two_kinds_of_aggregates_cannot_store_events_under_one_type_name() {
    use annals::prelude::*;

    // `AccountEvent` has `AccountOpened`, and so has this one: `Opened` behind the prefix `Account`.
    #[derive(Event, Serialize, Deserialize, Debug)]
    #[event(prefix = "Account")]
    enum LedgerEvent {
        Opened { owner: String },
    }
    #[derive(Aggregate, Default)]
    #[aggregate(event = LedgerEvent)]
    struct Ledger {
        #[on(Opened { owner })]
        owner: String,
    }
    #[derive(Command, Clone)]
    #[command(ledger: Ledger, error = std::fmt::Error)]
    #[command(creates)]
    #[require(ledger.owner.is_empty(), std::fmt::Error)]
    #[emit(Opened { owner: "ann".to_owned() })]
    struct OpenLedger;

    let store = Store::memory();
    store.repository::<Account>().execute("1", open("ann")).await.unwrap();
    let error = store.repository::<Ledger>().execute("1", OpenLedger).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "events of the type `AccountOpened` are those of `account` aggregates; `ledger` aggregates cannot store them too"
    );
    assert_eq!(store.head().await.unwrap().position(0), Some(Position::from(1)));
}
