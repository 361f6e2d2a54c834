//! What can go wrong while an aggregate is loaded or asked, and how to react.

use crate::{
    codec::{DecodeError, EncodeError},
    journal::JournalError,
    model::{StreamName, Version},
};
use std::error::Error;

/// Why events could not be read.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Aggregate, Default, Debug, PartialEq)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
/// # #[derive(Command, Clone)]
/// # #[command(counter: Counter)]
/// # #[command(any)]
/// # #[emit(Added { amount })]
/// # struct Add { amount: u64 }
/// use annals::repository::ReadError;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Store::memory().repository::<Counter>();
/// match counters.load("visits").await {
///     Err(ReadError::Decode(error)) => println!("deploy a program that knows `{}`: {error}", error.event_type),
///     Err(error) => return Err(error.into()),
///     Ok(counter) => println!("{} visits", counter.state.total),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The journal could not be read. React as its variant says; usually by trying again later.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An event is there and this program cannot read it. React by deploying a program that knows it.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Why a past state could not be rebuilt.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Aggregate, Default, Debug, PartialEq)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
/// # #[derive(Command, Clone)]
/// # #[command(counter: Counter)]
/// # #[command(any)]
/// # #[emit(Added { amount })]
/// # struct Add { amount: u64 }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Store::memory().repository::<Counter>();
/// counters.execute("visits", Add { amount: 2 }).await?;
///
/// let error = counters.at("visits", Version::new(5)).await.unwrap_err();
/// assert_eq!(error.to_string(), "stream `counter-visits` is at version 1, and version 5 was asked for");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimeTravelError {
    /// The events could not be read. React as to a failed load.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The stream has not reached that version. React by asking for one that exists.
    #[error("stream `{stream}` is at version {actual}, and version {asked} was asked for")]
    NoSuchVersion {
        /// The stream.
        stream: StreamName,
        /// The version that was asked for.
        asked: Version,
        /// The version that the stream is at.
        actual: Version,
    },
    /// A state has no JSON form, so that it cannot be compared field by field. React by giving its type one.
    #[error("the state of stream `{stream}` at version {version} has no JSON form: {reason}")]
    State {
        /// The stream.
        stream: StreamName,
        /// The version of the state.
        version: Version,
        /// What serde says.
        reason: String,
    },
}

impl From<JournalError> for TimeTravelError {
    fn from(error: JournalError) -> Self {
        Self::Read(error.into())
    }
}

/// Why a snapshot was not taken. The events are all there, and nothing depends on it but the time that a load takes.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Aggregate, Default, Debug, PartialEq)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Store::memory().repository::<Counter>();
/// let error = counters.snapshot("visits").await.unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "no snapshot of stream `counter-visits`: `counter` aggregates have none; write `snapshot(every = 100)` in \
///      `#[aggregate(…)]`",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The events could not be read, or the journal could not be written. React as to a failed load.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The aggregate says nothing of snapshots. React by writing `snapshot(every = 100)` in its `#[aggregate(…)]`.
    #[error(
        "no snapshot of stream `{stream}`: `{}` aggregates have none; write `snapshot(every = 100)` in `#[aggregate(…)]`",
        stream.aggregate()
    )]
    Disabled {
        /// The stream.
        stream: StreamName,
    },
    /// There is no such aggregate. React by correcting the id.
    #[error("no snapshot of stream `{stream}`: it has no events")]
    NoEvents {
        /// The stream.
        stream: StreamName,
    },
    /// The state would not come back from JSON as what it is. React by changing the state's type or its serde attributes.
    #[error("no snapshot of stream `{stream}` at version {version}: the state cannot be kept as JSON: {reason}")]
    State {
        /// The stream.
        stream: StreamName,
        /// The version of the state.
        version: Version,
        /// What stands in the way.
        reason: String,
    },
}

/// Why a command was not carried out. `R` is the command's own error.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Debug)]
/// # enum DoorEvent { Opened, Closed }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = DoorEvent)]
/// # struct Door { #[on(Opened => true)] #[on(Closed => false)] open: bool }
/// # #[derive(Debug, PartialEq, thiserror::Error)]
/// # #[error("the door is open already")]
/// # struct Open;
/// # #[derive(Command, Clone)]
/// # #[command(door: Door, error = Open)]
/// # enum DoorCommand {
/// #     #[command(any)]
/// #     #[require(!door.open, Open)]
/// #     #[emit(Opened)]
/// #     Open,
/// #     #[emit(Closed)]
/// #     Close,
/// # }
/// use annals::repository::ExecuteError;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let doors = Store::memory().repository::<Door>();
/// let missing = doors.execute("front", DoorCommand::Close).await.unwrap_err();
/// assert!(matches!(missing, ExecuteError::NotFound { .. }));
///
/// doors.execute("front", DoorCommand::Open).await?;
/// let refused = doors.execute("front", DoorCommand::Open).await.unwrap_err();
/// assert_eq!(refused.rejection(), Some(&Open));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError<R: Error + 'static> {
    /// The command's rules refused. Nothing was recorded. React by telling whoever asked.
    #[error(transparent)]
    Rejected(R),
    /// The command needs an aggregate that exists, and there is none. React by correcting the id, or by creating it.
    #[error("there is no `{}` with the id `{}`", stream.aggregate(), stream.id())]
    NotFound {
        /// The stream that has no event.
        stream: StreamName,
    },
    /// The command creates an aggregate, and there is one. React by taking another id; or, where the request may have
    /// come twice, by treating it as done.
    #[error("the `{}` with the id `{}` exists already, at version {version}", stream.aggregate(), stream.id())]
    AlreadyExists {
        /// The stream that has events.
        stream: StreamName,
        /// The version that it is at.
        version: Version,
    },
    /// Other writers were faster every time. Nothing was recorded. React by trying again later, or by looking for what
    /// writes to this one stream so much.
    #[error("other writers to stream `{stream}` were faster {attempts} times; it is at version {version}")]
    Contended {
        /// The stream.
        stream: StreamName,
        /// How many times the command was decided.
        attempts: u32,
        /// The version that the stream is at.
        version: Version,
    },
    /// An event that was decided cannot be stored. Nothing was recorded. React by correcting the event's type.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The aggregate's history cannot be read. Nothing was recorded. React by deploying a program that knows it.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The journal could not be read or written. React as its variant says. Only where it is
    /// [`JournalError::Unknown`] may the events have been recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl<R: Error + 'static> ExecuteError<R> {
    /// What kind of error it is, in a word that can be counted by.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Rejected(_) => "rejected",
            Self::NotFound { .. } => "not found",
            Self::AlreadyExists { .. } => "already exists",
            Self::Contended { .. } => "contended",
            Self::Encode(_) => "not encoded",
            Self::Decode(_) => "not decoded",
            Self::Journal(JournalError::Unknown { .. }) => "unknown",
            Self::Journal(JournalError::Unconfirmed(_)) => "unconfirmed",
            Self::Journal(_) => "not recorded",
        }
    }

    /// The command's own error, where its rules refused.
    pub fn rejection(&self) -> Option<&R> {
        match self {
            Self::Rejected(error) => Some(error),
            _ => None,
        }
    }
}

impl<R: Error + 'static> From<ReadError> for ExecuteError<R> {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Journal(error) => Self::Journal(error),
            ReadError::Decode(error) => Self::Decode(error),
        }
    }
}
