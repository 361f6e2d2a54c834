//! The laboratory: what it brings to send many appends in one function call, by a function that does the least there is
//! to do.

use super::{
    append::{self, Way, send_all},
    bare,
    data::{self, PER_STREAM},
    ground::{Durability, Ground, array},
    report::{Goal, Rounds, heading, line, per_second},
    spent::Spent,
};
use redis::{Cmd, Value};
use tokio::task::JoinSet;

const ROUNDS: usize = 9;
const SOURCE: &str = include_str!("groups.lua");
const WRITERS: usize = 256;
/// How many appends one call has.
const GROUP: usize = 64;

/// Sends so many appends in groups, as many calls at a time as there are groups of writers.
async fn round(ground: &Ground, group: usize, appends: usize, name: &str) -> Spent {
    let tasks_of = WRITERS / group;
    let works: Vec<Vec<Cmd>> = (0..tasks_of)
        .map(|task| (0..appends / WRITERS).map(|number| call(name, task * group, group, number)).collect())
        .collect();
    let clock = ground.clock();
    let mut tasks = JoinSet::new();
    for commands in works {
        tasks.spawn(send_all(ground.raw.clone(), commands, |answer| {
            matches!(array(answer).first(), Some(Value::Int(_)))
        }));
    }
    tasks.join_all().await;
    clock.stop()
}

/// The appends of some writers in one call.
fn call(name: &str, first: usize, group: usize, number: usize) -> Cmd {
    let ids: Vec<_> = (first..first + group).map(|writer| format!("{name}-{writer}-{}", number / PER_STREAM)).collect();
    let mut command = redis::cmd("FCALL");
    command.arg("annals_bench_appends").arg(group + 1).arg("{annals:0}:bench-log");
    for id in &ids {
        command.arg(format!("{{annals:0}}:bench:{id}"));
    }
    let event = data::event().write(&annals::journal::AppendId::fresh()).unwrap();
    for id in &ids {
        command.arg(format!("{} {} {}", data::stream(id), number % PER_STREAM + 1, data::TYPE)).arg(&event);
    }
    command
}

pub(crate) async fn run() {
    heading("groups: the laboratory; a function that does the least, 256 appends under way");
    let mut grounds = Vec::new();
    for durability in [Durability::Memory, Durability::Always] {
        let mut ground = Ground::start(durability).await;
        let load = redis::cmd("FUNCTION").arg("LOAD").arg(SOURCE).query_async::<String>(&mut ground.raw).await;
        load.unwrap();
        let function = bare::function(&mut ground.raw, "append").await;
        grounds.push((durability, ground, function));
    }
    for (durability, ground, function) in &grounds {
        let mut rounds = Rounds::new(3);
        let appends = append::appends(WRITERS, *durability);
        for round_number in 0..ROUNDS {
            for way in rounds.order(round_number) {
                let name = format!("{round_number}-{way}");
                let spent = match way {
                    0 => round(ground, 1, appends, &name).await,
                    1 => round(ground, GROUP, appends, &name).await,
                    _ => append::round(ground, function, Way::Library, WRITERS, appends, &name).await.0,
                };
                rounds.add(way, spent, appends);
            }
        }
        line("a call each", durability.name(), &per_second(rounds.rate(0)), &[rounds.work(0)]);
        let ratios = [rounds.against("a call each", 1, 0, Goal::None), rounds.work(1)];
        line(&format!("groups of {GROUP}"), durability.name(), &per_second(rounds.rate(1)), &ratios);
        let ratios = [rounds.against("those groups", 2, 1, Goal::None), rounds.work(2)];
        line("the library, 256 writers", durability.name(), &per_second(rounds.rate(2)), &ratios);
    }
}
