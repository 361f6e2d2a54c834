//! Load: clients that write, read and project all the while; all that they ask and are told is recorded.

use crate::{
    tally::{Tally, counted},
    verdict::{Verdict, verdict},
};
use annals::{
    Store, StreamName, Version,
    journal::{self, After, Append, Expected, JournalError, LogRead, RedisJournal, RedisOptions},
    projector::ProjectError,
};
use annals_test_support::{
    RedisServer,
    history::{Client, Loss, Recorder},
    until,
};
use fastrand::Rng;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

/// How many clients write.
const WRITERS: u32 = 4;
/// To how many streams.
const STREAMS: usize = 6;

/// Clients at work.
pub(crate) struct Load {
    recorder: Recorder,
    journals: Vec<Arc<RedisJournal>>,
    told: Arc<Told>,
    tasks: Vec<JoinHandle<()>>,
    options: RedisOptions,
    loss: Loss,
    server: String,
}

/// What the clients were told so far.
#[derive(Default)]
pub(crate) struct Told {
    done: AtomicBool,
    /// The end of what was acknowledged may be lost, and who reads across that place is told of it.
    may_forget: bool,
    pub(crate) acknowledged: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    /// Appends that the server refused.
    pub(crate) refused: AtomicU64,
    /// And whatever else it refused.
    pub(crate) others_refused: AtomicU64,
    pub(crate) unknown: AtomicU64,
    pub(crate) unavailable: AtomicU64,
    pub(crate) rewound: AtomicU64,
    pub(crate) reads: AtomicU64,
    pub(crate) projected: AtomicU64,
    /// When each append was acknowledged.
    moments: Mutex<Vec<Instant>>,
    /// What the server said when it refused, each thing once.
    refusals: Mutex<Vec<String>>,
}

impl Load {
    /// Clients of this server.
    pub(crate) async fn on(server: &RedisServer, dice: &mut Rng) -> Self {
        Self::through(server, &[server.url(), server.url()], dice).await
    }

    /// Clients of a server that may lose the end of what it acknowledged.
    pub(crate) async fn on_forgetful(server: &RedisServer, dice: &mut Rng) -> Self {
        Self::with(server, &[server.url(), server.url()], RedisOptions::new(), Loss::Suffix, dice).await
    }

    /// Clients that reach this server by these URLs, in turn.
    pub(crate) async fn through(server: &RedisServer, urls: &[String], dice: &mut Rng) -> Self {
        Self::with(server, urls, RedisOptions::new(), Loss::None, dice).await
    }

    pub(crate) async fn with(
        server: &RedisServer,
        urls: &[String],
        options: RedisOptions,
        loss: Loss,
        dice: &mut Rng,
    ) -> Self {
        let mut journals = Vec::new();
        for url in urls {
            let journal = RedisJournal::connect(url, &options).await.expect("the server was started for this");
            journals.push(Arc::new(journal));
        }
        let told = Told { may_forget: loss != Loss::None, ..Told::default() };
        let (recorder, told) = (Recorder::new(), Arc::new(told));
        let of = |number: u32| Arc::clone(&journals[number as usize % journals.len()]);
        let mut tasks = Vec::new();
        for number in 0..WRITERS {
            let writer = Writer {
                client: recorder.client(number),
                journal: of(number),
                told: Arc::clone(&told),
                dice: dice.fork(),
                known: [Version::NONE; STREAMS],
                number: 0,
            };
            tasks.push(tokio::spawn(writer.work()));
        }
        tasks.push(tokio::spawn(read(recorder.client(WRITERS), of(0), Arc::clone(&told), dice.fork())));
        tasks.push(tokio::spawn(project(of(1), Arc::clone(&told))));
        Self { recorder, journals, told, tasks, options, loss, server: server.url() }
    }

    pub(crate) fn told(&self) -> &Told {
        &self.told
    }

    /// Waits until so many more appends were acknowledged.
    pub(crate) async fn acknowledges(&self, more: u64) {
        let before = self.told.acknowledged.load(SeqCst);
        until("appends are acknowledged", || {
            self.is_at_work();
            self.told.acknowledged.load(SeqCst) >= before + more
        })
        .await;
    }

    /// Waits until it is seen that appends, reads and projections go on.
    pub(crate) async fn goes_on(&self) {
        let counts = || [&self.told.reads, &self.told.projected].map(|count| count.load(SeqCst));
        let before = counts();
        self.acknowledges(40).await;
        until("reads and projections go on", || counts().iter().zip(before).all(|(now, before)| *now > before)).await;
    }

    /// Waits until a count of what the clients were told has grown by so much.
    pub(crate) async fn hears(&self, what: &str, more: u64, count: impl Fn(&Told) -> &AtomicU64) {
        let before = count(&self.told).load(SeqCst);
        until(what, || {
            self.is_at_work();
            count(&self.told).load(SeqCst) >= before + more
        })
        .await;
    }

    /// How many appends were acknowledged from this moment on.
    pub(crate) fn acknowledged_since(&self, moment: Instant) -> usize {
        let moments = self.told.moments.lock().expect("no client panicked");
        moments.iter().rev().take_while(|acknowledged| **acknowledged >= moment).count()
    }

    /// A client that ended before it was told to has panicked, and waiting for it would only hide that.
    fn is_at_work(&self) {
        assert!(!self.tasks.iter().any(JoinHandle::is_finished), "a client has panicked");
    }

    /// Stops the clients, and checks that what they were told holds, but for what may be lost.
    pub(crate) async fn end(self) -> Verdict {
        self.told.done.store(true, SeqCst);
        for task in self.tasks {
            task.await.expect("the clients met nothing that they do not know");
        }
        // What nobody waited for may be under way still; an append that is answered after it says that it is not.
        for (number, journal) in self.journals.iter().enumerate() {
            let last = Append::new(stream(STREAMS + number), Expected::Any, vec![counted(0, 0)]);
            let client = self.recorder.client(WRITERS + 1);
            let _ = client.append(&**journal, last).await.expect("the server can be reached at the end");
        }
        let journal = RedisJournal::connect(&self.server, &self.options).await.expect("the server runs at the end");
        verdict(&self.recorder, journal, self.loss).await
    }
}

impl Told {
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.refusals.lock().expect("no client panicked").clone()
    }

    fn is_done(&self) -> bool {
        self.done.load(SeqCst)
    }

    /// Counts an error that a fault may give; any other is a mistake.
    fn hear(&self, error: &JournalError, refused: &AtomicU64) {
        match error {
            JournalError::Unknown { .. } => self.unknown.fetch_add(1, SeqCst),
            JournalError::Unavailable { .. } => self.unavailable.fetch_add(1, SeqCst),
            JournalError::Refused { reason, .. } => {
                let mut refusals = self.refusals.lock().expect("no client panicked");
                if !refusals.contains(reason) {
                    refusals.push(reason.clone());
                }
                refused.fetch_add(1, SeqCst)
            }
            JournalError::Invalid { .. } => panic!("no fault gives this: {error}"),
            _ if self.may_forget => self.rewound.fetch_add(1, SeqCst),
            error => panic!("nothing was lost that could give this: {error}"),
        };
    }
}

/// A client that writes.
struct Writer {
    client: Client,
    journal: Arc<RedisJournal>,
    told: Arc<Told>,
    dice: Rng,
    /// How far it knows each stream.
    known: [Version; STREAMS],
    number: u64,
}

impl Writer {
    async fn work(mut self) {
        while !self.told.is_done() {
            let index = self.dice.usize(..STREAMS);
            let append = self.something(index);
            if self.dice.u8(..20) == 0 {
                // A caller that gives up, as one does whose own caller went away.
                let patience = Duration::from_micros(self.dice.u64(..2_000));
                let _ = tokio::time::timeout(patience, self.client.append(&*self.journal, append)).await;
            } else {
                self.settle(index, append).await;
            }
            // So that a run is long and not large: the check looks at every event.
            tokio::time::sleep(Duration::from_micros(self.dice.u64(200..2_000))).await;
        }
    }

    fn something(&mut self, index: usize) -> Append {
        let expected = match self.dice.u8(..10) {
            0..5 => Expected::Version(self.known[index]),
            5..8 => Expected::Any,
            8 => Expected::Existing,
            _ => Expected::Missing,
        };
        let events = (0..self.dice.usize(1..=4)).map(|_| {
            self.number += 1;
            counted(self.number, self.dice.usize(..200))
        });
        let events = events.collect();
        Append::new(stream(index), expected, events)
    }

    /// Appends, and where the outcome is unknown asks again, twice at most.
    async fn settle(&mut self, index: usize, append: Append) {
        for _ in 0..3 {
            match self.client.append(&*self.journal, append.clone()).await {
                Ok(journal::Verdict::Appended(appended) | journal::Verdict::Duplicate(appended)) => {
                    self.known[index] = *appended.versions().end();
                    self.told.moments.lock().expect("no client panicked").push(Instant::now());
                    self.told.acknowledged.fetch_add(1, SeqCst);
                    return;
                }
                Ok(journal::Verdict::Remembered(_)) => unreachable!("nobody asks under an idempotency key here"),
                Ok(journal::Verdict::Conflict(conflict)) => {
                    self.known[index] = conflict.actual;
                    self.told.conflicts.fetch_add(1, SeqCst);
                    return;
                }
                Err(error) => {
                    self.told.hear(&error, &self.told.refused);
                    if !matches!(error, JournalError::Unknown { .. }) {
                        return;
                    }
                }
            }
        }
    }
}

/// A client that reads streams, their versions and the log.
async fn read(client: Client, journal: Arc<RedisJournal>, told: Arc<Told>, mut dice: Rng) {
    let journal = &*journal;
    while !told.is_done() {
        let stream = stream(dice.usize(..STREAMS));
        let answer = match dice.u8(..3) {
            0 => client.stream_version(journal, &stream).await.map(drop),
            1 => client.read_stream(journal, &stream, Version::new(dice.u64(..300)), 50).await.map(drop),
            _ => {
                let after = dice.u64(..500);
                let after = if after == 0 { After::Start } else { After::Position(after) };
                client.read_log(journal, LogRead::new(0, after, 50)).await.map(drop)
            }
        };
        match answer {
            Ok(()) => drop(told.reads.fetch_add(1, SeqCst)),
            Err(error) => told.hear(&error, &told.others_refused),
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A projector that catches up again and again. Where the end of the log may be lost, its rows may hold what is lost: what it
/// had read before the crash it may commit after it. It is told so when it goes on, and then makes the rows anew.
async fn project(journal: Arc<RedisJournal>, told: Arc<Told>) {
    let store = Store::on(journal, "the journal of a test");
    let tallies = store.projection::<Tally>();
    let mut stopped = false;
    while !told.is_done() {
        let answer = if stopped { tallies.rebuild().await } else { tallies.catch_up().await };
        stopped = false;
        match answer {
            Ok(caught_up) => drop(told.projected.fetch_add(caught_up.events, SeqCst)),
            Err(ProjectError::Journal(error @ (JournalError::Unavailable { .. } | JournalError::Refused { .. }))) => {
                told.hear(&error, &told.others_refused);
            }
            Err(error) if told.may_forget => {
                println!("the projector stops: {error}");
                told.rewound.fetch_add(1, SeqCst);
                stopped = true;
            }
            Err(error) => panic!("nothing was lost that could give this: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn stream(index: usize) -> StreamName {
    StreamName::new("tally", &index.to_string())
}
