//! Commands under idempotency keys and append ids: carried out once, however often and wherever they are asked.

use crate::{
    domain::{Account, AccountCommand, AccountError, AccountEvent, Note, NoteId, open},
    engines::on_every_engine,
};
use annals::{
    Store, Version,
    journal::{AppendId, IdempotencyKey, JournalError, MemoryJournal},
    prelude::*,
    repository::{ExecuteError, Outcome, Repository},
};
use annals_test_support::{Direction, Lose, Proxy, RedisServer};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// What the account of these tests is asked.
#[derive(Command, Clone, Debug, Serialize)]
#[command(account: Account, error = AccountError)]
#[require(account.open, AccountError::Closed)]
#[skip_if(amount == 0)]
#[require(account.balance + amount >= 0, AccountError::NotEnough { asked: -amount, balance: account.balance })]
#[emit(Deposited { amount })]
struct Pay {
    amount: i64,
}

/// As [`Pay`], by another name.
#[derive(Command, Clone, Debug, Serialize)]
#[command(account: Account, error = AccountError)]
#[emit(Deposited { amount })]
struct Give {
    amount: i64,
}

/// A note that can be asked under a key.
#[derive(Command, Clone, Debug, Serialize)]
#[command(note: Note)]
#[command(any)]
#[emit(Written { text })]
struct Noted {
    text: String,
}

type Answer = Result<Outcome<AccountEvent>, ExecuteError<AccountError>>;

async fn opened(store: &Store) -> Repository<Account> {
    let accounts = store.repository::<Account>();
    accounts.execute("1", open("ann")).await.unwrap();
    accounts
}

async fn pay(accounts: &Repository<Account>, amount: i64, key: &str) -> Answer {
    accounts.execute("1", Pay { amount }).idempotency_key(key).await
}

async fn balance(accounts: &Repository<Account>) -> (i64, u64) {
    let account = accounts.load("1").await.unwrap();
    (account.state.balance, account.version.number())
}

/// The same outcome, told without being decided again.
fn same(again: &Answer, first: &Outcome<AccountEvent>) {
    let again = again.as_ref().unwrap();
    assert_eq!((&again.events, again.version), (&first.events, first.version));
    assert_eq!(again.attempts, 0, "it was decided again");
}

fn taken<E, T>(answer: Result<T, ExecuteError<E>>, key: &str, owner: &str)
where
    E: std::error::Error + 'static,
    T: std::fmt::Debug,
{
    match answer {
        Err(ExecuteError::Journal(JournalError::KeyTaken { key: found, stream })) => {
            assert_eq!((found, stream.as_str()), (IdempotencyKey::new(key).unwrap(), owner));
        }
        other => panic!("expected the key to be another command's, found {other:?}"),
    }
}

on_every_engine! {
    async fn the_same_key_gives_the_same_outcome_whatever_came_since(store) {
        let accounts = opened(store).await;
        let told = |accounts: &Repository<Account>| accounts.execute("1", Pay { amount: 5 }).idempotency_key("r-1").actor("clerk-7");
        let first = told(&accounts).await.unwrap();
        assert_eq!((first.version, first.attempts), (Version::new(2), 1));
        same(&told(&accounts).await, &first);
        for amount in 1..=30 {
            accounts.execute("1", Pay { amount }).await.unwrap();
        }
        same(&told(&accounts).await, &first);
        accounts.load("1").await.unwrap();
        // Who asks is no part of the command.
        same(&pay(&accounts, 5, "r-1").await, &first);
        // What was recorded under the key may not be possible any more; it is still what happened.
        accounts.execute("1", AccountCommand::Close).await.unwrap();
        same(&pay(&accounts, 5, "r-1").await, &first);
        assert_eq!(balance(&accounts).await, (0, 34));
    }

    async fn a_key_is_known_to_every_store_and_every_cache(store) {
        let accounts = opened(store).await;
        let cached = store.repository::<Account>().cached(10);
        let other = store.clone().repository::<Account>().cached(10);
        other.load("1").await.unwrap();
        let first = pay(&cached, 5, "r-1").await.unwrap();
        for repository in [&cached, &other, &accounts] {
            same(&pay(repository, 5, "r-1").await, &first);
        }
        let second = pay(&other, 6, "r-2").await.unwrap();
        assert_eq!(second.version, Version::new(3));
        for repository in [&cached, &other, &accounts] {
            same(&pay(repository, 6, "r-2").await, &second);
            same(&pay(repository, 5, "r-1").await, &first);
            assert_eq!(balance(repository).await, (11, 3));
        }
    }

    async fn another_command_under_a_key_is_refused_and_does_nothing(store) {
        let accounts = opened(store).await;
        accounts.execute("2", open("bob")).await.unwrap();
        pay(&accounts, 5, "r-1").await.unwrap();
        taken(pay(&accounts, 6, "r-1").await, "r-1", "account-1");
        taken(accounts.execute("1", Give { amount: 5 }).idempotency_key("r-1").await, "r-1", "account-1");
        taken(accounts.execute("2", Pay { amount: 5 }).idempotency_key("r-1").await, "r-1", "account-1");
        let write = Noted { text: "milk".to_owned() };
        taken(store.repository::<Note>().execute(NoteId(1), write).idempotency_key("r-1").await, "r-1", "account-1");
        assert_eq!(balance(&accounts).await, (5, 2));
        assert_eq!(accounts.load("2").await.unwrap().version, Version::new(1));
        assert!(!store.repository::<Note>().load(NoteId(1)).await.unwrap().exists());
    }

    async fn nothing_to_do_is_remembered_and_a_refusal_is_not(store) {
        let accounts = opened(store).await;
        let nothing = pay(&accounts, 0, "r-0").await.unwrap();
        assert_eq!((nothing.events.len(), nothing.version), (0, Version::new(1)));
        let refused = pay(&accounts, -5, "r-1").await.unwrap_err();
        assert_eq!(refused.rejection(), Some(&AccountError::NotEnough { asked: 5, balance: 0 }));
        let missing = accounts.execute("2", Pay { amount: 1 }).idempotency_key("r-2").await.unwrap_err();
        assert!(matches!(missing, ExecuteError::NotFound { .. }), "{missing}");

        accounts.execute("1", Pay { amount: 5 }).await.unwrap();
        accounts.execute("2", open("bob")).await.unwrap();
        same(&pay(&accounts, 0, "r-0").await, &nothing);
        assert_eq!(pay(&accounts, -5, "r-1").await.unwrap().version, Version::new(3));
        assert_eq!(accounts.execute("2", Pay { amount: 1 }).idempotency_key("r-2").await.unwrap().attempts, 1);
        assert_eq!(balance(&accounts).await, (0, 3));
    }

    async fn a_key_that_is_none_is_refused_before_anything_happens(store) {
        let accounts = opened(store).await;
        for key in ["", &"x".repeat(513)] {
            let error = pay(&accounts, 5, key).await.unwrap_err();
            assert!(matches!(&error, ExecuteError::Journal(JournalError::Invalid { .. })), "{error}");
        }
        for (number, key) in (1..).zip(["é", "a b", "a\nb", "{x}", "a:b", "a%3Ab", &"x".repeat(512)]) {
            assert_eq!(pay(&accounts, 1, key).await.unwrap().version, Version::new(number + 1), "{key:?}");
        }
        assert_eq!(balance(&accounts).await, (7, 8));
    }

    async fn what_was_asked_under_an_append_id_is_found_under_it(store) {
        let accounts = opened(store).await;
        let id = AppendId::new("request-7").unwrap();
        let ask = || accounts.execute("1", Pay { amount: 5 }).append_id(id.clone());
        let first = ask().await.unwrap();
        assert_eq!((first.version, first.attempts), (Version::new(2), 1));
        for _ in 0..20 {
            accounts.execute("1", Pay { amount: 1 }).await.unwrap();
        }
        same(&ask().await, &first);
        let cached = store.repository::<Account>().cached(10);
        same(&cached.execute("1", Pay { amount: 5 }).append_id(id.clone()).await, &first);
        assert_eq!(balance(&accounts).await, (25, 22));
    }
}

/// Two stores of one journal on every engine, each with connections of its own where there are any.
async fn twice() -> Vec<(Store, Store, Option<Arc<RedisServer>>)> {
    let mut pairs = Vec::new();
    for partitions in [1, 16] {
        let memory = Arc::new(MemoryJournal::with_partitions(partitions));
        pairs.push((Store::on(Arc::clone(&memory), "memory"), Store::on(memory, "memory too"), None));
        let server = Arc::new(RedisServer::start());
        let url = server.url();
        let connect = || Store::options().partitions(partitions).connect(&url);
        let (one, other) = (connect().await.unwrap(), connect().await.unwrap());
        pairs.push((one, other, Some(server)));
    }
    pairs
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_ask_at_once_under_a_key_one_is_heard_and_all_are_answered_alike() {
    for (one, other, _server) in twice().await {
        println!("on {one}");
        opened(&one).await;
        let decided = Arc::new(AtomicU32::new(0));
        let asking: Vec<_> = (0..16)
            .map(|number| {
                let store = if number % 2 == 0 { &one } else { &other };
                let accounts = store.repository::<Account>();
                let accounts = if number % 4 < 2 { accounts.cached(4) } else { accounts };
                let decided = Arc::clone(&decided);
                tokio::spawn(async move {
                    let outcome = pay(&accounts, 5, "r-1").await.unwrap();
                    decided.fetch_add(u32::from(outcome.attempts > 0), Ordering::Relaxed);
                    (outcome.events, outcome.version)
                })
            })
            .collect();
        let mut outcomes = Vec::new();
        for asked in asking {
            outcomes.push(asked.await.unwrap());
        }
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
        assert_eq!(decided.load(Ordering::Relaxed), 1, "how many say that it was theirs");
        assert_eq!(balance(&other.repository()).await, (5, 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_commands_at_once_under_a_key_one_is_heard_and_the_others_are_refused() {
    for (one, other, _server) in twice().await {
        println!("on {one}");
        opened(&one).await;
        let asking: Vec<_> = (1..=16)
            .map(|amount| {
                let accounts = if amount % 2 == 0 { one.repository() } else { other.repository() };
                tokio::spawn(async move { pay(&accounts, amount, "r-1").await })
            })
            .collect();
        let mut heard = Vec::new();
        for asked in asking {
            match asked.await.unwrap() {
                Ok(outcome) => heard.push(outcome.events[0].event.clone()),
                answer => taken(answer, "r-1", "account-1"),
            }
        }
        let (balance, version) = balance(&one.repository()).await;
        assert_eq!(version, 2, "how many were heard: {heard:?}");
        assert_eq!(heard, [AccountEvent::Deposited { amount: balance }]);
    }
}

#[tokio::test]
async fn a_key_is_forgotten_after_its_time() {
    const KEEP: Duration = Duration::from_millis(300);
    let server = RedisServer::start();
    for url in ["memory:", &server.url()] {
        for partitions in [1, 16] {
            let namespace = format!("p{partitions}");
            let options = Store::options().namespace(namespace).partitions(partitions);
            let store = options.keep_keys(KEEP).connect(url).await.unwrap();
            let accounts = opened(&store).await;
            let begun = Instant::now();
            assert_eq!(pay(&accounts, 5, "r-1").await.unwrap().attempts, 1);
            // Asking for it does not keep it for longer.
            while pay(&accounts, 5, "r-1").await.unwrap().attempts == 0 {
                assert!(begun.elapsed() < Duration::from_secs(20), "{store} keeps a key for too long");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert!(begun.elapsed() >= KEEP, "{store} forgot a key after {:?}", begun.elapsed());
            // Another command may have the key by now.
            tokio::time::sleep(KEEP * 2).await;
            assert_eq!(pay(&accounts, 7, "r-1").await.unwrap().attempts, 1);
        }
    }
}

#[tokio::test]
async fn a_lost_reply_or_request_under_a_key_is_made_good_once() {
    for partitions in [1, 16] {
        let server = RedisServer::start();
        let proxy = Proxy::to(&server);
        let store = Store::options().partitions(partitions).connect(&proxy.url()).await.unwrap();
        let accounts = opened(&store).await;
        let mut lost = 0;
        for (number, (lose, function)) in (1..).zip([
            (Lose::Reply, "append"),
            (Lose::Request, "append"),
            (Lose::Reply, "remember"),
            (Lose::Request, "remember"),
        ]) {
            if function == "remember" && partitions == 1 {
                continue;
            }
            // A key whose home is another partition than the account's, and so is kept there as well.
            for nth in 0..8 {
                proxy.lose(lose, function, 1, 1);
                let key = format!("{number}-{nth}");
                let before = balance(&accounts).await;
                let first = pay(&accounts, 1, &key).await.unwrap();
                assert_eq!(first.version, Version::new(before.1 + 1));
                same(&pay(&accounts, 1, &key).await, &first);
                assert_eq!(balance(&accounts).await, (before.0 + 1, before.1 + 1));
            }
            let so_far = proxy.lost_replies() + proxy.lost_requests();
            assert!(so_far >= lost + 4, "{lose:?} of {function} happened {} times", so_far - lost);
            lost = so_far;
            proxy.lose_nothing();
        }
        let lost = proxy.lost_replies();
        proxy.lose(Lose::Reply, "remember", 1, 1);
        let nothing = pay(&accounts, 0, "nothing").await.unwrap();
        assert_eq!(proxy.lost_replies(), lost + 1);
        same(&pay(&accounts, 0, "nothing").await, &nothing);
    }
}

/// Asks until the outcome is unknown, with the reply or the request lost and nobody to be reached any more.
async fn unknown(accounts: &Repository<Account>, proxy: &Proxy, lose: Lose) -> AppendId {
    proxy.shut_after_loss();
    proxy.lose(lose, "append", 1, 1);
    let answer = accounts.execute("1", Pay { amount: 5 }).await;
    proxy.open();
    match answer {
        Err(ExecuteError::Journal(JournalError::Unknown { id, stream, .. })) => {
            assert_eq!(stream.as_str(), "account-1");
            id
        }
        other => panic!("expected the outcome to be unknown, found {other:?}"),
    }
}

#[tokio::test]
async fn what_became_unknown_is_asked_again_under_its_append_id_and_happens_once() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let direct = opened(&Store::connect(&server.url()).await.unwrap()).await;
    let accounts = Store::connect(&proxy.url()).await.unwrap().repository::<Account>();
    let mut version = 1;
    for (lose, attempts) in [(Lose::Reply, 0), (Lose::Request, 1)] {
        let id = unknown(&accounts, &proxy, lose).await;
        let happened = u64::from(lose == Lose::Reply);
        assert_eq!(balance(&direct).await.1, version + happened, "{lose:?}");
        // Others go on meanwhile.
        for _ in 0..3 {
            direct.execute("1", Give { amount: 1 }).await.unwrap();
        }
        let outcome = accounts.execute("1", Pay { amount: 5 }).append_id(id.clone()).await.unwrap();
        assert_eq!(outcome.attempts, attempts, "{lose:?}");
        assert_eq!(outcome.events.len(), 1);
        version += 4;
        assert_eq!(balance(&direct).await.1, version, "{lose:?}");
        // However often it is asked.
        let again = direct.execute("1", Pay { amount: 5 }).append_id(id).await;
        same(&again, &outcome);
    }
}

#[tokio::test]
async fn what_became_unknown_under_a_key_is_asked_again_under_it_and_happens_once() {
    let server = RedisServer::start();
    for lose in [Lose::Reply, Lose::Request] {
        let proxy = Proxy::to(&server);
        let direct = Store::connect(&server.url()).await.unwrap().repository::<Account>();
        direct.execute(format!("{lose:?}"), open("ann")).await.unwrap();
        let accounts = Store::connect(&proxy.url()).await.unwrap().repository::<Account>();
        let ask = |accounts: &Repository<Account>| {
            accounts.execute(format!("{lose:?}"), Pay { amount: 5 }).idempotency_key(&format!("{lose:?}"))
        };
        proxy.shut_after_loss();
        proxy.lose(lose, "append", 1, 1);
        let answer = ask(&accounts).await;
        assert!(matches!(answer, Err(ExecuteError::Journal(JournalError::Unknown { .. }))), "{lose:?}: {answer:?}");
        assert_eq!(proxy.lost_replies() + proxy.lost_requests(), 1);
        proxy.open();
        let outcome = ask(&accounts).await.unwrap();
        assert_eq!(
            (outcome.attempts, outcome.version),
            (u32::from(lose == Lose::Request), Version::new(2)),
            "{lose:?}"
        );
        same(&ask(&direct).await, &outcome);
    }
}

#[tokio::test]
async fn an_append_that_arrives_late_and_one_that_is_asked_again_are_one() {
    let server = RedisServer::start();
    let direct = opened(&Store::connect(&server.url()).await.unwrap()).await;
    for late_is_first in [true, false] {
        let proxy = Proxy::to(&server);
        let accounts = Store::connect(&proxy.url()).await.unwrap().repository::<Account>();
        let id = AppendId::fresh();
        let before = balance(&direct).await;
        let ask = |accounts: Repository<Account>| accounts.execute("1", Pay { amount: 5 }).append_id(id.clone());
        proxy.hold(Direction::ToServer, "append");
        let late = tokio::spawn(ask(accounts.clone()).into_future());
        proxy.held(1).await;
        let (asked, late) = if late_is_first {
            // It has not arrived when it is looked for, and arrives before what is asked then.
            let held = Proxy::to(&server);
            let others = Store::connect(&held.url()).await.unwrap().repository::<Account>();
            held.hold(Direction::ToServer, "append");
            let asked = tokio::spawn(ask(others).into_future());
            held.held(1).await;
            proxy.let_go();
            let late = late.await.unwrap().unwrap();
            held.let_go();
            (asked.await.unwrap().unwrap(), late)
        } else {
            let asked = ask(direct.clone()).await.unwrap();
            proxy.let_go();
            (asked, late.await.unwrap().unwrap())
        };
        assert_eq!((&asked.events, asked.version), (&late.events, late.version), "{late_is_first}");
        assert_eq!(balance(&direct).await, (before.0 + 5, before.1 + 1), "{late_is_first}");
    }
}

#[tokio::test]
async fn an_append_to_a_frozen_server_is_asked_again_under_its_id_when_it_thaws() {
    let server = RedisServer::start();
    // With the state at hand, the append is the first that the server is asked.
    let accounts = Store::connect(&server.url()).await.unwrap().repository::<Account>().cached(4);
    accounts.execute("1", open("ann")).await.unwrap();
    server.pause();
    let answer = accounts.execute("1", Pay { amount: 5 }).await;
    server.resume();
    let Err(ExecuteError::Journal(JournalError::Unknown { id, .. })) = answer else { panic!("{answer:?}") };
    let outcome = accounts.execute("1", Pay { amount: 5 }).append_id(id.clone()).await.unwrap();
    assert_eq!(outcome.events.len(), 1);
    same(&accounts.execute("1", Pay { amount: 5 }).append_id(id).await, &outcome);
    assert_eq!(balance(&accounts).await, (5, 2));
}
