//! The live tail: how long an event takes from the moment it is sent to the hands of a reader that waits for it.

use super::{
    data,
    ground::{Durability, Ground, array},
    report::{Goal, against, heading, line, micros},
};
use annals::journal::{Journal, JournalError, StoredEvent, Verdict};
use futures_util::{StreamExt, stream::BoxStream};
use redis::{Value, aio::ConnectionLike, aio::MultiplexedConnection};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::time::{Interval, MissedTickBehavior, interval};

const ROUNDS: usize = 5;
/// How many events a round has, one each millisecond.
const EVENTS: usize = 2_000;
const LOG: &str = "{annals:0}:bench-log";

/// When each event was sent, in their order.
type Sent = Arc<Mutex<Vec<Instant>>>;

/// One event each millisecond.
struct Pace {
    ticks: Interval,
    sent: Sent,
}

impl Pace {
    fn new(sent: Sent) -> Self {
        let mut ticks = interval(Duration::from_millis(1));
        // After a pause the rate goes on as before, and is not made up for.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticks, sent }
    }

    /// Waits for the moment of the next event, and notes it.
    async fn next(&mut self) {
        self.ticks.tick().await;
        self.sent.lock().unwrap().push(Instant::now());
    }
}

/// `XADD`, and `XREAD BLOCK` on a connection of its own.
async fn bare(ground: &Ground) -> Vec<Duration> {
    let sent = Sent::default();
    let reader = tokio::spawn(read(ground.patient().await, Arc::clone(&sent)));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut raw = ground.raw.clone();
    let element = data::event().write(&annals::journal::AppendId::fresh()).unwrap();
    let mut command = redis::cmd("XADD");
    command.arg(LOG).arg("*").arg("e").arg(&element);
    let mut pace = Pace::new(sent);
    for _ in 0..EVENTS {
        pace.next().await;
        raw.req_packed_command(&command).await.unwrap();
    }
    reader.await.unwrap()
}

async fn read(mut raw: MultiplexedConnection, sent: Sent) -> Vec<Duration> {
    let mut times = Vec::with_capacity(EVENTS);
    let mut last = "$".to_owned();
    while times.len() < EVENTS {
        let mut command = redis::cmd("XREAD");
        command.arg("BLOCK").arg(0).arg("STREAMS").arg(LOG).arg(&last);
        let answer = raw.req_packed_command(&command).await.unwrap();
        let now = Instant::now();
        for id in ids(answer) {
            times.push(now - sent.lock().unwrap()[times.len()]);
            last = id;
        }
    }
    times
}

/// The ids of the entries of one stream.
fn ids(answer: Value) -> Vec<String> {
    let entries = match answer {
        // The old protocol has a list of pairs.
        Value::Array(mut streams) => array(streams.remove(0)).remove(1),
        Value::Map(mut streams) => streams.remove(0).1,
        other => panic!("expected the entries of one stream, found {other:?}"),
    };
    let id = |entry| match array(entry).remove(0) {
        Value::BulkString(id) => String::from_utf8(id).unwrap(),
        other => panic!("expected an id, found {other:?}"),
    };
    array(entries).into_iter().map(id).collect()
}

/// The library's append and its live reading.
async fn library(ground: &Ground, round: usize) -> Vec<Duration> {
    let sent = Sent::default();
    let live = ground.store.log().after(ground.store.head().await.unwrap()).live();
    let reader = tokio::spawn(follow(live, Arc::clone(&sent)));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut pace = Pace::new(sent);
    for number in 0..EVENTS {
        let append = data::append(&format!("live-{round}-{number}"), 0);
        pace.next().await;
        assert!(matches!(ground.journal.append(append).await, Ok(Verdict::Appended(_))));
    }
    reader.await.unwrap()
}

async fn follow(mut live: BoxStream<'static, Result<StoredEvent, JournalError>>, sent: Sent) -> Vec<Duration> {
    let mut times = Vec::with_capacity(EVENTS);
    while times.len() < EVENTS {
        live.next().await.unwrap().unwrap();
        let now = Instant::now();
        times.push(now - sent.lock().unwrap()[times.len()]);
    }
    times
}

pub(crate) async fn run() {
    heading("live: from the moment an event is sent until the reader has it, 1,000 events a second");
    let ground = Ground::start(Durability::Memory).await;
    let (mut raw, mut live) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        raw.extend(bare(&ground).await);
        live.extend(library(&ground, round).await);
    }
    let shown = |times: &[Duration]| format!("{:.0} µs", micros(times, 50));
    let p99 = |times: &[Duration]| format!("p99 {:.0} µs", micros(times, 99));
    let durability = Durability::Memory.name();
    line("XADD, XREAD BLOCK: p50", durability, &shown(&raw), &[p99(&raw)]);
    let ratio = against("the bare tail", micros(&live, 50) / micros(&raw, 50), Goal::AtMost(2.0));
    line("append, live reading: p50", durability, &shown(&live), &[p99(&live), ratio]);
}
