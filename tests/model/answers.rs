//! What a journal answers, in the words of the model, and how the two are compared.

use annals::{
    Position, StreamName, Version,
    journal::{Appended, JournalError, LogBatch, LogId, ReadModel, Remembered, StoredEvent, Verdict},
};
use std::fmt::Debug;

/// Why something is not done.
#[derive(Debug, PartialEq)]
pub(crate) enum Wrong {
    /// The entry that was seen at this position is not there.
    Rewound(Position),
    /// No journal can do it.
    Invalid,
    /// The idempotency key is that of a command to this stream.
    KeyTaken(StreamName),
    /// Events of this type are those of this kind of aggregate.
    TypeTaken(String, String),
    /// Another build has taken the place of this one.
    Retired(ReadModel),
    /// An entry of an index leads nowhere.
    Damaged,
}

/// How an append is answered.
#[derive(Debug, PartialEq)]
pub(crate) enum Told {
    Appended(Appended),
    Duplicate(Appended),
    Conflict { actual: Version, missed: Vec<StoredEvent>, rewound: bool },
    Remembered(Remembered),
}

/// What a part of a log holds.
#[derive(Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) last: Option<LogId>,
    /// Whether the log ends here.
    pub(crate) end: bool,
    /// Whether as many entries were looked at as were asked for.
    pub(crate) full: bool,
}

/// An answer of the journal in the words of the model. Any error that the model does not have is a difference.
pub(crate) fn answer<T>(answer: Result<T, JournalError>) -> Result<Result<T, Wrong>, String> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(JournalError::Invalid { .. }) => Ok(Err(Wrong::Invalid)),
        Err(JournalError::HistoryRewound { at, .. }) => Ok(Err(Wrong::Rewound(at))),
        Err(JournalError::KeyTaken { stream, .. }) => Ok(Err(Wrong::KeyTaken(stream))),
        Err(JournalError::TypeTaken { event_type, owner, .. }) => Ok(Err(Wrong::TypeTaken(event_type, owner))),
        Err(JournalError::Retired { model }) => Ok(Err(Wrong::Retired(model))),
        Err(JournalError::Foreign { .. }) => Ok(Err(Wrong::Damaged)),
        Err(error) => Err(format!("found the error: {error}")),
    }
}

pub(crate) fn told(verdict: Verdict) -> Told {
    match verdict {
        Verdict::Appended(appended) => Told::Appended(appended),
        Verdict::Duplicate(appended) => Told::Duplicate(appended),
        Verdict::Conflict(conflict) => {
            Told::Conflict { actual: conflict.actual, missed: conflict.missed, rewound: conflict.rewound }
        }
        Verdict::Remembered(what) => Told::Remembered(what),
    }
}

/// The batch as a part. A full batch at the end of the log may not know that it ends there.
pub(crate) fn part(batch: LogBatch, expected: &Part) -> Part {
    let end = batch.end || (expected.full && expected.end);
    Part { events: batch.events, last: batch.last, end, full: expected.full }
}

/// Compares what was expected with what was found.
pub(crate) fn same<T: Debug + PartialEq>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what}: expected {}, found {}", shortened(expected), shortened(found)))
}

fn shortened(value: &impl Debug) -> String {
    const LONGEST: usize = 2_000;
    let text = format!("{value:?}");
    if text.len() <= LONGEST { text } else { text.chars().take(LONGEST).chain(['…']).collect() }
}
