//! Where appends wait for their turn, so that many of one partition share one call and one barrier.

use super::{
    barrier::Barrier,
    connection::{Connection, Failure},
    functions::{Call, Functions},
};
use crate::{
    journal::{Demand, Reached},
    trace::tell,
};
use redis::Value;
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// How many appends one call has at most.
const GROUP: usize = 64;
/// How many calls of one lane are under way: while the server works on one, the next is on its way.
const CALLS: usize = 2;
/// How large a call of several appends gets; a larger one goes alone.
const GROUP_BYTES: usize = 1 << 20;
/// How much longer than a call its appends wait for what it says.
const GRACE: Duration = Duration::from_millis(100);
/// How many events a call of several appends gets.
const GROUP_EVENTS: usize = 1_000;

/// An append as it is sent, but for whether it may have been sent before.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) partition: u16,
    /// The keys of the log and the head.
    pub(super) shared: Arc<[String; 2]>,
    /// The key of the stream, and that of the idempotency key.
    pub(super) keys: Vec<String>,
    /// The expected version, where nothing but that is to be compared; otherwise empty.
    pub(super) short: String,
    /// The log id of the event at the expected version, and a space; empty where any will do.
    pub(super) after: String,
    /// The header before the word that says whether it may have been sent before, and after it.
    pub(super) header: [String; 2],
    /// What follows the header: the command and how long to keep it, where there is an idempotency key.
    pub(super) once: Vec<String>,
    pub(super) events: Vec<String>,
    pub(super) bytes: usize,
}

/// How a call answered one of its appends.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) verdict: Value,
    /// How safe it is.
    pub(super) reached: Reached,
    /// Why it is not known how safe it is, if so.
    pub(super) unconfirmed: Option<String>,
}

/// Every lane: for appends that are done when the server has them, one a partition, all on one connection; for those that
/// wait for more, one for each thing that they wait for. A barrier holds up its connection, so these have their own.
#[derive(Debug)]
pub(super) struct Lanes {
    memory: Arc<Connection>,
    functions: Arc<Functions>,
    barrier: Barrier,
    open: Mutex<HashMap<(Demand, u16), Arc<Lane>>>,
}

impl Lanes {
    /// Lanes to the server of this connection, each behind this barrier.
    pub(super) fn new(connection: &Connection, functions: Arc<Functions>, barrier: Barrier) -> Self {
        Self { memory: Arc::new(connection.another()), functions, barrier, open: Mutex::default() }
    }

    /// The barrier that is behind the calls.
    pub(super) fn barrier(&self) -> &Barrier {
        &self.barrier
    }

    /// Sends an append, with others or alone.
    pub(super) async fn send(
        &self,
        append: &Arc<Prepared>,
        demand: Demand,
        sent_before: bool,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { append: Arc::clone(append), sent_before, deadline, answer };
        let lane = self.lane(demand, append.partition);
        match lane.enter(waiting) {
            Turn::Wait => {}
            Turn::Run(place) => drop(tokio::spawn(place.run())),
            // Nobody else is there, so nothing is to be gained by another task.
            Turn::Alone(place, waiting) => {
                place.lane.send(vec![waiting]).await;
                drop(place);
            }
        }
        // A moment more than the call itself has, which knows better than this whether anything was sent.
        match tokio::time::timeout_at(deadline + GRACE, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Failure::Lost("its call ended without an answer".to_owned())),
            Err(_) => Err(Failure::Lost("no answer came in time".to_owned())),
        }
    }

    fn lane(&self, demand: Demand, partition: u16) -> Arc<Lane> {
        let partition = if demand.is_none() { partition } else { 0 };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = open.entry((demand, partition)).or_insert_with(|| {
            let connection = if demand.is_none() {
                Arc::clone(&self.memory)
            } else {
                Arc::new(self.memory.another().patient(self.barrier.longest()))
            };
            let (functions, barrier) = (Arc::clone(&self.functions), self.barrier);
            Arc::new(Lane { connection, functions, demand, barrier, queue: Mutex::default() })
        });
        Arc::clone(lane)
    }
}

struct Lane {
    connection: Arc<Connection>,
    functions: Arc<Functions>,
    demand: Demand,
    barrier: Barrier,
    queue: Mutex<Queue>,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = self.queue();
        f.debug_struct("Lane")
            .field("demand", &self.demand)
            .field("under_way", &queue.under_way)
            .field("waiting", &queue.waiting.len())
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Queue {
    under_way: usize,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    append: Arc<Prepared>,
    sent_before: bool,
    deadline: Instant,
    answer: oneshot::Sender<Result<Answer, Failure>>,
}

impl Queue {
    /// The appends that go together next. Those that nobody waits for any more are not sent.
    fn next(&mut self) -> Vec<Waiting> {
        let mut group = Vec::new();
        let (mut bytes, mut events) = (0, 0);
        while let Some(next) = self.waiting.front() {
            bytes += next.append.bytes;
            events += next.append.events.len();
            let fits = group.len() < GROUP && bytes <= GROUP_BYTES && events <= GROUP_EVENTS;
            if !group.is_empty() && !fits {
                break;
            }
            let Some(next) = self.waiting.pop_front() else { break };
            if next.answer.is_closed() {
                bytes -= next.append.bytes;
                events -= next.append.events.len();
            } else {
                group.push(next);
            }
        }
        group
    }
}

/// What an append is to do that has come into a lane.
enum Turn {
    /// Wait: the calls that are under way take it along.
    Wait,
    /// Have the lane run.
    Run(Place),
    /// Go alone: nothing is under way.
    Alone(Place, Waiting),
}

/// The place of a call that is under way. It is given back in any case, by a panic or a caller who goes away too; whoever
/// waits by then is taken care of.
struct Place {
    lane: Arc<Lane>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queue = self.lane.queue();
        queue.under_way -= 1;
        if queue.waiting.is_empty() || queue.under_way > 0 {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            queue.under_way += 1;
            let place = Self { lane: Arc::clone(&self.lane) };
            drop(queue);
            runtime.spawn(place.run());
        }
    }
}

impl Place {
    /// Sends what waits, until nothing does.
    async fn run(self) {
        loop {
            // Whoever is ready to append does so first, and goes along.
            tokio::task::yield_now().await;
            let group = self.lane.queue().next();
            if group.is_empty() {
                return;
            }
            self.lane.send(group).await;
        }
    }
}

impl Lane {
    /// Lines up an append.
    fn enter(self: &Arc<Self>, waiting: Waiting) -> Turn {
        let mut queue = self.queue();
        if queue.under_way == CALLS {
            queue.waiting.push_back(waiting);
            return Turn::Wait;
        }
        queue.under_way += 1;
        let place = Place { lane: Arc::clone(self) };
        if queue.under_way == 1 && queue.waiting.is_empty() {
            return Turn::Alone(place, waiting);
        }
        queue.waiting.push_back(waiting);
        Turn::Run(place)
    }

    async fn send(&self, group: Vec<Waiting>) {
        // In the order in which they came, the appends of each partition in one call.
        let mut partitions: Vec<(u16, Vec<Waiting>)> = Vec::new();
        for waiting in group {
            let partition = waiting.append.partition;
            match partitions.iter_mut().find(|(known, _)| *known == partition) {
                Some((_, appends)) => appends.push(waiting),
                None => partitions.push((partition, vec![waiting])),
            }
        }
        tell!(
            trace,
            appends = partitions.iter().map(|(_, appends)| appends.len()).sum::<usize>(),
            "appends share a call"
        );
        let deadline = partitions.iter().flat_map(|(_, appends)| appends).map(|waiting| waiting.deadline).max();
        let deadline = deadline.unwrap_or_else(Instant::now);
        let calls = partitions.iter().map(|(_, appends)| self.call(appends)).collect();
        let barrier = self.barrier.commands(self.demand);
        let answers = self.functions.call_all(&self.connection, deadline, calls, &barrier).await;
        for ((_, appends), answer) in partitions.into_iter().zip(answers) {
            match answer {
                Ok((reply, barrier)) => {
                    let (reached, unconfirmed) = self.barrier.read(&self.connection, self.demand, barrier);
                    let verdicts = verdicts(reply, appends.len());
                    for (waiting, verdict) in appends.into_iter().zip(verdicts) {
                        let answer = match verdict {
                            Value::ServerError(error) => Err(self.connection.failure(&error)),
                            verdict => Ok(Answer { verdict, reached, unconfirmed: unconfirmed.clone() }),
                        };
                        // Nobody may wait for it any more; then it is told as any other append of which nobody knows.
                        let _ = waiting.answer.send(answer);
                    }
                }
                Err(failure) => {
                    for waiting in appends {
                        let _ = waiting.answer.send(Err(failure.clone()));
                    }
                }
            }
        }
    }

    /// One call for appends of one partition.
    fn call<'a>(&self, appends: &'a [Waiting]) -> Call<'a> {
        let mut call = Call::new("append");
        call.keys.extend(appends.iter().take(1).flat_map(|waiting| &*waiting.append.shared).map(String::as_str));
        call.arguments.push(if self.demand.is_none() { "0" } else { "1" }.into());
        for Waiting { append, sent_before, .. } in appends {
            let Prepared { keys, short, after, header: [kind, content], once, events, .. } = &**append;
            call.keys.extend(keys.iter().map(String::as_str));
            // One that may be there already is looked for.
            call.arguments.push(if *sent_before { "" } else { short.as_str() }.into());
            call.arguments.push(after.as_str().into());
            let retried = if *sent_before { " 1 " } else { " 0 " };
            call.arguments.push([kind.as_str(), retried, content].concat().into());
            call.arguments.extend(once.iter().chain(events).map(|text| text.as_str().into()));
        }
        call
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The verdicts of a call: one for each append, or one for all, where something stopped it before the first.
fn verdicts(reply: Value, appends: usize) -> Vec<Value> {
    match reply {
        Value::Array(mut words) if words.len() == appends + 1 && is_word(&words[0], "verdicts") => {
            words.remove(0);
            words
        }
        reply => vec![reply; appends],
    }
}

fn is_word(value: &Value, word: &str) -> bool {
    matches!(value, Value::BulkString(bytes) if bytes == word.as_bytes())
}
