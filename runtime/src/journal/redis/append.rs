//! Appending: one function call, shared with others, and asked again under the same id until its outcome is known.

use super::{
    RedisJournal, checks,
    connection::{Failure, Patience},
    failed, foreign,
    lanes::{Answer, Prepared},
    once,
    reply::{Reply, Unexpected},
};
use crate::{
    journal::{
        Append, AppendId, Appended, Conflict, Demand, Durability, Expected, JournalError, LogId, Reached, Remembered,
        StoredEvent, Unconfirmed, Verdict,
    },
    model::{StreamName, Version},
    trace::tell,
};
use redis::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

impl RedisJournal {
    pub(super) async fn append_events(&self, append: Append) -> Result<Verdict, JournalError> {
        let operation = || format!("append to stream `{}`", append.stream);
        let demand = self.demand(append.durability, operation)?;
        let prepared = Arc::new(self.prepare(&append)?);
        if let Some(once) = &append.once {
            self.reserve(&append.stream, once).await?;
        }
        let watch = self.unsettled.watch(&append.id);
        let mut may_have_happened = watch.was_sent_before;
        let answer = self.send(&prepared, demand, &mut may_have_happened).await;
        // A refusal says that this time nothing was done; of an earlier time, whose answer was lost, it says nothing.
        let Answer { verdict, reached, unconfirmed } = match answer {
            Ok(answer) => answer,
            Err(failure) if may_have_happened => {
                return Err(unknown(&append, &failed(&operation(), failure).to_string()));
            }
            Err(failure) => {
                watch.settle();
                return Err(failed(&operation(), failure));
            }
        };
        let verdict = read_verdict(&append, prepared.partition, operation, verdict);
        if !matches!(verdict, Err(JournalError::Unknown { .. })) {
            watch.settle();
        }
        match &verdict {
            Ok(
                Verdict::Appended(appended)
                | Verdict::Duplicate(appended)
                | Verdict::Remembered(Remembered::Appended(appended)),
            ) if !demand.is_met(reached) => {
                let (appended, Append { stream, id, .. }) = (*appended, append);
                let (asked, reason) = (demand.to_string(), unconfirmed.unwrap_or_default());
                let unconfirmed = Unconfirmed { stream, id, appended, asked, reached, reason };
                Err(JournalError::Unconfirmed(Box::new(unconfirmed)))
            }
            _ => verdict,
        }
    }

    pub(super) async fn confirm_appended(
        &self,
        stream: StreamName,
        id: AppendId,
        appended: Appended,
        durability: Durability,
    ) -> Result<(), JournalError> {
        let operation = || format!("confirm the append `{id}` to stream `{stream}`");
        let demand = self.demand(durability, operation)?;
        if demand.is_none() {
            return Ok(());
        }
        let prepared = Prepared {
            header: ["confirm 0 -".to_owned(), "0 0 -".to_owned()],
            ..self.prepare_for(&stream, Vec::new())
        };
        let answer = self.send(&Arc::new(prepared), demand, &mut false).await;
        let (reached, reason) = match answer {
            Ok(Answer { reached, .. }) if demand.is_met(reached) => return Ok(()),
            Ok(Answer { reached, unconfirmed, .. }) => (reached, unconfirmed.unwrap_or_default()),
            Err(failure) => (Reached::default(), failed(&operation(), failure).to_string()),
        };
        let unconfirmed = Unconfirmed { stream, id, appended, asked: demand.to_string(), reached, reason };
        Err(JournalError::Unconfirmed(Box::new(unconfirmed)))
    }

    /// Sends an append until it is answered, or refused, or patience ends; notes when it may have happened unanswered.
    async fn send(
        &self,
        prepared: &Arc<Prepared>,
        demand: Demand,
        may_have_happened: &mut bool,
    ) -> Result<Answer, Failure> {
        let mut patience = Patience::new();
        loop {
            // What is waited for beyond the answer takes its own time.
            let longer = if demand.is_none() { Duration::ZERO } else { self.lanes.barrier().longest() };
            let deadline = patience.deadline() + longer;
            match self.lanes.send(prepared, demand, *may_have_happened, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Refused(refusal)) => return Err(Failure::Refused(refusal)),
                Err(failure) => {
                    *may_have_happened |= matches!(failure, Failure::Lost(_));
                    tell!(
                        warn,
                        stream_key = prepared.keys[0].as_str(),
                        failure = failure.to_string(),
                        "an append was not answered"
                    );
                    if !patience.wait().await {
                        return Err(failure);
                    }
                }
            }
        }
    }

    /// All that is asked of an append, if this server can give it.
    fn demand(&self, durability: Durability, operation: impl Fn() -> String) -> Result<Demand, JournalError> {
        let demand = self.demand.and(durability);
        match self.lanes.barrier().cannot(demand) {
            None => Ok(demand),
            Some(reason) => Err(JournalError::Refused {
                operation: operation(),
                reason: format!("the server cannot make it as safe as is asked ({demand}): {reason}"),
            }),
        }
    }

    /// An append as it is sent.
    fn prepare(&self, append: &Append) -> Result<Prepared, JournalError> {
        let written = checks::written(append)?;
        let Append { stream, expected, after, id, once, events: new, .. } = append;
        let count = written.len();
        // Where the version is known, so is each pointer.
        let (kind, version, events) = match expected_version(*expected) {
            Some(before) => {
                let events = written.into_iter().zip(new).zip(1..).flat_map(|((event, new), nth)| {
                    [format!("{stream} {} {}", before.after(nth), new.event_type), event]
                });
                ("version", before.number(), events.collect())
            }
            None if *expected == Expected::Existing => ("existing", 0, written),
            None => ("any", 0, written),
        };
        let mut prepared = self.prepare_for(stream, events);
        prepared.keys.extend(once.iter().map(|once| self.keys.once(prepared.partition, &once.key)));
        let has_key = u8::from(once.is_some());
        if let (Expected::Version(_), Some(log_id)) = (expected, after) {
            prepared.after = format!("{log_id} ");
        }
        if kind == "version" && count == 1 && once.is_none() {
            prepared.short = version.to_string();
        }
        prepared.header = [format!("{kind} {version} {id}"), format!("{count} {has_key} {stream}")];
        prepared.once = once.as_ref().map(once::arguments).unwrap_or_default();
        Ok(prepared)
    }

    /// These events for a stream, with nothing said of them yet.
    fn prepare_for(&self, stream: &StreamName, events: Vec<String>) -> Prepared {
        let partition = self.keys.partition(stream);
        Prepared {
            partition,
            shared: self.keys.log_and_head(partition),
            keys: vec![self.keys.stream(stream)],
            short: String::new(),
            after: String::new(),
            header: [String::new(), String::new()],
            once: Vec::new(),
            bytes: stream.as_str().len() + events.iter().map(String::len).sum::<usize>(),
            events,
        }
    }
}

/// The version that is expected, where it is one alone.
fn expected_version(expected: Expected) -> Option<Version> {
    match expected {
        Expected::Version(version) => Some(version),
        Expected::Missing => Some(Version::NONE),
        Expected::Existing | Expected::Any => None,
    }
}

/// Reads the answer to an append: the first log id where it was done as expected, or words.
fn read_verdict(
    append: &Append,
    partition: u16,
    operation: impl Fn() -> String,
    answer: Value,
) -> Result<Verdict, JournalError> {
    let Append { stream, expected, events, .. } = append;
    let odd = |found: Unexpected| found.during(&operation());
    let appended = |first, version| {
        let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
        Appended::new(partition, first, Version::new(version), count)
    };
    if let (Value::BulkString(text), Some(before)) = (&answer, expected_version(*expected)) {
        let first = std::str::from_utf8(text).ok().and_then(|text| text.parse::<LogId>().ok());
        let first = first.ok_or_else(|| odd(Unexpected::new("a log id", &answer)))?;
        return Ok(Verdict::Appended(appended(first, before.next().number())));
    }
    let mut reply = Reply::new(answer).map_err(odd)?;
    match reply.text().map_err(odd)?.as_str() {
        word @ ("appended" | "duplicate") => {
            let (first, version) = (reply.log_id().map_err(odd)?, reply.number().map_err(odd)?);
            let appended = appended(first, version);
            Ok(if word == "appended" { Verdict::Appended(appended) } else { Verdict::Duplicate(appended) })
        }
        "remembered" => {
            once::remembered(append.once.as_ref(), stream, partition, reply, &operation()).map(Verdict::Remembered)
        }
        "taken" => Err(once::taken(append.once.as_ref(), reply, &operation())),
        "conflict" => {
            let actual = Version::new(reply.number().map_err(odd)?);
            let mut version = match expected {
                Expected::Version(version) => *version,
                _ => Version::NONE,
            };
            let mut missed = Vec::new();
            for element in reply.rest().map_err(odd)? {
                version = version.next();
                missed.push(StoredEvent::read(stream.clone(), version, partition, element)?);
            }
            Ok(Verdict::Conflict(Conflict::new(actual, missed)))
        }
        "rewound" => Ok(Verdict::Conflict(Conflict::rewound(Version::new(reply.number().map_err(odd)?)))),
        "reused" => {
            let found = reply.number().map_err(odd)?;
            checks::same_append(append, usize::try_from(found).unwrap_or(usize::MAX))?;
            Err(odd(Unexpected::new("another number of events", &found)))
        }
        "unknown" => {
            let looked = reply.number().map_err(odd)?;
            Err(unknown(append, &format!("it is not among the newest {looked} events, and may lie before them")))
        }
        word => Err(foreign(&operation(), word, reply)),
    }
}

fn unknown(append: &Append, reason: &str) -> JournalError {
    JournalError::Unknown { stream: append.stream.clone(), id: append.id.clone(), reason: reason.to_owned() }
}

/// The appends that were sent and whose outcome nobody knows: their answer was lost, or nobody waited for it. When one
/// of them is sent again, the server looks for it before it appends.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    ids: Mutex<VecDeque<AppendId>>,
}

impl Unsettled {
    /// How many are remembered, so that a program that gives up again and again does not grow for ever.
    const MOST: usize = 1_000;

    fn watch(&self, id: &AppendId) -> Watch<'_> {
        let mut ids = self.ids();
        let known = ids.iter().position(|known| known == id);
        if let Some(known) = known {
            ids.remove(known);
        }
        Watch { unsettled: self, id: id.clone(), settled: false, was_sent_before: known.is_some() }
    }

    fn ids(&self) -> MutexGuard<'_, VecDeque<AppendId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An append that is under way.
struct Watch<'a> {
    unsettled: &'a Unsettled,
    id: AppendId,
    settled: bool,
    was_sent_before: bool,
}

impl Watch<'_> {
    fn settle(mut self) {
        self.settled = true;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.settled {
            let mut ids = self.unsettled.ids();
            if ids.len() == Unsettled::MOST {
                ids.pop_front();
            }
            ids.push_back(self.id.clone());
        }
    }
}
