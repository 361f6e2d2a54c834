//! The rows of read models and the checkpoints that say what they contain.

use super::{Fingerprint, LogId};
use crate::model::Projection;
use std::fmt;

/// One read model: under which name, and which version of it, its rows are kept.
///
/// ```
/// use annals::journal::ReadModel;
///
/// assert_eq!(ReadModel::new("order-summary", 1).to_string(), "order-summary:1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ReadModel {
    /// The projection's name.
    pub name: String,
    /// The version of its rows, from 1.
    pub version: u32,
}

impl ReadModel {
    /// The read model `name` at `version`.
    #[must_use]
    pub fn new(name: impl Into<String>, version: u32) -> Self {
        Self { name: name.into(), version }
    }

    pub(crate) fn of<P: Projection>() -> Self {
        Self::new(P::NAME, 1)
    }
}

impl fmt::Display for ReadModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.version)
    }
}

/// Rows to change and how far that brings the read model: all of it, or nothing.
///
/// ```
/// use annals::journal::{Commit, LogId, ReadModel, RowChange};
///
/// // Events up to position 42 were taken in, on rows that held those up to 40.
/// let changes = vec![RowChange::write("1", r#"{"confirmed":true}"#), RowChange::delete("2")];
/// let expected = Some(LogId::new(1_732_000_000_000, 40));
/// let commit = Commit::new(ReadModel::new("orders", 1), 0, expected, LogId::new(1_732_000_000_250, 42), changes);
/// # assert_eq!(commit.changes.len(), 2);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Commit {
    /// The read model.
    pub model: ReadModel,
    /// The partition whose events were taken in.
    pub partition: u16,
    /// The checkpoint of that partition that the changes were made on; `None` before the first.
    pub expected: Option<LogId>,
    /// The revision of the model that the changes were made on; `None` where any will do.
    ///
    /// The checkpoint alone does not do where events of several partitions change the same rows: somebody else may
    /// have taken in those of another partition.
    pub revision: Option<u64>,
    /// The checkpoint that the changes lead to.
    pub checkpoint: LogId,
    /// The fingerprint of the event there, where it is known: by it a reader that goes on finds out that the journal has
    /// another history.
    pub event: Option<Fingerprint>,
    /// The changes, each key at most once.
    pub changes: Vec<RowChange>,
}

impl Commit {
    /// These changes, which lead from the one checkpoint to the other.
    #[must_use]
    pub fn new(
        model: ReadModel,
        partition: u16,
        expected: Option<LogId>,
        checkpoint: LogId,
        changes: Vec<RowChange>,
    ) -> Self {
        Self { model, partition, expected, revision: None, checkpoint, event: None, changes }
    }

    /// The event at the checkpoint has this fingerprint.
    ///
    /// ```
    /// use annals::journal::{Commit, Fingerprint, LogId, ReadModel};
    ///
    /// let commit = Commit::new(ReadModel::new("totals", 1), 0, None, LogId::new(1_732_000_000_000, 42), Vec::new());
    /// assert!(commit.of_event(Fingerprint::new(7)).event.is_some());
    /// ```
    #[must_use]
    pub fn of_event(mut self, event: Fingerprint) -> Self {
        self.event = Some(event);
        self
    }

    /// Only if the model is at this revision.
    ///
    /// ```
    /// use annals::journal::{Commit, Committed, Journal, LogId, MemoryJournal, ReadModel};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), annals::journal::JournalError> {
    /// let journal = MemoryJournal::new();
    /// let totals = ReadModel::new("totals", 1);
    /// // Read before the rows and the checkpoint that the changes are made on:
    /// let revision = journal.revision(&totals).await?;
    /// let commit = Commit::new(totals, 0, None, LogId::new(1_732_000_000_000, 42), Vec::new());
    /// assert_eq!(journal.commit(commit.at_revision(revision)).await?, Committed::Done);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn at_revision(mut self, revision: u64) -> Self {
        self.revision = Some(revision);
        self
    }
}

/// A row to write or delete.
///
/// ```
/// use annals::journal::RowChange;
///
/// assert_eq!(RowChange::write("1", "{}").row.as_deref(), Some("{}"));
/// assert_eq!(RowChange::delete("1").row, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowChange {
    /// The row's key.
    pub key: String,
    /// The row as JSON; `None` deletes it.
    pub row: Option<String>,
}

impl RowChange {
    /// Writes a row.
    #[must_use]
    pub fn write(key: impl Into<String>, row: impl Into<String>) -> Self {
        Self { key: key.into(), row: Some(row.into()) }
    }

    /// Deletes a row; one that is not there stays away.
    #[must_use]
    pub fn delete(key: impl Into<String>) -> Self {
        Self { key: key.into(), row: None }
    }
}

/// How a commit was answered.
///
/// ```
/// use annals::journal::{Commit, Committed, Journal, LogId, MemoryJournal, ReadModel};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let journal = MemoryJournal::new();
/// let commit = Commit::new(ReadModel::new("orders", 1), 0, None, LogId::new(1_732_000_000_000, 42), Vec::new());
/// assert_eq!(journal.commit(commit.clone()).await?, Committed::Done);
/// assert_eq!(journal.commit(commit.clone()).await?, Committed::Moved { found: Some(commit.checkpoint) });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Committed {
    /// Rows and checkpoint were changed.
    Done,
    /// The checkpoint is another one, or the revision: somebody else took events in, or the rows were cleared. Nothing
    /// was changed.
    Moved {
        /// The checkpoint that is there.
        found: Option<LogId>,
    },
}

/// Some rows, in the order of their keys' bytes.
///
/// ```
/// use annals::journal::RowsPage;
///
/// let first = RowsPage::new(vec![("1".to_owned(), "{}".to_owned())], true);
/// assert!(first.more, "the next page begins after the key `1`");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowsPage {
    /// Keys and rows.
    pub rows: Vec<(String, String)>,
    /// Whether there are more behind them.
    pub more: bool,
}

impl RowsPage {
    /// These rows.
    #[must_use]
    pub fn new(rows: Vec<(String, String)>, more: bool) -> Self {
        Self { rows, more }
    }
}
