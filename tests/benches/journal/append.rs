//! Appending one event: by one writer, and by many at once, each with streams of its own.

use super::{
    bare,
    data::{self, PER_STREAM},
    ground::{Durability, Ground},
    report::{Goal, Rounds, against, heading, line, micros, per_second},
    spent::Spent,
};
use annals::journal::{Append, Journal, RedisJournal, Verdict};
use redis::{Cmd, Value, aio::ConnectionLike, aio::MultiplexedConnection};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const ROUNDS: usize = 9;
const WRITERS: [usize; 3] = [1, 64, 256];

/// One way to append.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Library,
    Call,
    Push,
}

const WAYS: [Way; 3] = [Way::Library, Way::Call, Way::Push];

/// What one writer is to send.
enum Work {
    Appends(Vec<Append>),
    Commands(Vec<Cmd>, fn(Value) -> bool),
}

/// Sends so many appends by so many writers; answers how long all of it took, and each of them.
pub(crate) async fn round(
    ground: &Ground,
    function: &str,
    way: Way,
    writers: usize,
    appends: usize,
    name: &str,
) -> (Spent, Vec<Duration>) {
    let works: Vec<_> = (0..writers)
        .map(|writer| {
            let numbers = 0..appends / writers;
            let place = |number| (format!("{name}-{writer}-{}", number / PER_STREAM), number % PER_STREAM);
            let places = numbers.map(place);
            match way {
                Way::Library => Work::Appends(places.map(|(id, version)| data::append(&id, version)).collect()),
                Way::Call => {
                    let calls = places.map(|(id, version)| bare::call(function, &id, version));
                    Work::Commands(calls.collect(), bare::is_appended)
                }
                Way::Push => {
                    let pushes = places.map(|(id, version)| bare::push(&id, version));
                    Work::Commands(pushes.collect(), |answer| matches!(answer, Value::Int(_)))
                }
            }
        })
        .collect();
    let clock = ground.clock();
    let mut tasks = JoinSet::new();
    for work in works {
        match work {
            Work::Appends(appends) => tasks.spawn(append_all(Arc::clone(&ground.journal), appends)),
            Work::Commands(commands, fine) => tasks.spawn(send_all(ground.raw.clone(), commands, fine)),
        };
    }
    let times = tasks.join_all().await.concat();
    (clock.stop(), times)
}

async fn append_all(journal: Arc<RedisJournal>, appends: Vec<Append>) -> Vec<Duration> {
    let mut times = Vec::with_capacity(appends.len());
    for append in appends {
        let start = Instant::now();
        let verdict = journal.append(append).await.unwrap();
        times.push(start.elapsed());
        assert!(matches!(verdict, Verdict::Appended(_)));
    }
    times
}

pub(crate) async fn send_all(
    mut raw: MultiplexedConnection,
    commands: Vec<Cmd>,
    fine: fn(Value) -> bool,
) -> Vec<Duration> {
    let mut times = Vec::with_capacity(commands.len());
    for command in &commands {
        let start = Instant::now();
        let answer = raw.req_packed_command(command).await.unwrap();
        times.push(start.elapsed());
        assert!(fine(answer), "the server refused `{}`", String::from_utf8_lossy(&command.get_packed_command()));
    }
    times
}

/// How many appends one round has.
pub(crate) fn appends(writers: usize, durability: Durability) -> usize {
    let many = match writers {
        1 => 1_000,
        64 => 12_800,
        _ => 25_600,
    };
    if durability == Durability::Always { many / 4 } else { many }
}

pub(crate) async fn run() {
    heading("append: one event of 200 bytes, each writer on streams of its own; medians of rounds that take turns");
    let mut grounds = Vec::new();
    for durability in Durability::ALL {
        let mut ground = Ground::start(durability).await;
        let function = bare::function(&mut ground.raw, "append").await;
        grounds.push((durability, ground, function));
    }
    for writers in WRITERS {
        let mut rounds = Rounds::new(grounds.len() * WAYS.len());
        let mut times = vec![Vec::new(); grounds.len() * WAYS.len()];
        for round_number in 0..ROUNDS {
            for which in rounds.order(round_number) {
                let ((durability, ground, function), way) = (&grounds[which / WAYS.len()], WAYS[which % WAYS.len()]);
                let appends = appends(writers, *durability);
                let name = format!("{writers}-{round_number}-{way:?}");
                let (spent, each) = round(ground, function, way, writers, appends, &name).await;
                rounds.add(which, spent, appends / writers * writers);
                times[which].extend(each);
            }
        }
        for (index, (durability, ..)) in grounds.iter().enumerate() {
            let first = index * WAYS.len();
            let (library, call, push) = (first, first + 1, first + 2);
            let floor = if writers == 256 { Goal::AtLeast(0.60) } else { Goal::None };
            let mut ratios = vec![
                rounds.against("the bare call", library, call, Goal::AtLeast(0.90)),
                rounds.against("RPUSH", library, push, floor),
            ];
            if writers == 256 && *durability == Durability::Always {
                let everysec = first - WAYS.len();
                ratios.push(rounds.against("everysec", library, everysec, Goal::AtLeast(0.40)));
            }
            let value = per_second(rounds.rate(library));
            line(&format!("append, {writers} writers"), durability.name(), &value, &ratios);
            for (what, way) in [("the library", library), ("the bare call", call), ("RPUSH", push)] {
                line(&format!("  {what}"), "", &per_second(rounds.rate(way)), &[rounds.work(way)]);
            }
            if writers == 1 {
                alone(durability.name(), &times[first..first + WAYS.len()]);
            }
        }
    }
}

/// What the only writer waits for one append.
fn alone(durability: &str, times: &[Vec<Duration>]) {
    let [library, call, push] = [0, 1, 2].map(|way| (micros(&times[way], 50), micros(&times[way], 99)));
    let ratios = [
        against("RPUSH", library.0 / push.0, Goal::AtMost(1.25)),
        format!("p99 {:.0} µs", library.1),
        format!("bare call {:.0} µs, p99 {:.0}", call.0, call.1),
        format!("RPUSH {:.0} µs, p99 {:.0}", push.0, push.1),
    ];
    line("append, p50 of the only writer", durability, &format!("{:.0} µs", library.0), &ratios);
}
