//! Loading a stream: as it is stored, and decoded.

use super::{
    bare,
    data::{self, AccountEvent, Layout},
    ground::{Durability, Ground, array},
    report::{Goal, Rounds, heading, line, per_second},
    spent::Spent,
};
use annals::{Version, journal::Journal};
use redis::aio::ConnectionLike;
use std::sync::Arc;
use tokio::task::JoinSet;

const ROUNDS: usize = 11;
/// How many events are asked for at most.
const LIMIT: usize = 1_000;
const READERS: [usize; 2] = [1, 64];

#[derive(Clone, Copy, Debug)]
enum Way {
    Stored,
    Decoded,
    Range,
}

const WAYS: [Way; 3] = [Way::Stored, Way::Decoded, Way::Range];

/// Loads a stream once.
async fn load(journal: &impl Journal, raw: &mut impl ConnectionLike, way: Way, id: &str) -> usize {
    if let Way::Range = way {
        let mut command = redis::cmd("LRANGE");
        command.arg(bare::stream_key(id)).arg(0).arg(LIMIT - 1);
        return array(raw.req_packed_command(&command).await.unwrap()).len();
    }
    let events = journal.read_stream(&data::stream(id), Version::NONE, LIMIT).await.unwrap();
    if let Way::Decoded = way {
        return events.iter().filter(|event| event.decode::<AccountEvent>().is_ok()).count();
    }
    events.len()
}

async fn round(ground: &Ground, way: Way, length: usize, readers: usize, loads: usize, streams: usize) -> Spent {
    let clock = ground.clock();
    let mut tasks = JoinSet::new();
    for reader in 0..readers {
        let (journal, mut raw) = (Arc::clone(&ground.journal), ground.raw.clone());
        tasks.spawn(async move {
            for number in 0..loads / readers {
                let id = format!("{length}-{}", (number * readers + reader) % streams);
                assert_eq!(load(&journal, &mut raw, way, &id).await, length);
            }
        });
    }
    tasks.join_all().await;
    clock.stop()
}

pub(crate) async fn run() {
    heading("load: a stream of events of 200 bytes, against LRANGE of the same list");
    let ground = Ground::start(Durability::Memory).await;
    for (length, streams, loads) in [(5, 2_000, [1_000, 12_800]), (1_000, 20, [100, 256])] {
        data::fill(&ground, Layout::Runs, &format!("{length}-"), streams, length).await;
        for (readers, loads) in READERS.into_iter().zip(loads) {
            let mut rounds = Rounds::new(WAYS.len());
            for round_number in 0..ROUNDS {
                for way in rounds.order(round_number) {
                    let spent = round(&ground, WAYS[way], length, readers, loads, streams).await;
                    rounds.add(way, spent, loads / readers * readers);
                }
            }
            for (way, what, goal) in
                [(0, "read_stream", Goal::AtLeast(0.85)), (1, "and decoded", Goal::None), (2, "LRANGE", Goal::None)]
            {
                let ratios = [rounds.against("LRANGE", way, 2, goal), rounds.work(way)];
                let what = format!("{what}, {length} events, {readers} readers");
                line(&what, Durability::Memory.name(), &per_second(rounds.rate(way)), &ratios);
            }
        }
    }
}
