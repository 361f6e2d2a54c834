//! How near the journal comes to what its server and its client can do: each line of it against the raw ceiling, which is
//! measured in the same run, through the same client, taking turns.
//!
//! `cargo bench -p annals-tests --bench journal` runs every group, `… --bench journal -- append load` some of them:
//! `append`, `groups`, `load`, `replay`, `rows`, `live`, `memory`. It starts its own servers, pinned to one core where there is
//! `taskset`, and keeps its own runtime on the other. Times depend on the machine; the ratios are what to look at. Beside
//! those by the clock stand those "by work": of what the busier core did, whatever else the machine was busy with.
//!
//! The runtime is one thread. With `workers` among the arguments it is the one of many threads, with one worker: there a
//! task that sends wakes the client at once, and what many tasks send at the same time goes out one by one, each by a
//! system call of its own.

mod append;
mod bare;
mod data;
mod ground;
mod groups;
mod live;
mod load;
mod memory;
mod replay;
mod report;
mod rows;
mod spent;

use ground::pin_client;
use tokio::runtime::Builder;

/// Asks for a runtime with a worker thread, as most programs have it, in place of one that is all in one thread.
const WORKERS: &str = "workers";
const GROUPS: [&str; 7] = ["append", "groups", "load", "replay", "rows", "live", "memory"];

fn main() {
    // `cargo bench` adds `--bench`.
    let mut asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let workers = asked.iter().any(|name| name == WORKERS);
    asked.retain(|name| name != WORKERS);
    if let Some(unknown) = asked.iter().find(|name| !GROUPS.contains(&name.as_str())) {
        println!("there is no group `{unknown}`; expected some of {}", GROUPS.join(", "));
        std::process::exit(2);
    }
    println!("{}; runtime {}", pin_client(), if workers { "with one worker" } else { "in one thread" });
    let runtime = if workers {
        Builder::new_multi_thread().worker_threads(1).enable_all().build()
    } else {
        Builder::new_current_thread().enable_all().build()
    };
    let runtime = runtime.unwrap();
    for group in GROUPS.into_iter().filter(|group| asked.is_empty() || asked.iter().any(|name| name == group)) {
        // Spawned, since what `block_on` itself runs has a thread of its own beside a worker, and each answer would have
        // to change threads.
        let done = runtime.spawn(async move {
            match group {
                "append" => append::run().await,
                "groups" => groups::run().await,
                "load" => load::run().await,
                "replay" => replay::run().await,
                "rows" => rows::run().await,
                "live" => live::run().await,
                _ => memory::run().await,
            }
        });
        runtime.block_on(done).unwrap();
    }
}
