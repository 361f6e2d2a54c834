//! Projections that run: live, shared by several, handed over, fenced off, stopped, waited for.

use super::wallets::{Wallet, assert_wallets_are_as_expected, send};
use crate::engines::{on_every_engine, redis};
use annals::{
    Store,
    projector::{CaughtUp, ProjectError, Projector},
};
use annals_test_support::RedisServer;
use std::{
    future::IntoFuture,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tokio::{sync::oneshot, task::JoinHandle};

type Running = (oneshot::Sender<()>, JoinHandle<Result<CaughtUp, ProjectError>>);

/// Runs the wallets in a task until the sender is dropped.
fn run(wallets: &Projector<Wallet>, lease: Duration) -> Running {
    let (stop, stopped) = oneshot::channel::<()>();
    let running = wallets.run(async { drop(stopped.await) }).lease_for(lease);
    (stop, tokio::spawn(running.into_future()))
}

const LEASE: Duration = Duration::from_millis(500);

/// Waits until the rows contain all that there is.
async fn caught_up(store: &Store, wallets: &Projector<Wallet>) {
    let now = store.head().await.unwrap();
    wallets.wait_until(now).within(Duration::from_secs(20)).await.unwrap();
}

on_every_engine! {
    async fn a_projection_that_runs_takes_in_what_is_there_and_what_comes(store) {
        send(store, 0..150).await;
        let wallets = store.projection::<Wallet>();
        let (stop, running) = run(&wallets, LEASE);
        caught_up(store, &wallets).await;
        assert_wallets_are_as_expected(store).await;
        for part in 0..10 {
            send(store, 150 + part..151 + part).await;
            caught_up(store, &wallets).await;
        }
        assert_wallets_are_as_expected(store).await;
        drop(stop);
        assert_eq!(running.await.unwrap().unwrap().events, 160);
    }

    async fn several_share_the_work_and_hand_it_over_at_once_when_they_stop_and_soon_when_they_crash(store) {
        let wallets = store.projection::<Wallet>();
        let others: Vec<_> = (0..3).map(|_| run(&wallets, LEASE)).collect();
        send(store, 0..60).await;
        caught_up(store, &wallets).await;
        let mut others = others.into_iter();

        // One stops, and one crashes: it gives nothing back.
        let (stop, running) = others.next().unwrap();
        drop(stop);
        let mut events = running.await.unwrap().unwrap().events;
        let (_stop, crashing) = others.next().unwrap();
        crashing.abort();
        let _ = crashing.await;
        let crashed = Instant::now();
        send(store, 60..120).await;
        caught_up(store, &wallets).await;
        assert!(crashed.elapsed() < Duration::from_secs(5), "{:?}", crashed.elapsed());
        assert_wallets_are_as_expected(store).await;

        let (stop, running) = others.next().unwrap();
        drop(stop);
        events += running.await.unwrap().unwrap().events;
        assert!(events <= 120, "{events} events were counted, of 120");
    }

    async fn a_reader_waits_for_its_own_write_and_is_told_how_far_the_rows_are(store) {
        send(store, 0..3).await;
        let wallets = store.projection::<Wallet>();
        wallets.catch_up().await.unwrap();
        let transfers = store.repository::<super::wallets::Transfer>();
        let send = super::wallets::Send { from: "ann".to_owned(), to: "bob".to_owned(), cents: 1 };
        let written = transfers.execute("own", send).await.unwrap();
        let error = wallets.wait_until(written.token()).within(Duration::from_millis(20)).await.unwrap_err();
        let ProjectError::Behind { wanted, reached, .. } = error else { panic!("{error}") };
        assert_eq!(Some(wanted), written.position());
        assert_eq!((reached.partition(), reached.number()), (wanted.partition(), wanted.number() - 1));

        let (stop, running) = run(&wallets, LEASE);
        wallets.wait_until(written.token()).await.unwrap();
        let row = wallets.get("ann").await.unwrap().unwrap();
        assert!(row.moves > 0);
        drop(stop);
        running.await.unwrap().unwrap();
    }
}

/// The other process of the next test: runs the projection, and says when a commit is about to be sent and how it was
/// answered.
#[tokio::test]
#[ignore = "run by a_worker_that_was_paused_past_its_lease_cannot_write"]
async fn runs_as_another_process() {
    let options = annals::journal::RedisOptions::new().namespace("p1").partitions(1);
    let url = std::env::var("ANNALS_PAUSED_URL").expect("the other test says where");
    let journal = annals::journal::RedisJournal::connect(&url, &options).await.unwrap();
    let store = Store::on(crate::faults::With::around(BeforeCommit, journal), "paused");
    let running = store.projection::<Wallet>().run(std::future::pending()).lease_for(Duration::from_millis(700));
    running.await.unwrap();
}

/// Says when a commit is about to be sent, and waits a moment, in which the process is stopped.
#[derive(Debug)]
struct BeforeCommit;

impl crate::faults::Around for BeforeCommit {
    fn before(
        &self,
        call: &'static str,
    ) -> futures_util::future::BoxFuture<'_, Result<(), annals::journal::JournalError>> {
        Box::pin(async move {
            if call == "commit" {
                say("before a commit");
                // A blocking pause: nothing else of this process goes on meanwhile, as the lease's renewal.
                std::thread::sleep(Duration::from_millis(300));
            }
            Ok(())
        })
    }

    fn after(
        &self,
        call: &'static str,
    ) -> futures_util::future::BoxFuture<'_, Result<(), annals::journal::JournalError>> {
        Box::pin(async move {
            if call == "commit" {
                say("after a commit");
            }
            Ok(())
        })
    }
}

fn say(what: &str) {
    let mut out = std::io::stdout();
    // The harness captures what `println!` writes.
    let _ = writeln!(out, "{what}");
    let _ = out.flush();
}

#[tokio::test]
async fn a_worker_that_was_paused_past_its_lease_cannot_write() {
    let server = RedisServer::start();
    let journal = std::sync::Arc::new(redis(&server, 1).await);
    let store = Store::on(std::sync::Arc::clone(&journal), "other");
    let wallets = store.projection::<Wallet>();
    wallets.catch_up().await.unwrap();
    let this = std::env::current_exe().unwrap();
    let mut child = Command::new(this)
        .args(["--ignored", "--exact", "--nocapture", "read_models::running::runs_as_another_process"])
        .env("ANNALS_PAUSED_URL", server.url())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut wait_for = move |what: &str| lines.by_ref().map(Result::unwrap).find(|line| line.contains(what)).unwrap();
    let signal = |signal: &str, pid: u32| {
        assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
    };

    send(&store, 0..10).await;
    wait_for("before a commit");
    signal("-STOP", child.id());
    let stopped_at = wallets.lag().await.unwrap();
    assert!(stopped_at > 0, "the worker had written before it was stopped");

    // Past its lease, another one takes the partition over, and waits for nobody.
    tokio::time::sleep(Duration::from_millis(900)).await;
    let (stop, running) = run(&wallets, LEASE);
    caught_up(&store, &wallets).await;
    assert_wallets_are_as_expected(&store).await;
    let revision =
        annals::journal::Journal::revision(&*journal, &annals::journal::ReadModel::new("wallets", 1)).await.unwrap();

    signal("-CONT", child.id());
    wait_for("after a commit");
    let after =
        annals::journal::Journal::revision(&*journal, &annals::journal::ReadModel::new("wallets", 1)).await.unwrap();
    assert_eq!(after, revision, "what was paused past its lease has written");
    assert_wallets_are_as_expected(&store).await;
    child.kill().unwrap();
    child.wait().unwrap();
    drop(stop);
    running.await.unwrap().unwrap();
}
