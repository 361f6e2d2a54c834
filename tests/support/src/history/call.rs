//! One call of a client, and all calls of a run.

use annals::{
    StreamName, Version,
    journal::{Append, Appended, Conflict, JournalError, LogBatch, LogRead, StoredEvent, Verdict},
};
use std::collections::BTreeSet;

/// A moment of a run: of two, the one that came later is greater. No two calls begin or end at the same one.
pub type Moment = u64;

/// What a client asked, when, and what it was told.
#[derive(Clone, Debug)]
pub struct Call<A, R> {
    /// Who asked.
    pub client: u32,
    /// What was asked.
    pub asked: A,
    /// When it was asked: nothing of it can have happened before.
    pub begun: Moment,
    /// When the answer came, and the answer. `None` where nobody waited for it, or it has not come yet.
    pub answer: Option<(Moment, Result<R, JournalError>)>,
}

/// A part of a stream that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamRead {
    /// The stream.
    pub stream: StreamName,
    /// The version after which the part begins.
    pub after: Version,
    /// How many events were wanted at most.
    pub limit: usize,
}

/// All calls of a run, each kind in the order in which they were asked.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The appends.
    pub appends: Vec<Call<Append, Verdict>>,
    /// The reads of a stream's version.
    pub versions: Vec<Call<StreamName, Version>>,
    /// The reads of a stream's events.
    pub streams: Vec<Call<StreamRead, Vec<StoredEvent>>>,
    /// The reads of a partition's log.
    pub logs: Vec<Call<LogRead, LogBatch>>,
}

impl History {
    /// Every stream that was named.
    #[must_use]
    pub fn named(&self) -> BTreeSet<&StreamName> {
        let appended = self.appends.iter().map(|call| &call.asked.stream);
        let asked = self.versions.iter().map(|call| &call.asked);
        appended.chain(asked).chain(self.streams.iter().map(|call| &call.asked.stream)).collect()
    }
}

/// What is known of an append by its answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome<'a> {
    /// It happened, with this call or before.
    Happened(Moment, &'a Appended),
    /// It did not happen, since the stream was not as expected.
    Conflict(Moment, &'a Conflict),
    /// It did not happen, since its command had happened before under its idempotency key.
    Remembered,
    /// It did not happen.
    Failed(&'a JournalError),
    /// It may have happened, or may happen still.
    Unknown,
}

impl Call<Append, Verdict> {
    pub(super) fn outcome(&self) -> Outcome<'_> {
        match &self.answer {
            Some((at, Ok(Verdict::Appended(place) | Verdict::Duplicate(place)))) => Outcome::Happened(*at, place),
            Some((at, Ok(Verdict::Conflict(conflict)))) => Outcome::Conflict(*at, conflict),
            Some((_, Ok(Verdict::Remembered(_)))) => Outcome::Remembered,
            Some((_, Err(error))) => match error {
                JournalError::KeyTaken { .. }
                | JournalError::Invalid { .. }
                | JournalError::Unavailable { .. }
                | JournalError::Refused { .. }
                | JournalError::Foreign { .. }
                | JournalError::TypeTaken { .. }
                | JournalError::Gap { .. } => Outcome::Failed(error),
                // One that is unconfirmed may be lost. An error that is not known here promises nothing.
                _ => Outcome::Unknown,
            },
            None => Outcome::Unknown,
        }
    }

    /// Whether the events can be there by this call.
    pub(super) fn may_have_happened(&self) -> bool {
        matches!(self.outcome(), Outcome::Happened(..) | Outcome::Unknown)
    }
}
