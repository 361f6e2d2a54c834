//! Appending: one function call, asked again under the same id until its outcome is known.

use super::{
    RedisJournal, checks,
    connection::{Failure, Patience},
    failed, foreign,
    reply::{Reply, Unexpected},
};
use crate::{
    journal::{Append, AppendId, Appended, Conflict, Expected, JournalError, StoredEvent, Verdict},
    model::Version,
    trace::tell,
};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many events one append may have: the server takes no more than a million arguments.
const MOST_EVENTS: usize = 100_000;
/// How long one append may be: half of what the server's limits allow for a request.
pub(super) const MOST_BYTES: usize = 512 * 1024 * 1024;

impl RedisJournal {
    pub(super) async fn append_events(&self, append: Append) -> Result<Verdict, JournalError> {
        let Append { stream, expected, after, id, events } = &append;
        let operation = format!("append to stream `{stream}`");
        if events.len() > MOST_EVENTS {
            let found = events.len();
            let reason = format!("expected at most {MOST_EVENTS} events in one append, found {found}; split them");
            return Err(JournalError::Invalid { reason });
        }
        let after = after.filter(|_| matches!(expected, Expected::Version(_)));
        let (kind, version) = match expected {
            Expected::Version(version) => ("version", version.number()),
            Expected::Missing => ("version", 0),
            Expected::Existing => ("existing", 0),
            Expected::Any => ("any", 0),
        };
        let mut arguments = vec![
            kind.to_owned(),
            version.to_string(),
            id.as_str().to_owned(),
            String::new(),
            stream.as_str().to_owned(),
            after.map(|log_id| log_id.to_string()).unwrap_or_default(),
        ];
        arguments.extend(checks::written(&append)?);
        let bytes: usize = arguments.iter().map(String::len).sum();
        if bytes > MOST_BYTES {
            let reason = format!("expected at most {MOST_BYTES} bytes in one append, found {bytes}; split it");
            return Err(JournalError::Invalid { reason });
        }

        let partition = self.keys.partition(stream);
        let keys = [self.keys.stream(stream), self.keys.log(partition), self.keys.head(partition)];
        let keys = keys.each_ref().map(String::as_str);
        let watch = self.unsettled.watch(id);
        let mut may_have_happened = watch.was_sent_before;
        let mut patience = Patience::new();
        let answer = loop {
            (if may_have_happened { "1" } else { "0" }).clone_into(&mut arguments[3]);
            match self.functions.call(&self.connection, patience.deadline(), "append", &keys, &arguments).await {
                Ok(answer) => break Ok(answer),
                Err(Failure::Refused(refusal)) => break Err(Failure::Refused(refusal)),
                Err(failure) => {
                    may_have_happened |= matches!(failure, Failure::Lost(_));
                    tell!(warn, stream = stream.as_str(), append_id = id.as_str(), "an append was not answered");
                    if !patience.wait().await {
                        break Err(failure);
                    }
                }
            }
        };
        // A refusal says that this time nothing was done; of an earlier time, whose answer was lost, it says nothing.
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) if may_have_happened => {
                return Err(unknown(&append, &failed(&operation, failure).to_string()));
            }
            Err(failure) => {
                watch.settle();
                return Err(failed(&operation, failure));
            }
        };
        let answer = Reply::new(answer)
            .and_then(|mut reply| Ok((reply.text()?, reply)))
            .map_err(|found| found.during(&operation))?;
        let verdict = verdict(&append, partition, &operation, answer);
        if !matches!(verdict, Err(JournalError::Unknown { .. })) {
            watch.settle();
        }
        verdict
    }
}

/// Reads the answer to an append.
fn verdict(
    append: &Append,
    partition: u16,
    operation: &str,
    (word, mut reply): (String, Reply),
) -> Result<Verdict, JournalError> {
    let Append { stream, expected, events, .. } = append;
    let odd = |found: Unexpected| found.during(operation);
    match word.as_str() {
        "appended" | "duplicate" => {
            let (first, version) = (reply.log_id().map_err(odd)?, reply.number().map_err(odd)?);
            let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
            let appended = Appended::new(partition, first, Version::new(version), count);
            Ok(if word == "appended" { Verdict::Appended(appended) } else { Verdict::Duplicate(appended) })
        }
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
            Err(Unexpected::new("another number of events", &found).during(operation))
        }
        "unknown" => {
            let looked = reply.number().map_err(odd)?;
            Err(unknown(append, &format!("it is not among the newest {looked} events, and may lie before them")))
        }
        word => Err(foreign(operation, word, reply)),
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
