//! What endangers a journal, and how it fares: said at connect, and on demand.

use super::{LogId, ReadModel};
use std::{collections::BTreeMap, fmt};

/// What a server may be set up to do with events that a store must not be surprised by.
///
/// Each is refused at connect, with what to do about it, unless it is [accepted](crate::StoreOptions::accept) by its name.
///
/// ```
/// use annals::{Store, journal::Risk};
///
/// # async fn connect() -> Result<Store, annals::journal::ConnectError> {
/// // A store for reading alone, on a replica:
/// Store::options().accept(Risk::Replica).connect("redis://replica.example").await
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Risk {
    /// The server deletes keys when its memory is full: `maxmemory-policy` is not `noeviction`. A whole aggregate can
    /// vanish, and be created again at version 1.
    Eviction,
    /// The server is a replica: it takes no appends, and may be behind.
    Replica,
    /// The [durability](super::Durability) that is asked for needs an append-only file that is fsynced before the
    /// answer, and there is none.
    NoFsync,
    /// The durability that is asked for needs replicas, and the server takes writes with fewer in step:
    /// `min-replicas-to-write` is below their number.
    FewReplicas,
    /// The server could not write its append-only file or snapshot the last time it tried.
    FailedWrites,
    /// The server does not let this user see what would have to be checked.
    Unchecked,
    /// The events end with this process.
    InMemory,
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Risk::{self:?}")
    }
}

/// One thing that endangers the events, and what to do about it.
///
/// ```
/// use annals::journal::{Finding, Risk};
///
/// let finding = Finding::new(Risk::Eviction, "`maxmemory-policy` is `allkeys-lru`", "set it to `noeviction`");
/// assert_eq!(
///     finding.to_string(),
///     "`maxmemory-policy` is `allkeys-lru`; set it to `noeviction`, or accept Risk::Eviction",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Its name, by which it can be accepted.
    pub risk: Risk,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub mend: String,
    /// Whether it was accepted when the store was opened.
    pub accepted: bool,
}

impl Finding {
    /// A finding that nobody has accepted.
    #[must_use]
    pub fn new(risk: Risk, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { risk, found: found.into(), mend: mend.into(), accepted: false }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { risk, found, mend, accepted } = self;
        if *accepted {
            write!(f, "{found} ({risk} is accepted)")
        } else {
            write!(f, "{found}; {mend}, or accept {risk}")
        }
    }
}

/// How a journal fares: made by [`Store::health`](crate::Store::health).
///
/// ```
/// use annals::Store;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), annals::journal::JournalError> {
/// let health = Store::memory().health().await?;
/// assert!(health.is_sound());
/// for finding in &health.findings {
///     eprintln!("{finding}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// What endangers the events now, what was accepted too.
    pub findings: Vec<Finding>,
    /// What keeps the events, as in `Redis 7.0.15`.
    pub server: String,
    /// How much memory there is.
    pub memory: MemoryUse,
    /// The newest entry of each partition's log that has one.
    pub heads: BTreeMap<u16, LogId>,
    /// The server-side functions: the name of their library, or of the script in their place; `None` where none are
    /// needed.
    pub functions: Option<String>,
    /// What the server writes to its disk, where it says so.
    pub persistence: Option<Persistence>,
    /// How many replicas are connected, where the server says so.
    pub replicas: Option<u32>,
    /// How many rows of each read model are [parked](crate::projector::Projector::parked), since an event could not be
    /// taken into them; read models without any are not among them.
    pub parked: BTreeMap<ReadModel, u64>,
}

impl Health {
    /// Whether nothing was found that was not accepted.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.accepted)
    }
}

/// How much memory a server has, in bytes.
///
/// ```
/// use annals::journal::MemoryUse;
///
/// let memory = MemoryUse { used: 700, limit: Some(1_000) };
/// assert_eq!(memory.left(), Some(300));
/// assert_eq!(MemoryUse::default().left(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// How much is used; 0 where that is not known.
    pub used: u64,
    /// Beyond how much no append is taken; `None` where the machine is the limit.
    pub limit: Option<u64>,
}

impl MemoryUse {
    /// How much may still be used, where there is a limit.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.used))
    }
}

/// What a server writes to its disk.
///
/// ```
/// use annals::journal::Persistence;
///
/// let persistence = Persistence { append_only: true, fsync: Some("always".to_owned()), last_write_failed: false };
/// assert!(persistence.append_only);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Persistence {
    /// Whether there is an append-only file.
    pub append_only: bool,
    /// When it is fsynced, as `appendfsync` says; `None` where this user may not see it.
    pub fsync: Option<String>,
    /// Whether the last write to it, or the last snapshot that writes wait for, failed.
    pub last_write_failed: bool,
}
