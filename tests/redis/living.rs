//! Live readers on a server that stops, cuts them off and forgets: they have every event once, in order, all the same.

use crate::{
    ground::{counted, journal, open, stream},
    purse::{Purse, PurseEvent, Put, older, put},
};
use annals::{
    Store, StreamName,
    journal::{Append, Expected, Journal, JournalError, NewEvent, StoredEvent, Verdict},
    repository::ReadError,
};
use annals_test_support::{Direction, Proxy, RedisServer, until};
use futures_util::{StreamExt, stream::BoxStream};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// How long an event may take, past an outage.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writers that write until they are stopped.
struct Writers {
    done: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Writers {
    async fn on(server: &RedisServer, partitions: u16) -> Self {
        let journal = Arc::new(open(server, "annals", partitions).await);
        let (done, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let tasks = (0..4).map(|writer: u32| {
            let (journal, done, written) = (Arc::clone(&journal), Arc::clone(&done), Arc::clone(&written));
            tokio::spawn(async move {
                for number in 0_u32.. {
                    if done.load(Ordering::Relaxed) {
                        return;
                    }
                    let stream = StreamName::new("order", &format!("{writer}-{}", number % 7));
                    match journal.append(Append::new(stream, Expected::Any, counted(2))).await {
                        Ok(Verdict::Appended(_) | Verdict::Duplicate(_)) => written.fetch_add(2, Ordering::Relaxed),
                        other => panic!("{other:?}"),
                    };
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        });
        let tasks = tasks.collect();
        Self { done, written, tasks }
    }

    /// Waits until some more was written.
    async fn go_on(&self) {
        let before = self.written.load(Ordering::Relaxed);
        until("more is written", || self.written.load(Ordering::Relaxed) > before + 100).await;
    }

    /// Stops them; answers how much was written.
    async fn end(self) -> u64 {
        self.done.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.written.load(Ordering::Relaxed)
    }
}

/// A reader in a task of its own, and what it has seen.
struct Reader {
    seen: Arc<AtomicU64>,
    enough: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Reader {
    /// Checks every event as it comes: each partition's positions follow one another.
    fn of(mut live: BoxStream<'static, Result<StoredEvent, JournalError>>) -> Self {
        let (seen, enough) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(u64::MAX)));
        let (seen_here, enough_here) = (Arc::clone(&seen), Arc::clone(&enough));
        let task = tokio::spawn(async move {
            let mut heads: BTreeMap<u16, u64> = BTreeMap::new();
            while seen_here.load(Ordering::Relaxed) < enough_here.load(Ordering::Relaxed) {
                let Ok(event) = tokio::time::timeout(Duration::from_millis(200), live.next()).await else { continue };
                let event = event.expect("it does not end").expect("nothing is wrong for good");
                let head = heads.entry(event.position().partition()).or_default();
                assert_eq!(event.position().number(), *head + 1, "an event was left out, or came twice");
                *head += 1;
                seen_here.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { seen, enough, task }
    }

    /// Waits until it has seen as many events as there are, and no more.
    async fn has(self, count: u64) {
        self.enough.store(count, Ordering::Relaxed);
        tokio::time::timeout(PATIENCE, self.task).await.expect("a live reader has everything in the end").unwrap();
        assert_eq!(self.seen.load(Ordering::Relaxed), count);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_and_crashes_of_the_server_are_survived() {
    for partitions in [1, 16] {
        let mut server = RedisServer::builder().durable().start();
        let writers = Writers::on(&server, partitions).await;
        let reader = Reader::of(Store::connect(&server.url()).await.unwrap().log().live());
        writers.go_on().await;
        server.restart();
        writers.go_on().await;
        server.kill9();
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.start_again();
        writers.go_on().await;
        let written = writers.end().await;
        reader.has(written).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_killed_and_frozen_are_made_again() {
    for partitions in [1, 16] {
        let server = RedisServer::start();
        let writers = Writers::on(&server, partitions).await;
        let proxy = Proxy::to(&server);
        let reader = Reader::of(Store::connect(&proxy.url()).await.unwrap().log().live());
        for _ in 0..5 {
            writers.go_on().await;
            assert!(proxy.cut() > 0, "the reader had no connection to be cut");
            writers.go_on().await;
            let killed: u32 = server.command(&["CLIENT", "KILL", "TYPE", "normal"]).parse().unwrap();
            assert!(killed > 0, "the reader had no connection to be killed");
        }
        proxy.freeze(Direction::ToClient);
        writers.go_on().await;
        until("something is frozen", || proxy.counts().frozen > 0).await;
        proxy.thaw();
        writers.go_on().await;
        // So that nobody can come back for a while.
        proxy.refuse();
        proxy.cut();
        writers.go_on().await;
        until("the reader is refused", || proxy.counts().refused > 0).await;
        proxy.open();
        let written = writers.end().await;
        reader.has(written).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_too_slow_for_the_server_is_cut_off_and_comes_back() {
    const EVENTS: u64 = 150;
    // No more than 1 MB may wait for a client for longer than a second.
    let server = RedisServer::builder().args(["--client-output-buffer-limit", "normal 0 1mb 1"]).start();
    let writer = journal(&server).await;
    let large = "x".repeat(200_000);
    for number in 0..EVENTS {
        let events = vec![NewEvent::new("Large", format!(r#"{{"number":{number},"text":"{large}"}}"#))];
        let append = Append::new(stream(&(number % 5).to_string()), Expected::Any, events);
        assert!(matches!(writer.append(append).await, Ok(Verdict::Appended(_))));
    }
    let proxy = Proxy::to(&server);
    let store = Store::connect(&proxy.url()).await.unwrap();
    proxy.throttle(Direction::ToClient, Some(500_000));
    let reader = Reader::of(store.log().live());
    until("the reader is cut off", || server.log().contains("output buffer limits")).await;
    proxy.throttle(Direction::ToClient, None);
    // One more, which comes while it is on its way.
    put(&store, "a", 1).await;
    reader.has(EVENTS + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_are_flushed_are_no_matter() {
    let server = RedisServer::start();
    let writers = Writers::on(&server, 1).await;
    let reader = Reader::of(Store::connect(&server.url()).await.unwrap().log().live());
    for _ in 0..5 {
        writers.go_on().await;
        server.command(&["FUNCTION", "FLUSH"]);
    }
    let written = writers.end().await;
    reader.has(written).await;
}

#[tokio::test]
async fn a_reader_that_is_dropped_leaves_no_connection_that_waits() {
    let server = RedisServer::start();
    let store = Store::connect(&server.url()).await.unwrap();
    put(&store, "a", 1).await;
    let waiting = || server.info("clients", "blocked_clients").unwrap();
    let mut readers = Vec::new();
    for _ in 0..3 {
        let mut live = store.log().live();
        live.next().await.unwrap().unwrap();
        readers.push(tokio::spawn(async move { live.next().await }));
    }
    until("the readers wait", || waiting() == "3").await;
    for reader in readers {
        reader.abort();
        assert!(reader.await.is_err_and(|error| error.is_cancelled()));
    }
    until("nobody waits any more", || waiting() == "0").await;
    let xread = |clients: String| clients.lines().filter(|client| client.contains("cmd=xread")).count();
    assert_eq!(xread(server.command(&["CLIENT", "LIST"])), 0, "{}", server.command(&["CLIENT", "LIST"]));
    drop(store);
    // The one who asks.
    until("the store leaves nothing open", || server.info("clients", "connected_clients").as_deref() == Some("1"))
        .await;
}

#[tokio::test]
async fn a_newer_programs_event_stops_a_live_reader_of_an_older_enum() {
    let server = RedisServer::start();
    let (newer, other) = (Store::connect(&server.url()).await.unwrap(), Store::connect(&server.url()).await.unwrap());
    let mut live = other.events::<older::PurseEvent>().live();
    put(&newer, "a", 1).await;
    assert_eq!(live.next().await.unwrap().unwrap().event, older::PurseEvent::Put { amount: 1 });
    newer.repository::<Purse>().undo("a", annals::Version::NONE).await.unwrap();
    newer.repository::<Purse>().execute("a", Put { amount: 2 }).await.unwrap();
    let told = tokio::time::timeout(PATIENCE, live.next()).await.unwrap();
    assert!(matches!(&told, Some(Err(ReadError::Decode(error))) if error.event_type == "PurseTaken"), "{told:?}");
    assert!(live.next().await.is_none());
    let all = newer.events::<PurseEvent>().to_vec().await.unwrap();
    assert_eq!(all.len(), 3);
}
