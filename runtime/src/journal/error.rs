//! What can go wrong between a program and its journal, and how to react to it.

use super::{AppendId, Finding, IdempotencyKey, ReadModel, Unconfirmed};
use crate::model::{Checkpoint, Position, StreamName};

/// What went wrong while the journal was read or written.
///
/// Everything but [`Unknown`](Self::Unknown) and [`Unconfirmed`](Self::Unconfirmed) left the journal as it was.
///
/// ```
/// use annals::journal::{Append, Journal, JournalError, Verdict};
///
/// /// Appends, and asks again where the answer was lost: under the same id, so that it does not happen twice.
/// async fn append(journal: &dyn Journal, append: Append) -> Result<Verdict, JournalError> {
///     match journal.append(append.clone()).await {
///         Err(JournalError::Unknown { .. }) => journal.append(append).await,
///         answer => answer,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// What was asked for cannot be done by any journal. React by correcting the call.
    #[error("{reason}")]
    Invalid {
        /// What was expected and what was found.
        reason: String,
    },
    /// The journal could not be reached in time. No event was appended; rows may have been committed, which their
    /// checkpoint tells. React by trying again later: whatever gave this error may be done again.
    #[error("cannot {operation}: the journal is not available: {reason}")]
    Unavailable {
        /// What was to be done.
        operation: String,
        /// What the connection says.
        reason: String,
    },
    /// The journal was reached and refused; nothing was changed. React by looking at the server, which says why.
    #[error("cannot {operation}: the journal refused: {reason}")]
    Refused {
        /// What was to be done.
        operation: String,
        /// What the server says.
        reason: String,
    },
    /// An append was sent and its answer never came: it may have happened, or not. React by sending the same append
    /// again under the same id; it does not happen twice.
    #[error("whether the append `{id}` to stream `{stream}` happened is unknown: {reason}")]
    Unknown {
        /// The stream.
        stream: StreamName,
        /// The id to ask again under.
        id: AppendId,
        /// What the connection says.
        reason: String,
    },
    /// The append happened, and is not as safe as was asked for in time: what a crash or a failover would do to it is not
    /// known. React by waiting for the server or its replicas to recover, and then by looking whether it is still there;
    /// or by sending the same append again under the same id, which waits again and does not happen twice.
    #[error(transparent)]
    Unconfirmed(Box<Unconfirmed>),
    /// The idempotency key is that of another command: one to this stream, or with other content. Nothing was recorded.
    /// React by giving every request a key of its own.
    #[error("the idempotency key `{key}` is that of another command, to stream `{stream}`; give every request its own")]
    KeyTaken {
        /// The key.
        key: IdempotencyKey,
        /// The stream that the command of that key was asked of.
        stream: StreamName,
    },
    /// The journal has another history than the reader knows: after a failover or a restart it lost events that were
    /// read, and it may have other events in their places. React by finding out what was lost, and by building again
    /// whatever was built of the events that were read.
    #[error("the history was rewound: at position {at} expected {expected}, found {}", found_there(*found))]
    HistoryRewound {
        /// The position.
        at: Position,
        /// What the reader has seen there.
        expected: Checkpoint,
        /// What is there now.
        found: Option<Checkpoint>,
    },
    /// What lies in the journal is not what this library writes. React by finding out who else writes there; nothing
    /// that was read is lost, and nothing after it was taken in.
    #[error("{place}: this is not ours: {reason}")]
    Foreign {
        /// Where it lies, as stream and version, or as a key.
        place: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// Events of one type would be stored by two kinds of aggregates, and who reads that type could not tell them apart.
    /// Nothing was recorded. React by giving one of the event enums another `#[event(prefix = "…")]`.
    #[error(
        "events of the type `{event_type}` are those of `{owner}` aggregates; `{aggregate}` aggregates cannot store them too"
    )]
    TypeTaken {
        /// The stored type name.
        event_type: String,
        /// The kind of aggregate that stores it.
        owner: String,
        /// The kind that was to store it too.
        aggregate: String,
    },
    /// Another build of the read model has taken the place of this one, or it was given up: its rows are on their way out.
    /// Nothing was read or changed. React by asking for the [builds](super::Journal::builds) again, as a projector does by
    /// itself.
    #[error("the rows of `{model}` are retired")]
    Retired {
        /// The build.
        model: ReadModel,
    },
    /// The log misses an entry. React by finding out who removed it: without it, no state or row can be trusted.
    #[error("the log of partition {partition} has a gap: expected position {expected}, found {found}")]
    Gap {
        /// The partition.
        partition: u16,
        /// The position that should have come.
        expected: u64,
        /// The position that came.
        found: u64,
    },
}

fn found_there(found: Option<Checkpoint>) -> String {
    found.map_or_else(|| "nothing".to_owned(), |found| found.to_string())
}

/// Why a journal cannot be opened. None of these messages contains a password.
///
/// ```
/// use annals::{Store, journal::ConnectError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let error = Store::connect("memory:orders").await.unwrap_err();
/// assert!(matches!(error, ConnectError::Url { .. }));
/// assert_eq!(
///     error.to_string(),
///     "cannot use the store URL `memory:orders`: the store in memory has no name; write `memory:`",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL does not say where the journal is. React by correcting it.
    #[error("cannot use the store URL `{url}`: {reason}")]
    Url {
        /// The URL, without its password.
        url: String,
        /// What is wrong with it, and what to write.
        reason: String,
    },
    /// An option cannot be used. React by correcting it.
    #[error("cannot open the journal: {reason}")]
    Options {
        /// What is wrong with it, and what to write.
        reason: String,
    },
    /// Nothing answers there. React by starting the server, or by correcting the URL.
    #[error("cannot reach Redis at `{url}`: {reason}")]
    Unreachable {
        /// The URL, without its password.
        url: String,
        /// What the connection says.
        reason: String,
    },
    /// What answers there is not a Redis that events can be kept on, or one whose certificate is not trusted. React by
    /// correcting the URL, by upgrading, or by naming the authority of its certificate.
    #[error("what answers at `{url}` cannot keep events: {reason}")]
    Unusable {
        /// The URL, without its password.
        url: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// The server refused to open the journal. React to what it says; usually credentials or their rights.
    #[error("Redis at `{url}` refused: {reason}")]
    Refused {
        /// The URL, without its password.
        url: String,
        /// What the server says.
        reason: String,
    },
    /// The server is set up so that events could be lost. React as each finding says, or accept it by its name with
    /// [`accept`](crate::StoreOptions::accept).
    #[error("the events would not be safe at `{url}`: {}", list(findings))]
    Unsafe {
        /// The URL, without its password.
        url: String,
        /// All that was found and not accepted.
        findings: Vec<Finding>,
    },
    /// The journal was made with other fixed settings than are asked for. React by asking for those; they cannot be
    /// changed without moving every event.
    #[error("the journal `{namespace}` was made with {found} as {setting}, and is opened with {expected}")]
    Mismatch {
        /// The namespace.
        namespace: String,
        /// Which setting.
        setting: &'static str,
        /// What is asked for.
        expected: String,
        /// What is recorded.
        found: String,
    },
}

fn list(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
