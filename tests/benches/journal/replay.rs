//! Reading everything: the log as it is stored, events into a fold, a projection; against the same reads done bare.

use super::{
    bare::{LOG, stream_key_in},
    data::{self, AGGREGATE, AccountEvent, Balance, Layout, PER_STREAM},
    ground::{Durability, Ground, array},
    report::{Goal, Rounds, heading, line, per_second},
    spent::Spent,
};
use futures_util::TryStreamExt;
use redis::{Pipeline, Value, aio::ConnectionLike, aio::MultiplexedConnection};
use std::future::ready;

const ROUNDS: usize = 5;
const STREAMS: usize = 60_000;
const EVENTS: usize = STREAMS * PER_STREAM;
/// How many log entries one trip reads, as the library does.
const BATCH: usize = 1_000;

const WAYS: [(&str, Way); 4] = [
    ("the bare reads", Way::Bare),
    ("store.log()", Way::Log),
    ("store.events() into a fold", Way::Events),
    ("projection, a row an aggregate", Way::Projection),
];

#[derive(Clone, Copy, Debug)]
enum Way {
    Bare,
    Log,
    Events,
    Projection,
}

async fn replay(ground: &Ground, way: Way) -> (Spent, usize) {
    let clock = ground.clock();
    let events = match way {
        Way::Bare => bare(ground.raw.clone()).await,
        Way::Log => ground.store.log().stream().try_fold(0, |count, _| ready(Ok(count + 1))).await.unwrap(),
        Way::Events => {
            let events = ground.store.events::<AccountEvent>().stream();
            let (count, sum) = events
                .try_fold((0, 0), |(count, sum), recorded| {
                    let AccountEvent::Deposited { amount, .. } = recorded.event;
                    ready(Ok((count + 1, sum + amount)))
                })
                .await
                .unwrap();
            assert_eq!(sum, 7 * EVENTS as u64);
            count
        }
        Way::Projection => {
            let balances = ground.store.projection::<Balance>();
            // From the first event on, each time.
            balances.rebuild().await.unwrap();
            let row = balances.get("f0").await.unwrap().unwrap();
            assert_eq!((row.sum, row.movements), (7 * PER_STREAM as u64, PER_STREAM as u64));
            EVENTS
        }
    };
    (clock.stop(), events)
}

/// The pointers in batches, the lists that they point at pipelined, the next pointers while those are under way; nothing
/// is looked at but what the next command needs.
async fn bare(raw: MultiplexedConnection) -> usize {
    let mut events = 0;
    let (mut one, mut other) = (raw.clone(), raw);
    let mut entries = pointers(&mut one, LOG, None).await;
    while let Some(last) = entries.last() {
        let last = id_of(last);
        let lists = lists(&entries, 0);
        let (next, answers) =
            tokio::join!(pointers(&mut one, LOG, Some(&last)), other.req_packed_commands(&lists, 0, lists.len()));
        events += answers.unwrap().into_iter().map(|answer| array(answer).len()).sum::<usize>();
        entries = next;
    }
    events
}

pub(crate) async fn pointers(raw: &mut MultiplexedConnection, log: &str, after: Option<&str>) -> Vec<Value> {
    let mut command = redis::cmd("XRANGE");
    let start = after.map_or_else(|| "-".to_owned(), |after| format!("({after}"));
    command.arg(log).arg(start).arg("+").arg("COUNT").arg(BATCH);
    array(raw.req_packed_command(&command).await.unwrap())
}

/// The commands that read what these entries point at: runs of one stream by one command.
pub(crate) fn lists(entries: &[Value], partition: u16) -> Pipeline {
    let pointers: Vec<_> = entries.iter().map(pointer).collect();
    let mut commands = redis::pipe();
    for run in pointers.chunk_by(|one, next| one.0 == next.0 && one.1 + 1 == next.1) {
        let (stream, version) = run[0];
        let id = &stream[AGGREGATE.len() + 1..];
        commands.cmd("LRANGE").arg(stream_key_in(partition, id)).arg(version - 1).arg(version + run.len() - 2);
    }
    commands
}

fn parts(entry: &Value) -> (&[u8], &[u8]) {
    if let Value::Array(parts) = entry
        && let [Value::BulkString(id), Value::Array(fields)] = parts.as_slice()
        && let [_, Value::BulkString(pointer)] = fields.as_slice()
    {
        return (id, pointer);
    }
    panic!("expected an entry of one field, found {entry:?}")
}

pub(crate) fn id_of(entry: &Value) -> String {
    String::from_utf8_lossy(parts(entry).0).into_owned()
}

pub(crate) fn pointer(entry: &Value) -> (&str, usize) {
    let mut words = std::str::from_utf8(parts(entry).1).unwrap().split(' ');
    (words.next().unwrap(), words.next().unwrap().parse().unwrap())
}

pub(crate) async fn run() {
    heading("replay: 300,000 events of 200 bytes, 60,000 streams of 5, one partition; events a second");
    for layout in [Layout::Interleaved, Layout::Runs] {
        let ground = Ground::start(Durability::Memory).await;
        data::fill(&ground, layout, "f", STREAMS, PER_STREAM).await;
        let mut rounds = Rounds::new(WAYS.len());
        for round in 0..ROUNDS {
            for which in rounds.order(round) {
                let (spent, events) = replay(&ground, WAYS[which].1).await;
                assert_eq!(events, EVENTS);
                rounds.add(which, spent, events);
            }
        }
        for (which, (what, _)) in WAYS.into_iter().enumerate() {
            let rate = rounds.rate(which);
            let mut ratios = vec![rounds.work(which)];
            if which > 0 {
                let met = rate >= 450_000.0 || rounds.ratio(which, 0) >= 0.8;
                ratios.insert(0, format!("goal 450 k/s or 0.80: {}", if met { "met" } else { "missed" }));
                ratios.insert(0, rounds.against("the bare reads", which, 0, Goal::None));
            }
            line(&format!("{what}, {}", layout.name()), Durability::Memory.name(), &per_second(rate), &ratios);
        }
    }
}
