//! What a command takes: with and without a snapshot, with and without a cache, on short and on long streams.
//!
//! `cargo bench -p annals-tests` starts a Redis server of its own, without persistence and with an AOF that is written
//! each second, and prints medians. The kinds take turns within one run, so their ratios mean more than their times.

use annals::{Existence, prelude::*, repository::Repository};
use annals_test_support::RedisServer;
use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

const ROUNDS: usize = 11;
const STREAMS: usize = 64;
const WRITERS: usize = 32;

#[derive(Event, Serialize, Deserialize, Clone)]
enum AccountEvent {
    Deposited { amount: i64, by: String, note: String },
}

macro_rules! accounts {
    ($($account:ident, $deposit:ident $(, $snapshot:ident($every:ident = $events:literal))?;)*) => {
        $(
            #[derive(Aggregate, Clone, Default, Serialize, Deserialize)]
            #[aggregate(event = AccountEvent, name = "account" $(, $snapshot($every = $events))?)]
            struct $account {
                #[on(Deposited { amount, .. } => += *amount)]
                balance: i64,
                #[on(Deposited { by, .. })]
                last: String,
                #[on(Deposited { .. } => += 1)]
                movements: u64,
            }

            /// Several deposits at once.
            #[derive(Clone)]
            struct $deposit(usize);

            impl Command for $deposit {
                type Aggregate = $account;
                type Error = Infallible;

                fn existence(&self) -> Existence {
                    Existence::Any
                }

                fn decide(self, account: &$account, _: &Context) -> Result<Vec<AccountEvent>, Infallible> {
                    let event = AccountEvent::Deposited {
                        amount: 1 + account.balance % 7,
                        by: "clerk-7".to_owned(),
                        note: "paid in at the counter of the branch office, in coins".to_owned(),
                    };
                    Ok(vec![event; self.0])
                }
            }
        )*
    };
}

accounts! {
    Plain, DepositPlain;
    Kept, DepositKept, snapshot(every = 100);
}

/// One way to run commands.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kind {
    snapshots: bool,
    cache: bool,
}

const KINDS: [(&str, Kind); 4] = [
    ("events alone", Kind { snapshots: false, cache: false }),
    ("events, cached", Kind { snapshots: false, cache: true }),
    ("snapshot", Kind { snapshots: true, cache: false }),
    ("snapshot, cached", Kind { snapshots: true, cache: true }),
];

/// Brings the streams to where they are measured, and the state into the cache.
async fn prepare<A: Aggregate<Id = String>, C: Command<Aggregate = A>>(
    accounts: &Repository<A>,
    ids: &[String],
    length: usize,
    deposit: impl Fn(usize) -> C,
) {
    for id in ids {
        let missing =
            length.saturating_sub(usize::try_from(accounts.load(id).await.unwrap().version.number()).unwrap());
        if missing > 0 {
            accounts.execute(id, deposit(missing)).await.map_err(|error| error.to_string()).unwrap();
        }
        if A::SNAPSHOTS.is_some_and(|snapshots| length >= snapshots.every() as usize) {
            accounts.snapshot(id).await.unwrap();
        }
        accounts.load(id).await.unwrap();
    }
}

/// How long each command takes, one after another, and how many a second are done by many at once.
async fn measure<A: Aggregate<Id = String>, C: Command<Aggregate = A>>(
    accounts: Repository<A>,
    ids: Vec<String>,
    length: usize,
    deposit: impl Fn(usize) -> C,
) -> (Vec<Duration>, Duration) {
    prepare(&accounts, &ids, length, &deposit).await;
    let mut times = Vec::new();
    for id in &ids {
        let start = Instant::now();
        accounts.execute(id, deposit(1)).await.map_err(|error| error.to_string()).unwrap();
        times.push(start.elapsed());
    }
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (accounts, command) = (accounts.clone(), deposit(1));
        let ids: Vec<_> = ids.iter().skip(writer).step_by(WRITERS).cloned().collect();
        tasks.spawn(async move {
            for id in ids {
                accounts.execute(&id, command.clone()).await.map_err(|error| error.to_string()).unwrap();
            }
        });
    }
    tasks.join_all().await;
    (times, start.elapsed() / u32::try_from(ids.len()).unwrap())
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}

async fn run(store: &Store, length: usize) {
    let mut found: Vec<(Vec<Duration>, Vec<Duration>)> = vec![Default::default(); KINDS.len()];
    for round in 0..ROUNDS {
        for turn in 0..KINDS.len() {
            let which = (turn + round) % KINDS.len();
            let kind = KINDS[which].1;
            // Long streams are used again: a few more events make no difference to them.
            let name =
                |stream| if length > 100 { format!("{stream}") } else { format!("{length}-{round}-{which}-{stream}") };
            let ids: Vec<_> = (0..STREAMS).map(name).collect();
            let (times, each) = if kind.snapshots {
                let accounts = store.repository::<Kept>();
                let accounts = if kind.cache { accounts.cached(STREAMS) } else { accounts };
                measure(accounts, ids, length, DepositKept).await
            } else {
                let accounts = store.repository::<Plain>();
                let accounts = if kind.cache { accounts.cached(STREAMS) } else { accounts };
                measure(accounts, ids, length, DepositPlain).await
            };
            found[which].0.extend(times);
            found[which].1.push(each);
        }
    }
    let (mut base, mut base_each) = (0.0, 0.0);
    for ((name, kind), (mut times, mut each)) in KINDS.into_iter().zip(found) {
        let (time, each) = (median(&mut times), median(&mut each));
        if kind == KINDS[0].1 {
            (base, base_each) = (time, each);
        }
        println!(
            "{length:>6} events  {name:<17} {time:>8.0} µs alone ({:>4.2})  {each:>8.1} µs each of {WRITERS} writers ({:>4.2})",
            time / base,
            each / base_each
        );
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let servers = [
        ("no persistence", RedisServer::builder()),
        ("AOF everysec", { RedisServer::builder().args(["--appendonly", "yes", "--appendfsync", "everysec"]) }),
    ];
    for (durability, builder) in servers {
        let server = builder.start();
        println!("\n{durability}; medians of {} commands, and their ratios", ROUNDS * STREAMS);
        runtime.block_on(async {
            let store = Store::connect(&server.url()).await.unwrap();
            for length in [5, 1_000] {
                run(&store, length).await;
            }
        });
    }
}
