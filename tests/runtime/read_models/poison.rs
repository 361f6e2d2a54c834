//! Rows that cannot take an event: parked, listed, counted, tried again, dropped; the others go on.

use super::wallets::{Transfer, TransferEvent, send};
use crate::engines::on_every_engine;
use annals::{
    StreamName, Version,
    journal::{Append, Expected, Journal, MemoryJournal, NewEvent},
    prelude::*,
    projector::{OnPoison, ProjectError},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether the program is deployed that can take every transfer.
static MENDED: AtomicBool = AtomicBool::new(false);

/// The fold of a program that has never met a transfer of 7 cents.
fn fee(cents: i64) -> i64 {
    assert!(cents != 7 || MENDED.load(Ordering::Relaxed), "nobody sends {cents} cents");
    cents / 10
}

/// One row a sender.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "fees", events(TransferEvent))]
#[row(Sent { from, .. } => from)]
struct Fee {
    #[key]
    from: String,
    #[on(Sent { cents, .. } => += fee(*cents))]
    fees: i64,
    #[index]
    #[on(Sent { .. } => += 1)]
    transfers: u64,
}

on_every_engine! {
    async fn a_row_that_cannot_take_an_event_is_parked_and_goes_on_after_a_fix(store) {
        MENDED.store(false, Ordering::Relaxed);
        // Transfer 1 is of 7 cents, from bob.
        send(store, 0..20).await;
        let fees = store.projection::<Fee>();
        let caught_up = fees.catch_up().await.unwrap();
        assert_eq!(caught_up.parked, 1);
        assert_eq!(fees.lag().await.unwrap(), 0);
        let of = |person: &'static str| { let fees = fees.clone(); async move { fees.get(person).await.unwrap() } };
        // Where his transfers lie in several partitions, some may have come before it.
        let before = of("bob").await;
        assert!(before.as_ref().is_none_or(|row| row.transfers < 4), "bob's row stays as it was: {before:?}");
        assert_eq!(of("ann").await.unwrap().transfers, 4, "ann's goes on");

        let parked = fees.parked().await.unwrap();
        assert_eq!(parked.len(), 1);
        let (row, transfer) = (&parked[0], StreamName::new("transfer", "t1"));
        assert_eq!((row.key.as_str(), &row.stream, row.version), ("bob", &transfer, Version::new(1)));
        assert_eq!((row.event_type.as_str(), row.reason.as_str()), ("TransferSent", "its fold panicked: nobody sends 7 cents"));
        let counted: Vec<_> = store.health().await.unwrap().parked.into_values().collect();
        assert_eq!(counted, [1]);

        // What comes for it later waits with it.
        send(store, 20..30).await;
        assert_eq!(fees.catch_up().await.unwrap().parked, 0);
        assert_eq!(of("bob").await, before);
        let retried = fees.retry_parked().await.unwrap();
        assert_eq!((retried.mended, retried.parked), (0, 1), "nothing was mended yet");

        MENDED.store(true, Ordering::Relaxed);
        let retried = fees.retry_parked().await.unwrap();
        assert_eq!((retried.mended, retried.parked), (1, 0));
        assert!(fees.parked().await.unwrap().is_empty());
        assert!(store.health().await.unwrap().parked.is_empty());
        let events = store.events::<TransferEvent>().to_vec().await.unwrap();
        let of_bob = |event: &&annals::Recorded<TransferEvent>| matches!(&event.event, TransferEvent::Sent { from, .. } if from == "bob");
        let transfers = events.iter().filter(of_bob).count() as u64;
        assert_eq!(of("bob").await.unwrap().transfers, transfers, "each of its events once");
        assert_eq!(fees.find(Fee::by_transfers(transfers)).await.unwrap().rows.iter().filter(|row| row.from == "bob").count(), 1);

        send(store, 30..40).await;
        fees.catch_up().await.unwrap();
        assert_eq!(of("bob").await.unwrap().transfers, transfers + 2);
        MENDED.store(false, Ordering::Relaxed);
    }
}

/// A row that stops at the transfers that are marked so.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "strict", events(TransferEvent))]
struct Strict {
    #[key]
    transfer: String,
    #[on(Sent { cents, .. } => { assert!(*cents != 14, "no {cents}"); *cents })]
    cents: i64,
}

on_every_engine! {
    async fn a_parked_row_that_is_dropped_is_gone_and_opens_anew(store) {
        send(store, 0..5).await;
        let strict = store.projection::<Strict>();
        assert_eq!(strict.catch_up().await.unwrap().parked, 1);
        assert!(!strict.drop_parked("t1").await.unwrap(), "t1 is not parked");
        assert!(strict.drop_parked("t2").await.unwrap());
        assert!(!strict.drop_parked("t2").await.unwrap(), "it is parked no more");
        assert!(strict.parked().await.unwrap().is_empty());
        assert_eq!(strict.all().await.unwrap().rows.len(), 4);
    }

    async fn who_wants_to_stop_at_poison_is_told_the_row_and_the_event(store) {
        send(store, 0..5).await;
        let strict = store.projection::<Strict>().on_poison(OnPoison::Stop);
        let error = strict.catch_up().await.unwrap_err();
        assert!(matches!(error, ProjectError::Panicked { .. }));
        let told = error.to_string();
        assert!(told.starts_with("projection `strict`, row `t2`, event 1 of stream `transfer-t2`"), "{told}");
        assert!(told.ends_with("its fold panicked: no 14"), "{told}");
        assert_eq!(strict.get("t2").await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_event_that_does_not_decode_parks_the_row_of_its_aggregate() {
    let journal = Arc::new(MemoryJournal::new());
    let store = Store::on(journal.clone(), "with a hole");
    send(&store, 0..2).await;
    let strange = NewEvent::new("TransferSent", r#"{"from":1}"#);
    let append = Append::new(StreamName::new("transfer", "t7"), Expected::Missing, vec![strange]);
    let _ = journal.append(append).await.unwrap();
    send(&store, 3..5).await;

    let strict = store.projection::<Strict>();
    assert_eq!(strict.catch_up().await.unwrap().parked, 1);
    assert_eq!(strict.all().await.unwrap().rows.len(), 4);
    let parked = strict.parked().await.unwrap();
    assert_eq!(parked[0].key, "t7");
    assert!(parked[0].reason.contains("cannot decode event 1 of stream `transfer-t7`"), "{}", parked[0].reason);

    // Whose row cannot be told without its content stops the projection.
    let error = store.projection::<Fee>().catch_up().await.unwrap_err();
    assert!(matches!(error, ProjectError::Decode(_)), "{error}");
}

#[tokio::test]
async fn a_fold_that_is_broken_for_all_stops_instead_of_parking_everything() {
    #[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "broken", events(TransferEvent))]
    struct Broken {
        #[key]
        transfer: String,
        #[on(Sent { cents, .. } => { assert!(*cents == 0, "broken"); *cents })]
        cents: i64,
    }
    let store = Store::memory();
    let transfers = store.repository::<Transfer>();
    for number in 0..1_100 {
        let send = super::wallets::Send { from: "a".to_owned(), to: "b".to_owned(), cents: 1 };
        transfers.execute(format!("t{number}"), send).await.unwrap();
    }
    let broken = store.projection::<Broken>();
    let error = broken.catch_up().await.unwrap_err();
    assert!(matches!(error, ProjectError::TooManyParked { .. }), "{error}");
    assert!(error.to_string().contains("expected at most 1000"), "{error}");
    assert!(broken.parked().await.unwrap().len() <= 1_000);
}
