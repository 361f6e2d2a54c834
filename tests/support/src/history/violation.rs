//! What a journal can do wrong, each kind with the places, and with what was expected and found.

use super::call::Moment;
use annals::{
    StreamName, Version,
    journal::{Appended, Expected, LogId, ReadModel},
};
use std::fmt;

/// An append, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lies {
    /// The append id.
    pub append: String,
    /// The stream.
    pub stream: StreamName,
    /// The version of its first event.
    pub first: Version,
    /// The version of its last event.
    pub last: Version,
}

impl fmt::Display for Lies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { append, stream, first, last } = self;
        write!(f, "append `{append}` (versions {first} to {last} of stream `{stream}`)")
    }
}

/// Who looked at a stream or a log, and how far it went there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saw {
    /// A read of a stream's version.
    Version {
        /// Who asked.
        client: u32,
        /// The stream.
        stream: StreamName,
        /// The version that was found.
        found: Version,
    },
    /// A read of a stream.
    Stream {
        /// Who asked.
        client: u32,
        /// The stream.
        stream: StreamName,
        /// The last version that was found, or the one that nothing was found behind.
        found: Version,
    },
    /// A read of a log.
    Log {
        /// Who asked.
        client: u32,
        /// The partition.
        partition: u16,
        /// The last position that was found, or the one that nothing was found behind.
        found: u64,
    },
    /// A conflict.
    Conflict {
        /// Who asked.
        client: u32,
        /// The stream.
        stream: StreamName,
        /// The append id.
        append: String,
        /// The version that the conflict tells.
        found: Version,
    },
}

impl fmt::Display for Saw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { client, stream, found } => {
                write!(f, "client {client}'s read of the version of stream `{stream}`, which found {found}")
            }
            Self::Stream { client, stream, found } => {
                write!(f, "client {client}'s read of stream `{stream}`, which came to version {found}")
            }
            Self::Log { client, partition, found } => {
                write!(f, "client {client}'s read of the log of partition {partition}, which came to position {found}")
            }
            Self::Conflict { client, stream, append, found } => {
                write!(
                    f,
                    "the conflict of client {client}'s append `{append}`, which found stream `{stream}` at version {found}"
                )
            }
        }
    }
}

/// One thing that a journal which keeps its promises cannot have done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The versions of a stream are not 1, 2, 3, …
    #[error("stream `{stream}`: expected version {expected}, found {found}")]
    VersionGap {
        /// The stream.
        stream: StreamName,
        /// The version that should have come.
        expected: Version,
        /// The version that came.
        found: Version,
    },
    /// The positions of a partition are not 1, 2, 3, …
    #[error("the log of partition {partition}: expected position {expected}, found {found}")]
    PositionGap {
        /// The partition.
        partition: u16,
        /// The position that should have come.
        expected: u64,
        /// The position that came.
        found: u64,
    },
    /// The log ids of a partition do not grow.
    #[error(
        "the log of partition {partition}: expected a log id behind {before} with a time not before its, found {found}"
    )]
    LogIdBack {
        /// The partition.
        partition: u16,
        /// A log id.
        before: LogId,
        /// The one after it.
        found: LogId,
    },
    /// A stream and its log do not tell the same.
    #[error("event {version} of stream `{stream}`: the log has {logged}, the stream has {found}")]
    LogAndStreamDiffer {
        /// The stream.
        stream: StreamName,
        /// The version of the first event that is not the same.
        version: Version,
        /// What the log has.
        logged: String,
        /// What the stream has.
        found: String,
    },
    /// A stream lies in two partitions.
    #[error(
        "stream `{stream}`: expected its events in partition {expected}, found event {version} in partition {found}"
    )]
    TwoPartitions {
        /// The stream.
        stream: StreamName,
        /// An event in another partition than the ones before.
        version: Version,
        /// The partition of those before.
        expected: u16,
        /// That of this one.
        found: u16,
    },
    /// The version of a stream is not that of its last event.
    #[error("stream `{stream}`: expected to be told its version {expected}, found {found}")]
    StreamVersion {
        /// The stream.
        stream: StreamName,
        /// The version of its last event.
        expected: Version,
        /// What the journal says.
        found: Version,
    },
    /// The head of a log is not its last entry.
    #[error(
        "partition {partition}: expected its log to end with {expected:?}, as the last entry says, found the head {found:?}"
    )]
    Head {
        /// The partition.
        partition: u16,
        /// The last entry.
        expected: Option<LogId>,
        /// What the journal says.
        found: Option<LogId>,
    },

    /// An append that was acknowledged is not there.
    #[error("{append} was acknowledged and is lost: expected log id {expected}, found {found}")]
    Lost {
        /// Where it was said to lie.
        append: Lies,
        /// The log id of its first event, as acknowledged.
        expected: LogId,
        /// What is at its first version instead.
        found: String,
    },
    /// An append is there, but not where it was said to lie.
    #[error("{append} was acknowledged elsewhere: expected {expected:?}, found {found:?}")]
    Elsewhere {
        /// Where it lies.
        append: Lies,
        /// Where it was said to lie.
        expected: Appended,
        /// Where it lies, in the same words.
        found: Appended,
    },
    /// An append is there twice, or with others' events in between.
    #[error("{first} is there again at version {again} of stream `{stream}`")]
    Twice {
        /// Where it lies first.
        first: Lies,
        /// The other stream, or the same.
        stream: StreamName,
        /// Where it lies again.
        again: Version,
    },
    /// An append is not whole.
    #[error("{append} is not whole: expected {expected} events, found {found}")]
    Torn {
        /// Where it lies.
        append: Lies,
        /// How many events it has.
        expected: usize,
        /// How many are there.
        found: usize,
    },
    /// The events of an append do not follow one another in the log.
    #[error("{append} is scattered over the log: expected event {version} at log id {expected}, found {found}")]
    Scattered {
        /// Where it lies.
        append: Lies,
        /// The version of the first event that does not follow.
        version: Version,
        /// The log id that it should have.
        expected: LogId,
        /// The one that it has.
        found: LogId,
    },
    /// An event is not what was given.
    #[error("{append}: expected event {version} to be {expected}, found {found}")]
    Changed {
        /// Where it lies.
        append: Lies,
        /// The version of the event.
        version: Version,
        /// What was given.
        expected: String,
        /// What is there.
        found: String,
    },
    /// An append that was said not to have happened is there.
    #[error("{append} is there, though every answer said that it did not happen; the last: {told}")]
    Denied {
        /// Where it lies.
        append: Lies,
        /// What the last answer was.
        told: String,
    },
    /// Something is there that nobody sent.
    #[error("{append} was sent by nobody")]
    Alien {
        /// Where it lies.
        append: Lies,
    },
    /// An append was answered twice as if it had been done then and there.
    #[error(
        "append `{append}` to stream `{stream}` was said to be appended at version {first}, and again at version {again}"
    )]
    AppendedAgain {
        /// The append id.
        append: String,
        /// The stream.
        stream: StreamName,
        /// The version of the first answer.
        first: Version,
        /// The version of the other.
        again: Version,
    },

    /// An append was let in though the stream was not as expected.
    #[error("append `{append}` to stream `{stream}` was let in at version {found}, though it expected {expected}")]
    Expectation {
        /// The append id.
        append: String,
        /// The stream.
        stream: StreamName,
        /// What it expected.
        expected: Expected,
        /// The version of its first event.
        found: Version,
    },
    /// An append was refused though the stream was as expected.
    #[error("append `{append}` to stream `{stream}` conflicts at version {found}, though it expected {expected}")]
    CauselessConflict {
        /// The append id.
        append: String,
        /// The stream.
        stream: StreamName,
        /// What it expected.
        expected: Expected,
        /// The version that the conflict tells.
        found: Version,
    },
    /// An append was called a conflict with itself.
    #[error("{append} was asked for again and called a conflict at version {found}, expected a duplicate")]
    Forgotten {
        /// Where it lies.
        append: Lies,
        /// The version that the conflict tells.
        found: Version,
    },
    /// A conflict brought other events than those that were missed.
    #[error(
        "the conflict of append `{append}` to stream `{stream}`: expected the missed event {version} to be {expected}, found {found}"
    )]
    Missed {
        /// The append id.
        append: String,
        /// The stream.
        stream: StreamName,
        /// The version of the first missed event that is another.
        version: Version,
        /// What the stream has there.
        expected: String,
        /// What the conflict brought.
        found: String,
    },

    /// A part of an append was seen without the rest.
    #[error("{seen}: that is within {append}")]
    TornRead {
        /// Who saw it.
        seen: Saw,
        /// The append that was seen in part.
        append: Lies,
    },
    /// Something was read that is not there.
    #[error("{seen}: expected {expected} at {place}, found {found}")]
    ReadDiffers {
        /// Who saw it.
        seen: Saw,
        /// The version or position.
        place: u64,
        /// What is there.
        expected: String,
        /// What was read.
        found: String,
    },

    /// An append lies behind one that was asked for only after it had been answered.
    #[error(
        "{later} was answered at moment {answered}, but lies behind {earlier}, which was asked for at moment {begun}"
    )]
    AppendOrder {
        /// The one that lies first.
        earlier: Lies,
        /// When it was asked for.
        begun: Moment,
        /// The one that lies behind it.
        later: Lies,
        /// When that one was answered.
        answered: Moment,
    },
    /// A read did not see what was answered before it was asked for.
    #[error(
        "{seen}, was asked for at moment {begun} and did not see {missing}, though {answered_append} was answered at moment {answered}"
    )]
    StaleRead {
        /// The read.
        seen: Saw,
        /// When it was asked for.
        begun: Moment,
        /// The append that it did not see.
        missing: Lies,
        /// That append, or one behind it.
        answered_append: Lies,
        /// When that one was answered.
        answered: Moment,
    },
    /// A read saw what was asked for only after the read had been answered.
    #[error(
        "{seen}, was answered at moment {answered} and saw {append} or what lies behind it, which was asked for at moment {begun}"
    )]
    EarlyRead {
        /// The read.
        seen: Saw,
        /// When it was answered.
        answered: Moment,
        /// The append.
        append: Lies,
        /// When that one was asked for.
        begun: Moment,
    },
    /// A read did not see what an earlier one had seen.
    #[error(
        "{later}, was asked for at moment {begun} and did not see {missing}, which was seen at moment {answered} by {earlier}"
    )]
    ReadWentBack {
        /// The earlier read.
        earlier: Saw,
        /// When it was answered.
        answered: Moment,
        /// The later read.
        later: Saw,
        /// When it was asked for.
        begun: Moment,
        /// The append that the later one did not see.
        missing: Lies,
    },
    /// What was lost is not the end of the log: something behind it was there before it and is there still.
    #[error(
        "{lost} was asked for at moment {begun}, was acknowledged and is lost, though what lies at its place or behind it was there at moment {answered}: {kept}"
    )]
    Hole {
        /// What is lost.
        lost: Lies,
        /// When it was asked for.
        begun: Moment,
        /// What is still there.
        kept: String,
        /// When that was answered or seen.
        answered: Moment,
    },

    /// A row is not what the events add up to.
    #[error("row `{key}` of the read model `{model}`: expected {expected:?}, found {found:?}")]
    Row {
        /// The read model.
        model: String,
        /// The row's key.
        key: String,
        /// What the events add up to.
        expected: Option<String>,
        /// What the read model has.
        found: Option<String>,
    },
    /// A checkpoint is that of no entry in the log.
    #[error(
        "the read model `{model}`: expected its checkpoint {found} of partition {partition} to be an entry of the log, found {expected:?} there"
    )]
    Checkpoint {
        /// The read model.
        model: String,
        /// The partition.
        partition: u16,
        /// What the log has at that position.
        expected: Option<LogId>,
        /// The checkpoint.
        found: LogId,
    },
}

impl Violation {
    pub(super) fn row(model: &ReadModel, key: &str, expected: Option<&String>, found: Option<&String>) -> Self {
        let (expected, found) = (expected.cloned(), found.cloned());
        Self::Row { model: model.to_string(), key: key.to_owned(), expected, found }
    }
}

/// The first violations, each in a line, and how many there are.
#[must_use]
pub fn report(violations: &[Violation]) -> String {
    const MOST: usize = 20;
    let mut report = format!("{} violations", violations.len());
    for violation in violations.iter().take(MOST) {
        report.push_str("\n- ");
        report.push_str(&violation.to_string());
    }
    if violations.len() > MOST {
        report.push_str("\n- …");
    }
    report
}
