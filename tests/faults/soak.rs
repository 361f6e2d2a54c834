//! A soak: faults at random under load, round after round, for as many seconds as `SOAK_SECONDS` says.
//!
//! `SOAK_SECONDS=3600 cargo test -p annals-tests --all-features --test faults soak -- --nocapture`

use crate::{crashes::appends, dice::dice, load::Load};
use annals::journal::RedisOptions;
use annals_test_support::{Direction, Lose, Proxy, RedisServer, history::Loss};
use fastrand::Rng;
use std::{
    collections::BTreeMap,
    env,
    time::{Duration, Instant},
};

/// After so many rounds there is a new server, so that none grows for ever.
const ROUNDS_OF_A_SERVER: u32 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Kill,
    Cut,
    Freeze,
    Slow,
    LoseReplies,
    LoseRequests,
    FlushFunctions,
    StopServer,
    PauseWrites,
    JumpClock,
}

const FAULTS: [Fault; 10] = [
    Fault::Kill,
    Fault::Cut,
    Fault::Freeze,
    Fault::Slow,
    Fault::LoseReplies,
    Fault::LoseRequests,
    Fault::FlushFunctions,
    Fault::StopServer,
    Fault::PauseWrites,
    Fault::JumpClock,
];

/// A server, the wires to it, and what was done to both.
struct Ground {
    server: RedisServer,
    proxies: [Proxy; 2],
    rounds: u32,
}

impl Ground {
    fn new() -> Self {
        let server = RedisServer::builder().durable().with_clock().start();
        let proxies = [Proxy::to(&server), Proxy::to(&server)];
        Self { server, proxies, rounds: 0 }
    }

    /// Load with some faults in it, then the check; answers what was done.
    async fn round(&mut self, number: u32, dice: &mut Rng) -> BTreeMap<Fault, u64> {
        self.rounds += 1;
        let urls = self.proxies.each_ref().map(Proxy::url);
        let options = RedisOptions::new().namespace(format!("soak-{number}")).partitions(1);
        let load = Load::with(&self.server, &urls, options, Loss::None, dice).await;
        let mut done = BTreeMap::<Fault, u64>::new();
        for _ in 0..dice.u32(1..=4) {
            load.acknowledges(dice.u64(1..100)).await;
            let fault = FAULTS[dice.usize(..FAULTS.len())];
            *done.entry(fault).or_default() += self.strike(fault, &load, dice).await;
        }
        load.goes_on().await;
        let summary = load.end().await.summary;
        println!("round {number}: {done:?} {summary:?}");
        done
    }

    /// Does it, undoes what does not pass by itself, and answers how often it happened.
    async fn strike(&mut self, fault: Fault, load: &Load, dice: &mut Rng) -> u64 {
        // Shorter than anybody's patience: what is longer is another test's.
        let a_while = Duration::from_millis(dice.u64(20..1_000));
        let proxy = &self.proxies[dice.usize(..2)];
        let direction = if dice.bool() { Direction::ToServer } else { Direction::ToClient };
        let before = proxy.counts();
        match fault {
            Fault::Kill => {
                self.server.kill9();
                self.server.start_again();
                1
            }
            Fault::Cut => proxy.cut() as u64,
            Fault::Freeze => {
                proxy.freeze(direction);
                annals_test_support::until("something is frozen", || proxy.counts().frozen > before.frozen).await;
                tokio::time::sleep(a_while).await;
                proxy.thaw();
                proxy.counts().frozen - before.frozen
            }
            Fault::Slow => {
                proxy.delay(direction, Duration::from_millis(dice.u64(1..50)));
                proxy.throttle(direction, Some(dice.u32(50_000..500_000)));
                load.acknowledges(20).await;
                proxy.delay(direction, Duration::ZERO);
                proxy.throttle(direction, None);
                proxy.counts().throttled_bytes - before.throttled_bytes
            }
            Fault::LoseReplies | Fault::LoseRequests => {
                let lose = if fault == Fault::LoseReplies { Lose::Reply } else { Lose::Request };
                proxy.lose_by_chance(lose, appends(), 0.2, dice.u64(..));
                proxy.lost(before.lost_replies + before.lost_requests + dice.u64(1..10)).await;
                proxy.lose_nothing();
                let after = proxy.counts();
                after.lost_replies + after.lost_requests - before.lost_replies - before.lost_requests
            }
            Fault::FlushFunctions => {
                self.server.command(&["FUNCTION", "FLUSH"]);
                1
            }
            Fault::StopServer => {
                self.server.pause();
                tokio::time::sleep(a_while).await;
                self.server.resume();
                1
            }
            Fault::PauseWrites => {
                self.server.command(&["CLIENT", "PAUSE", &a_while.as_millis().to_string(), "WRITE"]);
                1
            }
            Fault::JumpClock => {
                self.server.set_clock(dice.i64(-7_200..60));
                1
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn soak() {
    let limit = env::var("SOAK_SECONDS").map_or(5, |seconds| seconds.parse().expect("SOAK_SECONDS is a number"));
    let (mut dice, begun) = (dice("soak"), Instant::now());
    let mut ground = Ground::new();
    let mut done = BTreeMap::<Fault, u64>::new();
    let mut number = 0;
    while number == 0 || begun.elapsed() < Duration::from_secs(limit) {
        if ground.rounds == ROUNDS_OF_A_SERVER {
            ground = Ground::new();
        }
        number += 1;
        for (fault, times) in ground.round(number, &mut dice).await {
            *done.entry(fault).or_default() += times;
        }
    }
    println!("soak: {number} rounds in {:?}: {done:?}", begun.elapsed());
    assert!(done.values().sum::<u64>() > 0, "no fault happened");
}
