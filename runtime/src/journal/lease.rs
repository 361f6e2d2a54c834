//! How projectors share the partitions of a read model: who works on which, and for how long.

use super::ReadModel;
use std::{collections::BTreeMap, time::Duration};

/// A share of the work that a projector asks for, or wants to keep.
///
/// ```
/// use annals::journal::{Journal, LeaseRequest, MemoryJournal, ReadModel};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), annals::journal::JournalError> {
/// let journal = MemoryJournal::with_partitions(16);
/// let ask = |holder: &str| LeaseRequest::new(ReadModel::new("orders", 1), holder, Duration::from_secs(5));
///
/// let alone = journal.lease(ask("a")).await?;
/// assert_eq!((alone.held.len(), alone.holders), (16, 1));
///
/// // Whoever comes is let in when the others come back: they keep no more than their share.
/// assert!(journal.lease(ask("b")).await?.held.is_empty());
/// assert_eq!(journal.lease(ask("a")).await?.held.len(), 8);
/// assert_eq!(journal.lease(ask("b")).await?.held.len(), 8);
///
/// journal.release(&ReadModel::new("orders", 1), "a").await?;
/// assert_eq!(journal.lease(ask("b")).await?.held.len(), 16);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseRequest {
    /// The read model.
    pub model: ReadModel,
    /// Who asks: a name that nobody else has, without spaces.
    pub holder: String,
    /// For how long the leases are given, by the journal's clock.
    pub time: Duration,
}

impl LeaseRequest {
    /// What `holder` asks for.
    #[must_use]
    pub fn new(model: ReadModel, holder: impl Into<String>, time: Duration) -> Self {
        Self { model, holder: holder.into(), time }
    }
}

/// What a projector holds now.
///
/// ```
/// use annals::journal::{Lease, Leases};
/// use std::collections::BTreeMap;
///
/// let leases = Leases::new(BTreeMap::from([(0, Lease::new(7))]), 2);
/// assert!(leases.held.contains_key(&0), "it works on partition 0, and somebody else on the others");
/// assert!(Leases::default().held.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leases {
    /// The partitions that it works on, each with its lease.
    pub held: BTreeMap<u16, Lease>,
    /// How many share the work, it itself among them.
    pub holders: usize,
}

impl Leases {
    /// These leases.
    #[must_use]
    pub fn new(held: BTreeMap<u16, Lease>, holders: usize) -> Self {
        Self { held, holders }
    }
}

/// The right to change a read model by the events of one partition: a number that grows each time that it goes to somebody.
/// A commit under a lease that has run out, or is somebody else's by now, changes nothing.
///
/// ```
/// use annals::journal::Lease;
///
/// assert!(Lease::new(8) > Lease::new(7));
/// assert_eq!(Lease::new(8).number(), 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease(u64);

impl Lease {
    /// The lease of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}
