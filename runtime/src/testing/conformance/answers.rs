//! The answers that a check expects, each or a panic at the check's own line.

use crate::journal::{Appended, Committed, Conflict, JournalError, LogId, ReadModel, Remembered, Verdict};
use std::fmt::Debug;
use tokio::task::JoinSet;

#[track_caller]
pub(super) fn answered<T>(answer: Result<T, JournalError>) -> T {
    answer.unwrap_or_else(|error| panic!("expected an answer, found the error: {error}"))
}

#[track_caller]
pub(super) fn appended(answer: Result<Verdict, JournalError>) -> Appended {
    match answered(answer) {
        Verdict::Appended(appended) => appended,
        Verdict::Duplicate(_) => panic!("expected the events to be appended, found a duplicate"),
        Verdict::Remembered(_) => panic!("expected the events to be appended, found what is remembered"),
        Verdict::Conflict(conflict) => {
            panic!("expected the events to be appended, found a conflict at version {}", conflict.actual)
        }
    }
}

#[track_caller]
pub(super) fn duplicate(answer: Result<Verdict, JournalError>) -> Appended {
    match answered(answer) {
        Verdict::Duplicate(appended) => appended,
        Verdict::Appended(appended) => {
            panic!("expected a duplicate, found the events appended again at version {}", appended.first_version)
        }
        Verdict::Conflict(conflict) => panic!("expected a duplicate, found a conflict at version {}", conflict.actual),
        Verdict::Remembered(_) => panic!("expected a duplicate, found what is remembered"),
    }
}

#[track_caller]
pub(super) fn conflict(answer: Result<Verdict, JournalError>) -> Conflict {
    match answered(answer) {
        Verdict::Conflict(conflict) => conflict,
        Verdict::Appended(appended) => {
            panic!("expected a conflict, found the events appended at version {}", appended.first_version)
        }
        Verdict::Duplicate(_) => panic!("expected a conflict, found a duplicate"),
        Verdict::Remembered(_) => panic!("expected a conflict, found what is remembered"),
    }
}

#[track_caller]
pub(super) fn remembered(answer: Result<Verdict, JournalError>) -> Remembered {
    match answered(answer) {
        Verdict::Remembered(remembered) => remembered,
        other => panic!("expected what is remembered, found {other:?}"),
    }
}

#[track_caller]
pub(super) fn committed(answer: Result<Committed, JournalError>) {
    assert_eq!(answered(answer), Committed::Done);
}

/// The checkpoint that stood in the way of a commit.
#[track_caller]
pub(super) fn moved(answer: Result<Committed, JournalError>) -> Option<LogId> {
    match answered(answer) {
        Committed::Moved { found } => found,
        Committed::Done => panic!("expected the commit to find another checkpoint, found it done"),
        Committed::Fenced => panic!("expected the commit to find another checkpoint, found it fenced off"),
    }
}

#[track_caller]
pub(super) fn fenced(answer: Result<Committed, JournalError>) {
    assert_eq!(answered(answer), Committed::Fenced);
}

#[track_caller]
pub(super) fn retired<T: Debug>(model: &ReadModel, answer: Result<T, JournalError>) {
    match answer {
        Err(JournalError::Retired { model: found }) => assert_eq!(found, *model, "the build that is retired"),
        Err(error) => panic!("expected that `{model}` is retired, found `{error:?}`"),
        Ok(answer) => panic!("expected that `{model}` is retired, found the answer `{answer:?}`"),
    }
}

#[track_caller]
pub(super) fn refused<T: Debug>(answer: Result<T, JournalError>) {
    match answer {
        Err(JournalError::Invalid { reason }) => assert!(!reason.is_empty(), "expected a reason, found none"),
        Err(error) => panic!("expected `JournalError::Invalid`, found `{error:?}`"),
        Ok(answer) => panic!("expected `JournalError::Invalid`, found the answer `{answer:?}`"),
    }
}

/// Runs tasks at the same time, to their ends.
pub(super) async fn together<T, Task>(tasks: impl IntoIterator<Item = Task>) -> Vec<T>
where
    T: Send + 'static,
    Task: Future<Output = T> + Send + 'static,
{
    tasks.into_iter().collect::<JoinSet<_>>().join_all().await
}
