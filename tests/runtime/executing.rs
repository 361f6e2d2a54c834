//! Commands: decided, recorded, decided again where another writer was faster.

use crate::{
    domain::{Account, AccountCommand, AccountError, AccountEvent, Note, NoteId, Write, deposit, open},
    engines::on_every_engine,
};
use annals::{Annotations, Context, Existence, Position, Store, Version, prelude::*, repository::ExecuteError};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

on_every_engine! {
    async fn an_outcome_carries_events_versions_and_positions(store) {
        let accounts = store.repository::<Account>();
        let opened = accounts.execute("1", open("ann")).await.unwrap();
        assert_eq!((opened.version, opened.attempts), (Version::new(1), 1));
        accounts.execute("1", deposit(30)).await.unwrap();

        let closed = accounts.execute("1", AccountCommand::Close).await.unwrap();
        let events: Vec<_> = closed.events.iter().map(|recorded| recorded.event.clone()).collect();
        assert_eq!(events, [AccountEvent::Withdrawn { amount: 30 }, AccountEvent::Closed]);
        let places: Vec<_> =
            closed.events.iter().map(|event| (event.metadata.version.number(), event.metadata.position.number())).collect();
        assert_eq!(places, [(3, 3), (4, 4)]);
        assert_eq!(closed.version, Version::new(4));
        assert_eq!(closed.position(), Some(closed.events[1].metadata.position));

        // What the outcome says is what is stored.
        assert_eq!(accounts.history("1").from(Version::new(3)).await.unwrap().events, closed.events);
    }

    async fn an_aggregate_is_loaded_with_its_version_and_existence(store) {
        let accounts = store.repository::<Account>();
        let missing = accounts.load("1").await.unwrap();
        assert_eq!((missing.exists(), missing.version, missing.state), (false, Version::NONE, Account::default()));

        accounts.execute("1", open("ann")).await.unwrap();
        accounts.execute("1", deposit(30)).await.unwrap();
        let account = accounts.load("1").await.unwrap();
        assert_eq!((account.exists(), account.version), (true, Version::new(2)));
        assert_eq!(account.state, Account { owner: "ann".to_owned(), balance: 30, open: true });
    }

    async fn a_rejection_gives_the_users_own_error_back_and_records_nothing(store) {
        let accounts = store.repository::<Account>();
        accounts.execute("1", open("ann")).await.unwrap();
        let error = accounts.execute("1", AccountCommand::Withdraw { amount: 5 }).await.unwrap_err();
        let expected = AccountError::NotEnough { asked: 5, balance: 0 };
        assert_eq!(error.rejection(), Some(&expected));
        assert_eq!(error.to_string(), "5 is more than the balance, 0");
        assert_eq!(accounts.load("1").await.unwrap().version, Version::new(1));
    }

    async fn nothing_to_do_is_a_success_without_events(store) {
        let accounts = store.repository::<Account>();
        accounts.execute("1", open("ann")).await.unwrap();
        let outcome = accounts.execute("1", deposit(0)).await.unwrap();
        assert_eq!((outcome.events.len(), outcome.version, outcome.position()), (0, Version::new(1), None));
    }

    async fn a_command_that_creates_needs_a_new_aggregate_and_others_an_existing_one(store) {
        let accounts = store.repository::<Account>();
        let error = accounts.execute("1", deposit(5)).await.unwrap_err();
        assert!(matches!(&error, ExecuteError::NotFound { stream } if stream.as_str() == "account-1"), "{error}");
        assert_eq!(error.to_string(), "there is no `account` with the id `1`");

        accounts.execute("1", open("ann")).await.unwrap();
        let error = accounts.execute("1", open("bob")).await.unwrap_err();
        assert!(matches!(error, ExecuteError::AlreadyExists { version, .. } if version == Version::new(1)), "{error}");
        assert_eq!(accounts.load("1").await.unwrap().state.owner, "ann");
    }

    async fn a_command_may_carry_the_id_of_its_aggregate(store) {
        store.execute(Write { note_id: NoteId(7), text: "milk".to_owned() }).await.unwrap();
        let notes = store.repository::<Note>();
        assert_eq!(notes.load(NoteId(7)).await.unwrap().state.text, "milk");
        assert_eq!(notes.load(&NoteId(7)).await.unwrap().version, Version::new(1));
        assert_eq!(notes.stream(NoteId(7)).as_str(), "note-n7");
    }

    async fn what_the_caller_tells_is_kept_beside_each_event_and_carried_on(store) {
        let accounts = store.repository::<Account>();
        let opened = accounts
            .execute("1", open("ann"))
            .actor("clerk-7")
            .correlation("request-1")
            .causation("letter-3")
            .entry("channel", "phone")
            .await
            .unwrap();
        let told = &accounts.history("1").await.unwrap().events[0].metadata;
        assert_eq!(told, &opened.events[0].metadata);
        assert_eq!(told.actor.as_deref(), Some("clerk-7"));
        assert_eq!(told.correlation.as_deref(), Some("request-1"));
        assert_eq!(told.causation.as_deref(), Some("letter-3"));
        assert_eq!(told.entries["channel"], "phone");

        let caused = accounts.execute("1", deposit(1)).caused_by(told).await.unwrap();
        let carried = &caused.events[0].metadata;
        assert_eq!(carried.correlation.as_deref(), Some("request-1"));
        assert_eq!(carried.causation.as_deref(), Some("account-1@1"));
        assert_eq!(carried.actor, None);
    }

    async fn racing_writers_are_all_heard_and_none_twice(store) {
        let accounts = store.repository::<Account>();
        accounts.execute("1", open("ann")).await.unwrap();
        let writers: Vec<_> = (0..16)
            .map(|writer| {
                let accounts = accounts.clone();
                tokio::spawn(async move { accounts.execute("1", deposit(1 << writer)).attempts(1_000).await.unwrap().version })
            })
            .collect();
        let mut versions = BTreeSet::new();
        for writer in writers {
            assert!(versions.insert(writer.await.unwrap()), "a version was given twice");
        }
        let account = accounts.load("1").await.unwrap();
        assert_eq!((account.state.balance, account.version), ((1 << 16) - 1, Version::new(17)));
    }
}

/// Deposits what is asked, and lets another writer be faster as often as it is told.
#[derive(Clone, Debug)]
struct Overtaken {
    others: annals::repository::Repository<Account>,
    times: Arc<AtomicU32>,
    seen: Arc<std::sync::Mutex<Vec<i64>>>,
}

impl Command for Overtaken {
    type Aggregate = Account;
    type Error = AccountError;

    fn existence(&self) -> Existence {
        Existence::Existing
    }

    fn decide(self, account: &Account, _: &Context) -> Result<Vec<AccountEvent>, AccountError> {
        self.seen.lock().unwrap().push(account.balance);
        if self.times.load(Ordering::Relaxed) > 0 {
            self.times.fetch_sub(1, Ordering::Relaxed);
            let others = self.others;
            // Between this decision and its append, somebody else deposits.
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    futures_util::future::FutureExt::now_or_never(others.execute("1", deposit(10)).into_future())
                        .unwrap()
                        .unwrap()
                });
            });
        }
        Ok(vec![AccountEvent::Deposited { amount: 1 }])
    }
}

#[tokio::test]
async fn a_command_is_decided_again_on_what_it_missed() {
    let accounts = Store::memory().repository::<Account>();
    accounts.execute("1", open("ann")).await.unwrap();
    let seen = Arc::default();
    let command = Overtaken { others: accounts.clone(), times: Arc::new(AtomicU32::new(2)), seen: Arc::clone(&seen) };
    let outcome = accounts.execute("1", command).await.unwrap();
    assert_eq!((outcome.attempts, outcome.version), (3, Version::new(4)));
    assert_eq!(*seen.lock().unwrap(), [0, 10, 20]);
    assert_eq!(accounts.load("1").await.unwrap().state.balance, 21);
}

#[tokio::test]
async fn a_command_that_is_always_overtaken_gives_up_and_says_so() {
    let accounts = Store::memory().repository::<Account>();
    accounts.execute("1", open("ann")).await.unwrap();
    let command = Overtaken { others: accounts.clone(), times: Arc::new(AtomicU32::new(99)), seen: Arc::default() };
    let error = accounts.execute("1", command).attempts(3).await.unwrap_err();
    assert_eq!(error.to_string(), "other writers to stream `account-1` were faster 3 times; it is at version 4");
    assert_eq!(accounts.load("1").await.unwrap().state.balance, 30);
}

#[tokio::test]
async fn the_decision_sees_who_asks_and_about_what() {
    #[derive(Clone)]
    struct Sign;
    impl Command for Sign {
        type Aggregate = Account;
        type Error = AccountError;

        fn existence(&self) -> Existence {
            Existence::Any
        }

        fn decide(self, _: &Account, cx: &Context) -> Result<Vec<AccountEvent>, AccountError> {
            let owner = format!(
                "{} {} {:?} {:?} {:?} {:?}",
                cx.aggregate_id(),
                cx.version(),
                cx.actor(),
                cx.correlation(),
                cx.causation(),
                cx.entry("a")
            );
            assert!(cx.now() > Timestamp::UNIX_EPOCH);
            Ok(vec![AccountEvent::Opened { owner }])
        }
    }
    let accounts = Store::memory().repository::<Account>();
    let annotations =
        Annotations::default().with_actor("ann").with_correlation("r").with_causation("c").with_entry("a", "b");
    accounts.execute("x:1", Sign).annotations(annotations).await.unwrap();
    let expected = r#"x:1 0 Some("ann") Some("r") Some("c") Some("b")"#;
    assert_eq!(accounts.load("x:1").await.unwrap().state.owner, expected);
}

#[tokio::test]
async fn an_event_that_json_cannot_keep_is_refused_before_anything_is_recorded() {
    #[derive(Event, Serialize, Deserialize, Debug)]
    enum MeterEvent {
        Read { value: f64 },
    }
    #[derive(Aggregate, Default)]
    #[aggregate(event = MeterEvent)]
    struct Meter {
        #[on(Read { value })]
        value: f64,
    }
    #[derive(Command, Clone)]
    #[command(meter: Meter)]
    #[command(any)]
    #[emit(Read { value: 1.0 })]
    #[emit(Read { value })]
    struct Take {
        value: f64,
    }
    let store = Store::memory();
    let meters = store.repository::<Meter>();
    let error = meters.execute("1", Take { value: f64::INFINITY }).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot encode the event `MeterRead`: JSON has no number `inf`");
    assert!(!meters.load("1").await.unwrap().exists());
    assert_eq!(store.head().await.unwrap(), annals::Cursor::start());

    meters.execute("1", Take { value: 0.1 }).await.unwrap();
    assert!((meters.load("1").await.unwrap().state.value - 0.1).abs() < f64::EPSILON);
    assert_eq!(store.head().await.unwrap().position(0), Some(Position::from(2)));
}
