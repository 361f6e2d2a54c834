//! The rows of read models and the checkpoints that say what they contain.

use super::{Fingerprint, Lease, LogId};
use crate::model::Projection;
use std::fmt;

/// One build of a read model: under which name, version and number of build its rows are kept.
///
/// Where a version is built again, beside the rows that are there, that is another build of it. Of two builds of one read
/// model the newer one is that of the higher version, and of one version that of the higher number.
///
/// ```
/// use annals::journal::ReadModel;
///
/// assert_eq!(ReadModel::new("order-summary", 1).to_string(), "order-summary:1");
/// assert_eq!(ReadModel::new("order-summary", 1).at_build(2).to_string(), "order-summary:1.2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct ReadModel {
    /// The projection's name.
    pub name: String,
    /// The version of its rows, from 1.
    pub version: u32,
    /// Which build of this version it is, from 0.
    pub build: u32,
}

impl ReadModel {
    /// The first build of the read model `name` at `version`.
    #[must_use]
    pub fn new(name: impl Into<String>, version: u32) -> Self {
        Self { name: name.into(), version, build: 0 }
    }

    /// Another build of the same version.
    #[must_use]
    pub fn at_build(mut self, build: u32) -> Self {
        self.build = build;
        self
    }

    pub(crate) fn of<P: Projection>() -> Self {
        Self::new(P::NAME, P::VERSION)
    }

    /// Version and build: of two builds of one read model, the greater one is the newer one.
    pub(crate) fn age(&self) -> (u32, u32) {
        (self.version, self.build)
    }
}

impl fmt::Display for ReadModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.version)?;
        if self.build > 0 { write!(f, ".{}", self.build) } else { Ok(()) }
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
    /// The lease that the changes are made under; `None` where none is needed.
    pub lease: Option<Lease>,
    /// The changes, each key at most once.
    pub changes: Vec<RowChange>,
    /// The changes of entries in the read model's indexes, each entry at most once.
    pub entries: Vec<EntryChange>,
    /// The changes of what is noted of parked rows, each key at most once.
    pub parked: Vec<RowChange>,
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
        Self {
            model,
            partition,
            expected,
            revision: None,
            checkpoint,
            event: None,
            lease: None,
            changes,
            entries: Vec::new(),
            parked: Vec::new(),
        }
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

    /// Only if this lease has not run out, and is nobody else's by now.
    ///
    /// ```
    /// use annals::journal::{Commit, Committed, Journal, LeaseRequest, LogId, MemoryJournal, ReadModel};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), annals::journal::JournalError> {
    /// let journal = MemoryJournal::new();
    /// let totals = ReadModel::new("totals", 1);
    /// let asked = LeaseRequest::new(totals.clone(), "projector-1", Duration::from_secs(10));
    /// let lease = journal.lease(asked).await?.held[&0];
    /// let commit = Commit::new(totals.clone(), 0, None, LogId::new(1_732_000_000_000, 42), Vec::new()).under(lease);
    /// journal.release(&totals, "projector-1").await?;
    /// assert_eq!(journal.commit(commit).await?, Committed::Fenced);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn under(mut self, lease: Lease) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Also changes these entries in the read model's indexes.
    ///
    /// ```
    /// use annals::journal::{Commit, EntryChange, LogId, ReadModel, RowChange};
    ///
    /// let changes = vec![RowChange::write("1", r#"{"user":"ann"}"#)];
    /// let commit = Commit::new(ReadModel::new("orders", 1), 0, None, LogId::new(1_732_000_000_000, 42), changes);
    /// let commit = commit.with_entries(vec![EntryChange::add("user", "ann\01")]);
    /// assert_eq!(commit.entries.len(), 1);
    /// ```
    #[must_use]
    pub fn with_entries(mut self, entries: Vec<EntryChange>) -> Self {
        self.entries = entries;
        self
    }

    /// Also changes what is noted of these parked rows.
    ///
    /// ```
    /// use annals::journal::{Commit, LogId, ReadModel, RowChange};
    ///
    /// let commit = Commit::new(ReadModel::new("orders", 1), 0, None, LogId::new(1_732_000_000_000, 42), Vec::new());
    /// let commit = commit.with_parked(vec![RowChange::write("1", r#"{"reason":"the amount is missing"}"#)]);
    /// assert_eq!(commit.parked.len(), 1);
    /// ```
    #[must_use]
    pub fn with_parked(mut self, parked: Vec<RowChange>) -> Self {
        self.parked = parked;
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

/// An entry in an index of a read model, to add or to remove.
///
/// An entry is text: the values by which the row is found, each written so that the bytes are in the order of the values and
/// ended by `\0`, and behind them the row's key.
///
/// ```
/// use annals::journal::EntryChange;
///
/// assert!(EntryChange::add("user", "ann\01").there && !EntryChange::remove("user", "bob\01").there);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryChange {
    /// The index.
    pub index: String,
    /// The entry.
    pub entry: String,
    /// Whether it is there from now on.
    pub there: bool,
}

impl EntryChange {
    /// Adds an entry; one that is there stays.
    #[must_use]
    pub fn add(index: impl Into<String>, entry: impl Into<String>) -> Self {
        Self { index: index.into(), entry: entry.into(), there: true }
    }

    /// Removes an entry; one that is not there stays away.
    #[must_use]
    pub fn remove(index: impl Into<String>, entry: impl Into<String>) -> Self {
        Self { index: index.into(), entry: entry.into(), there: false }
    }
}

/// A part of an index to read, with the rows that it leads to.
///
/// ```
/// use annals::journal::Find;
///
/// // The entries of user `ann`, the last first, at most ten.
/// let find = Find::new("user", 1, "ann\0", 10).before("ann\u{1}").descending();
/// # assert!(find.descending);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Find {
    /// The index.
    pub index: String,
    /// How many values an entry has before the row's key, each ended by `\0`.
    pub parts: usize,
    /// The least entry that is wanted.
    pub from: String,
    /// The entry before which the part ends; `None` where it goes on to the end.
    pub to: Option<String>,
    /// Whether the greatest entry comes first.
    pub descending: bool,
    /// How many rows at most. At least one.
    pub limit: usize,
}

impl Find {
    /// The entries from `from` on, the least first.
    #[must_use]
    pub fn new(index: impl Into<String>, parts: usize, from: impl Into<String>, limit: usize) -> Self {
        Self { index: index.into(), parts, from: from.into(), to: None, descending: false, limit }
    }

    /// Only the entries before this one.
    #[must_use]
    pub fn before(mut self, to: impl Into<String>) -> Self {
        self.to = Some(to.into());
        self
    }

    /// The greatest entry first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// The key of the row that an entry of this index is of.
    pub(crate) fn key_of<'a>(&self, entry: &'a str) -> Option<&'a str> {
        (0..self.parts).try_fold(entry, |rest, _| rest.split_once('\0').map(|(_, rest)| rest))
    }
}

/// Rows that were found by an index, in the order of their entries.
///
/// ```
/// use annals::journal::{Found, FoundRow};
///
/// let found = Found::new(vec![FoundRow::new("ann\01", "1", "{}")], true);
/// assert!(found.more, "the next part begins behind the entry of the last row");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The rows.
    pub rows: Vec<FoundRow>,
    /// Whether there are more behind them.
    pub more: bool,
}

impl Found {
    /// These rows.
    #[must_use]
    pub fn new(rows: Vec<FoundRow>, more: bool) -> Self {
        Self { rows, more }
    }
}

/// A row that was found by an index.
///
/// ```
/// use annals::journal::FoundRow;
///
/// assert_eq!(FoundRow::new("ann\01", "1", "{}").key, "1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundRow {
    /// Its entry in the index.
    pub entry: String,
    /// Its key.
    pub key: String,
    /// The row.
    pub row: String,
}

impl FoundRow {
    /// This row of this key, by this entry.
    #[must_use]
    pub fn new(entry: impl Into<String>, key: impl Into<String>, row: impl Into<String>) -> Self {
        Self { entry: entry.into(), key: key.into(), row: row.into() }
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
    /// The lease has run out, or is somebody else's. Nothing was changed.
    Fenced,
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
