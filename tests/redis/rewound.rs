//! A failover that loses events: whoever has read them is told at once, and nothing is decided on what is no more.

use crate::{
    ground::heard,
    purse::{Contents, Purse, PurseEvent, Put, Take, older, put},
};
use annals::{
    Cursor, Position, Store, Version,
    journal::{Durability, JournalError, Risk, StoredEvent, Unconfirmed},
    projector::{OnRewound, ProjectError},
    repository::{ExecuteError, ReadError},
};
use annals_test_support::{Direction, Proxy, Raw, RedisServer, until};
use futures_util::{StreamExt, TryStreamExt};
use std::time::Duration;

/// How soon a reader is to be told.
const SOON: Duration = Duration::from_secs(4);

/// A master, its replica, and the wires between them and the program.
struct Servers {
    master: RedisServer,
    replica: RedisServer,
    /// From the replica to its master.
    line: Proxy,
    /// From the program to whichever is the master.
    wire: Proxy,
}

/// How the history that comes instead compares to what was lost.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Instead {
    Nothing,
    /// As many events.
    AsMany,
    /// More events.
    More,
}

/// What the clock does to the log ids of what is lost, and of what comes instead.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Time {
    /// It goes on: they differ.
    GoesOn,
    /// It stands still for the log, since it was set back: they are the same, and only the events differ.
    StandsStill,
}

const INSTEAD: [Instead; 3] = [Instead::Nothing, Instead::AsMany, Instead::More];
const TIMES: [Time; 2] = [Time::GoesOn, Time::StandsStill];
/// How many events are there before, and how many are lost.
const KEPT: i64 = 3;
const LOST: i64 = 2;

impl Servers {
    async fn start() -> Self {
        let master = RedisServer::builder().with_clock().start();
        let replica = RedisServer::builder().with_clock().start();
        let (line, wire) = (Proxy::to(&master), Proxy::to(&master));
        replica.command(&["REPLICAOF", "127.0.0.1", &line.port().to_string()]);
        replica.wait_until_linked();
        heard(&master).await;
        Self { master, replica, line, wire }
    }

    /// The program's store.
    async fn store(&self) -> Store {
        Store::connect(&self.wire.url()).await.unwrap()
    }

    /// Waits until the replica has all that the master has.
    async fn in_step(&self) {
        let head = |server: &RedisServer| server.command(&["GET", "{annals:0}:head"]);
        until("the replica is in step", || head(&self.master) == head(&self.replica)).await;
    }

    /// From now on the replica gets nothing.
    fn freeze(&self, time: Time) {
        if time == Time::StandsStill {
            for server in [&self.master, &self.replica] {
                server.set_clock(-3_600);
            }
        }
        self.line.freeze(Direction::ToClient);
    }

    /// The replica takes the master's place, and other events come.
    async fn fail_over(&self, instead: Instead) {
        self.line.refuse();
        assert!(self.line.cut() > 0, "the replica was not linked over this line");
        self.replica.promote();
        let other = Store::connect(&self.replica.url()).await.unwrap();
        for number in 0..match instead {
            Instead::Nothing => 0,
            Instead::AsMany => LOST,
            Instead::More => LOST + 3,
        } {
            put(&other, "a", 1_000 + number).await;
        }
        self.wire.redirect(&self.replica);
        self.wire.cut();
    }

    /// What is there now.
    async fn events(&self) -> Vec<StoredEvent> {
        let store = Store::connect(&self.replica.url()).await.unwrap();
        store.log().stream().try_collect().await.unwrap()
    }
}

/// A program on two servers that has recorded events of which the last are only on the master.
async fn lose(time: Time) -> (Servers, Store, Vec<StoredEvent>) {
    let servers = Servers::start().await;
    let store = servers.store().await;
    for amount in 1..=KEPT {
        put(&store, "a", amount).await;
    }
    servers.in_step().await;
    servers.freeze(time);
    for amount in 1..=LOST {
        put(&store, "a", amount * 10).await;
    }
    let events: Vec<_> = store.log().stream().try_collect().await.unwrap();
    assert_eq!(i64::try_from(events.len()), Ok(KEPT + LOST));
    (servers, store, events)
}

/// Checks that the fault happened as it was meant.
async fn check(servers: &Servers, before: &[StoredEvent], instead: Instead, time: Time) -> Vec<StoredEvent> {
    let now = servers.events().await;
    let kept = usize::try_from(KEPT).unwrap();
    assert_eq!(now[..kept], before[..kept], "what was replicated is there");
    for (lost, other) in before.iter().zip(&now).skip(kept) {
        assert_eq!(lost.position(), other.position());
        assert_ne!(lost.payload(), other.payload());
        assert_eq!(lost.log_id() == other.log_id(), time == Time::StandsStill, "{lost:?} and {other:?}");
    }
    assert_eq!(now.len() > before.len(), instead == Instead::More);
    now
}

/// That reading after this event found another one in its place, or none.
fn told(error: &JournalError, seen: &StoredEvent, now: &[StoredEvent]) {
    let &JournalError::HistoryRewound { at, expected, found } = error else {
        panic!("expected to be told that the history was rewound, found {error:?}");
    };
    assert_eq!((at, expected), (seen.position(), seen.checkpoint()));
    let there = now.iter().find(|event| event.position() == at);
    assert_eq!(found, there.map(StoredEvent::checkpoint));
}

#[tokio::test]
async fn a_reader_that_comes_back_is_told() {
    for time in TIMES {
        for instead in INSTEAD {
            println!("time {time:?}, instead {instead:?}");
            let (servers, store, before) = lose(time).await;
            servers.fail_over(instead).await;
            let now = check(&servers, &before, instead, time).await;
            let seen = before.last().unwrap();
            // As it was kept meanwhile.
            let cursor: Cursor = serde_json::from_str(&serde_json::to_string(&Cursor::from(seen)).unwrap()).unwrap();
            let mut log = store.log().after(cursor.clone()).stream();
            told(&log.next().await.unwrap().unwrap_err(), seen, &now);
            assert!(log.next().await.is_none(), "nothing is read behind that");
            let mut live = store.log().after(cursor.clone()).live();
            let error = tokio::time::timeout(SOON, live.next()).await.expect("a live reader is told at once");
            told(&error.unwrap().unwrap_err(), seen, &now);
            let error = store.events::<PurseEvent>().after(cursor).to_vec().await.unwrap_err();
            assert!(error.to_string().contains("the history was rewound: at position 5"), "{error}");

            // Who had not come so far reads what is there.
            let kept = &before[usize::try_from(KEPT).unwrap() - 1];
            let rest: Vec<_> = store.log().after(Cursor::from(kept)).stream().try_collect().await.unwrap();
            assert_eq!(rest, now[usize::try_from(KEPT).unwrap()..]);
        }
    }
}

#[tokio::test]
async fn a_live_reader_is_told_at_once_and_not_when_the_new_history_has_grown() {
    for time in TIMES {
        for instead in INSTEAD {
            println!("time {time:?}, instead {instead:?}");
            let (servers, store, before) = lose(time).await;
            let mut live = store.log().live();
            for event in &before {
                assert_eq!(live.next().await.unwrap().unwrap(), *event);
            }
            // It waits for what comes.
            let waits = tokio::time::timeout(Duration::from_millis(200), live.next()).await;
            assert!(waits.is_err(), "{waits:?}");
            servers.fail_over(instead).await;
            let now = check(&servers, &before, instead, time).await;
            let error = tokio::time::timeout(SOON, live.next()).await.expect("a live reader is told at once");
            told(&error.unwrap().unwrap_err(), before.last().unwrap(), &now);
            assert!(live.next().await.is_none(), "nothing is read behind that");
        }
    }
}

/// The server that it waits on becomes a replica of the new master, and nothing cuts the reader off. The master's clock was
/// ahead, so that what comes next lies behind what was lost.
#[tokio::test]
async fn a_live_reader_is_told_also_where_its_server_stays_and_its_history_is_replaced() {
    const AHEAD: u64 = 2;
    let servers = Servers::start().await;
    let store = Store::options().accept(Risk::Replica).connect(&servers.master.url()).await.unwrap();
    for amount in 1..=KEPT {
        put(&store, "a", amount).await;
    }
    servers.in_step().await;
    servers.line.freeze(Direction::ToClient);
    servers.master.set_clock(i64::try_from(AHEAD).unwrap());
    for amount in 1..=LOST {
        put(&store, "a", amount * 10).await;
    }
    let before: Vec<_> = store.log().stream().try_collect().await.unwrap();
    let seen = before.last().unwrap();
    let mut live = store.log().after(Cursor::from(seen)).live();
    let reader = tokio::spawn(async move { live.next().await });
    let waits = || servers.master.info("clients", "blocked_clients").as_deref() == Some("1");
    until("the reader waits", waits).await;

    servers.fail_over(Instead::AsMany).await;
    servers.master.demote_to(&servers.replica);
    let head = |server: &RedisServer| server.command(&["GET", "{annals:0}:head"]);
    until("the old master has the new history", || head(&servers.master) == head(&servers.replica)).await;
    let other = Store::connect(&servers.replica.url()).await.unwrap();
    // What comes next bears a later time than what was seen, and the position behind it.
    while other.log().stream().count().await < before.len() || now() <= seen.log_id().millis {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let next = put(&other, "a", 7).await;
    assert_eq!(next.position().unwrap().number(), seen.position().number() + 1);
    let answer = tokio::time::timeout(Duration::from_secs(10), reader).await.expect("it is told").unwrap();
    told(&answer.unwrap().unwrap_err(), seen, &servers.events().await);
}

/// Milliseconds since the Unix epoch, by the right clock.
fn now() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// Rows lie with the events and are lost with them: so they are right, and nobody need be told.
#[tokio::test]
async fn rows_go_back_with_the_events_they_were_made_of() {
    for instead in INSTEAD {
        let (servers, store, before) = lose(Time::GoesOn).await;
        let contents = store.projection::<Contents>();
        contents.catch_up().await.unwrap();
        let total = |events: &[StoredEvent]| -> i64 {
            let amounts = events.iter().map(|event| event.recorded::<PurseEvent>().unwrap().event);
            amounts.map(|event| if let PurseEvent::Put { amount } = event { amount } else { 0 }).sum()
        };
        assert_eq!(contents.get("a").await.unwrap().unwrap().total, total(&before));
        servers.fail_over(instead).await;
        let now = check(&servers, &before, instead, Time::GoesOn).await;
        contents.catch_up().await.unwrap();
        assert_eq!(contents.get("a").await.unwrap().unwrap().total, total(&now));
    }
}

/// As who keeps read models by a backup of their own, and puts them back after the failover.
#[tokio::test]
async fn rows_of_lost_events_are_called_that_or_are_made_anew() {
    for time in TIMES {
        for instead in INSTEAD {
            println!("time {time:?}, instead {instead:?}");
            let (servers, store, before) = lose(time).await;
            let contents = store.projection::<Contents>();
            contents.catch_up().await.unwrap();
            let lost = contents.get("a").await.unwrap().unwrap().total;
            let old = Raw::on(&servers.master).await;
            let mut backup = Vec::new();
            for kind in ["rows:contents:*", "keys:contents:*", "checkpoints"] {
                for key in old.run::<Vec<String>>(&["KEYS", &format!("{{annals:0}}:{kind}")]).await {
                    backup.push((key.clone(), old.run::<Vec<u8>>(&["DUMP", &key]).await));
                }
            }
            assert!(backup.len() >= 2, "{backup:?}");

            servers.fail_over(instead).await;
            let now = check(&servers, &before, instead, time).await;
            let new = Raw::on(&servers.replica).await;
            for (key, value) in backup {
                let _: () = new.send(redis::cmd("RESTORE").arg(key).arg(0).arg(value).arg("REPLACE")).await;
            }

            let error = contents.catch_up().await.unwrap_err();
            let ProjectError::HistoryRewound { projection, at, expected, found } = error else { panic!("{error}") };
            assert_eq!(projection, "contents");
            told(&JournalError::HistoryRewound { at, expected, found }, before.last().unwrap(), &now);
            assert_eq!(contents.get("a").await.unwrap().unwrap().total, lost, "nothing was changed");

            let rebuilding = store.projection::<Contents>().on_rewound(OnRewound::Rebuild);
            assert_eq!(rebuilding.catch_up().await.unwrap().events, now.len() as u64);
            let state = store.repository::<Purse>().load("a").await.unwrap().state;
            assert_eq!(contents.get("a").await.unwrap().unwrap().total, state.total);
            assert_eq!(contents.catch_up().await.unwrap().events, 0);
        }
    }
}

#[tokio::test]
async fn a_state_at_hand_of_lost_events_is_not_decided_on() {
    for instead in INSTEAD {
        println!("instead {instead:?}");
        let servers = Servers::start().await;
        let store = servers.store().await;
        let purses = store.repository::<Purse>().cached(10);
        for amount in 1..=KEPT {
            purses.execute("a", Put { amount }).await.unwrap();
        }
        servers.in_step().await;
        servers.freeze(Time::GoesOn);
        for amount in 1..=LOST {
            purses.execute("a", Put { amount: amount * 10 }).await.unwrap();
        }
        let before: Vec<_> = store.log().stream().try_collect().await.unwrap();
        servers.fail_over(instead).await;
        let now = check(&servers, &before, instead, Time::GoesOn).await;
        let outcome = purses.execute("a", Put { amount: 1 }).await.unwrap();
        assert_eq!(outcome.version, Version::new(now.len() as u64 + 1), "it comes after what is there");
        let fresh =
            Store::connect(&servers.replica.url()).await.unwrap().repository::<Purse>().load("a").await.unwrap();
        let at_hand = purses.load("a").await.unwrap();
        assert_eq!((at_hand.state, at_hand.version), (fresh.state, fresh.version));
    }
}

#[tokio::test]
async fn what_is_undone_is_what_is_there_and_not_what_was_read_and_lost() {
    for instead in [Instead::AsMany, Instead::More] {
        println!("instead {instead:?}");
        let (servers, store, before) = lose(Time::GoesOn).await;
        let purses = store.repository::<Purse>();
        // It has read the events that are about to be lost, and is about to append what undoes them.
        servers.wire.hold(Direction::ToServer, "append");
        let undo = tokio::spawn(async move { purses.undo("a", Version::new(3)).await });
        servers.wire.held(1).await;
        servers.fail_over(instead).await;
        servers.wire.let_go();
        let now = check(&servers, &before, instead, Time::GoesOn).await;
        let undone = undo.await.unwrap().unwrap();
        let taken: Vec<_> = undone.events.into_iter().map(|recorded| recorded.event).collect();
        let there = now.iter().skip(usize::try_from(KEPT).unwrap()).rev();
        let expected: Vec<_> = there
            .map(|event| match event.recorded::<PurseEvent>().unwrap().event {
                PurseEvent::Put { amount } => PurseEvent::Taken { amount },
                taken @ PurseEvent::Taken { .. } => panic!("{taken:?}"),
            })
            .collect();
        assert_eq!(taken, expected);
    }
}

#[tokio::test]
async fn exactly_what_was_unconfirmed_is_lost() {
    let servers = Servers::start().await;
    let options = Store::options().durability(Durability::Replicated(1)).confirm_within(Duration::from_millis(200));
    let store = options.accept(Risk::FewReplicas).connect(&servers.wire.url()).await.unwrap();
    let purses = store.repository::<Purse>();
    let mut confirmed = Vec::new();
    for number in 1..=10 {
        let outcome = purses.execute("a", Put { amount: number }).await.unwrap();
        confirmed.extend(outcome.position());
    }
    servers.freeze(Time::GoesOn);
    let mut unconfirmed: Vec<Position> = Vec::new();
    for number in 11..=14 {
        match purses.execute("a", Put { amount: number }).await {
            Err(ExecuteError::Journal(JournalError::Unconfirmed(told))) => {
                let Unconfirmed { appended, reached, .. } = *told;
                assert_eq!(reached.replicas, Some(0));
                unconfirmed.push(*appended.positions().end());
            }
            other => panic!("nothing is replicated, and the answer is {other:?}"),
        }
    }
    let before: Vec<_> = store.log().stream().try_collect().await.unwrap();
    servers.fail_over(Instead::Nothing).await;
    let now = servers.events().await;
    let positions = |events: &[StoredEvent]| events.iter().map(StoredEvent::position).collect::<Vec<_>>();
    assert_eq!(positions(&now), confirmed, "what was confirmed is there, and nothing else");
    assert_eq!(positions(&before[now.len()..]), unconfirmed);
}

/// A program that has said whose its types are says so again where that was lost.
#[tokio::test]
async fn whose_a_type_is_is_known_after_a_failover_that_lost_it() {
    let servers = Servers::start().await;
    let store = servers.store().await;
    servers.freeze(Time::GoesOn);
    put(&store, "a", 1).await;
    servers.fail_over(Instead::Nothing).await;
    assert_eq!(servers.events().await, [], "what was said with the first event was lost with it");
    put(&store, "a", 2).await;
    store.repository::<Purse>().execute("a", Take { amount: 1 }).await.unwrap();
    // An older program does not know that something can be taken, and must not pass over it.
    let error = store.events::<older::PurseEvent>().to_vec().await.unwrap_err();
    assert!(matches!(&error, ReadError::Decode(error) if error.event_type == "PurseTaken"), "{error}");
}

/// Otherwise whoever came next could make it with others, and would not see what is there.
#[tokio::test]
async fn the_settings_of_a_journal_are_recorded_again_on_a_server_that_lost_them() {
    let (first, second) = (RedisServer::start(), RedisServer::start());
    let wire = Proxy::to(&first);
    let store = Store::options().partitions(4).connect(&wire.url()).await.unwrap();
    put(&store, "a", 1).await;
    wire.redirect(&second);
    assert!(wire.cut() > 0);
    put(&store, "a", 1).await;
    let other = Store::connect(&second.url()).await.unwrap();
    assert_eq!(other.repository::<Purse>().load("a").await.unwrap().version, Version::new(1));

    // Who comes too late is refused.
    let third = RedisServer::start();
    Store::options().partitions(2).connect(&third.url()).await.unwrap();
    wire.redirect(&third);
    assert!(wire.cut() > 0);
    let answer = store.repository::<Purse>().execute("a", Put { amount: 1 }).await;
    let Err(ExecuteError::Journal(JournalError::Refused { reason, .. })) = &answer else { panic!("{answer:?}") };
    assert!(reason.contains("2 as the number of partitions") && reason.contains("with 4"), "{reason}");
    assert_eq!(third.command(&["KEYS", "*purse*"]), "", "something was written there");
}
