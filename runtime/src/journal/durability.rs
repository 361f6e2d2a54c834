//! How safe an append is to be before it is acknowledged, and how far one came that did not get there.

use super::{AppendId, Appended};
use crate::model::StreamName;
use std::{fmt, time::Duration};

/// How safe an append is to be before it is acknowledged: a default of the [store](crate::StoreOptions::durability), which
/// one command may [raise](crate::repository::Execute::durability).
///
/// What each level can lose, by fault:
///
/// | level | the program ends | the server's process is killed | the machine loses power | a replica takes the server's place |
/// |---|---|---|---|---|
/// | `Memory` | nothing | what was not yet [persisted](crate::guide::durability): with AOF `everysec` up to about a second, without AOF everything | the same | what had not been replicated |
/// | `Fsynced` | nothing | nothing | nothing, if the disk keeps what it says | what had not been replicated |
/// | `Replicated(n)` | nothing | what was not yet persisted, if the server comes back in place of a replica | the same | nothing, if one of the `n` takes its place |
/// | `ReplicatedFsynced(n)` | nothing | nothing | nothing, on all `n + 1` machines at once too | nothing, if one of the `n` takes its place |
///
/// An append whose level is not reached in time is there, and is answered with
/// [`JournalError::Unconfirmed`](super::JournalError::Unconfirmed).
///
/// Redis says how it keeps these: `appendfsync always` or `WAITAOF` (from 7.2 on) for `Fsynced`, `WAIT` for `Replicated`,
/// `WAITAOF` for `ReplicatedFsynced`.
///
/// ```
/// use annals::journal::Durability;
///
/// assert_eq!(Durability::default(), Durability::Memory);
/// assert_eq!(Durability::Replicated(2).to_string(), "replicated to 2");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Durability {
    /// The server has it.
    #[default]
    Memory,
    /// The server has it on its disk.
    Fsynced,
    /// So many replicas have it too.
    Replicated(u16),
    /// The server has it on its disk, and so have so many replicas.
    ReplicatedFsynced(u16),
}

impl Durability {
    /// For how long is waited until an append is as safe as was asked for, unless said otherwise.
    ///
    /// ```
    /// # use annals::journal::Durability;
    /// assert_eq!(Durability::WITHIN.as_secs(), 5);
    /// ```
    pub const WITHIN: Duration = Duration::from_secs(5);
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("in the server's memory"),
            Self::Fsynced => f.write_str("fsynced"),
            Self::Replicated(replicas) => write!(f, "replicated to {replicas}"),
            Self::ReplicatedFsynced(replicas) => write!(f, "fsynced here and by {replicas} replicas"),
        }
    }
}

/// How far an append came.
///
/// ```
/// use annals::journal::Reached;
///
/// let reached = Reached { fsynced: Some(true), replicas: Some(0), fsynced_replicas: None };
/// assert_eq!(reached.to_string(), "fsynced here, replicated to 0");
/// assert_eq!(Reached::default().to_string(), "nothing is known beyond the server's memory");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Whether the server has it on its disk, where that was asked for and answered.
    pub fsynced: Option<bool>,
    /// How many replicas have it, where that was asked for and answered.
    pub replicas: Option<u32>,
    /// How many replicas have it on their disks, where that was asked for and answered.
    pub fsynced_replicas: Option<u32>,
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fsynced = self.fsynced.map(|fsynced| if fsynced { "fsynced here" } else { "not fsynced here" }.to_owned());
        let replicas = self.replicas.map(|count| format!("replicated to {count}"));
        let fsynced_replicas = self.fsynced_replicas.map(|count| format!("fsynced by {count} replicas"));
        let parts: Vec<_> = [fsynced, replicas, fsynced_replicas].into_iter().flatten().collect();
        if parts.is_empty() {
            f.write_str("nothing is known beyond the server's memory")
        } else {
            f.write_str(&parts.join(", "))
        }
    }
}

/// Events that are recorded, and not as safe as was asked for in time: what
/// [`JournalError::Unconfirmed`](super::JournalError::Unconfirmed) carries. React as that says.
///
/// ```
/// use annals::journal::{Append, Journal, JournalError};
///
/// /// Appends, and takes what is recorded for done once it is in the server's memory, but tells.
/// async fn append(journal: &dyn Journal, append: Append) -> Result<(), JournalError> {
///     match journal.append(append).await {
///         Err(JournalError::Unconfirmed(unconfirmed)) => {
///             eprintln!("{unconfirmed}: the versions {:?}", unconfirmed.appended.versions());
///             Ok(())
///         }
///         answer => answer.map(drop),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error(
    "the append `{id}` to stream `{stream}` is recorded as the versions {} to {}, and is not as safe as was asked for: \
     expected it to be {asked}, found {reached}{}",
    appended.versions().start(), appended.versions().end(), because(reason)
)]
pub struct Unconfirmed {
    /// The stream.
    pub stream: StreamName,
    /// The id to ask again under.
    pub id: AppendId,
    /// Where the events lie.
    pub appended: Appended,
    /// What was asked for.
    pub asked: String,
    /// How far it came.
    pub reached: Reached,
    /// What the connection or the server says, where it says more than that.
    pub reason: String,
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// All that is asked of an append at once: the store's level and its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Demand {
    pub(crate) fsynced: bool,
    pub(crate) replicas: u16,
    pub(crate) fsynced_replicas: u16,
}

impl Demand {
    /// What this level asks for, and the other.
    #[cfg(any(feature = "redis", test))]
    pub(crate) fn and(self, level: Durability) -> Self {
        let other = Self::from(level);
        Self {
            fsynced: self.fsynced || other.fsynced,
            replicas: self.replicas.max(other.replicas),
            fsynced_replicas: self.fsynced_replicas.max(other.fsynced_replicas),
        }
    }

    /// Whether the server's memory is enough.
    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Whether this is what was asked for.
    #[cfg(feature = "redis")]
    pub(crate) fn is_met(self, reached: Reached) -> bool {
        (!self.fsynced || reached.fsynced == Some(true))
            && reached.replicas.unwrap_or_default() >= u32::from(self.replicas)
            && reached.fsynced_replicas.unwrap_or_default() >= u32::from(self.fsynced_replicas)
    }
}

impl From<Durability> for Demand {
    fn from(level: Durability) -> Self {
        match level {
            Durability::Memory => Self::default(),
            Durability::Fsynced => Self { fsynced: true, ..Self::default() },
            Durability::Replicated(replicas) => Self { replicas, ..Self::default() },
            Durability::ReplicatedFsynced(replicas) => Self { fsynced: true, fsynced_replicas: replicas, replicas: 0 },
        }
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = Reached {
            fsynced: self.fsynced.then_some(true),
            replicas: (self.replicas > 0).then(|| self.replicas.into()),
            fsynced_replicas: (self.fsynced_replicas > 0).then(|| self.fsynced_replicas.into()),
        };
        wanted.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_levels_together_ask_for_all_of_both() {
        let both = Demand::from(Durability::Fsynced).and(Durability::Replicated(2));
        assert_eq!(both, Demand { fsynced: true, replicas: 2, fsynced_replicas: 0 });
        assert_eq!(both.to_string(), "fsynced here, replicated to 2");
        assert!(Demand::from(Durability::Memory).is_none() && !both.is_none());
    }

    #[cfg(feature = "redis")]
    #[test]
    fn a_demand_is_met_where_every_part_of_it_was_answered() {
        let demand = Demand::from(Durability::ReplicatedFsynced(1));
        let reached = |fsynced, fsynced_replicas| Reached { fsynced, replicas: None, fsynced_replicas };
        assert!(demand.is_met(reached(Some(true), Some(1))));
        for missing in
            [reached(Some(true), Some(0)), reached(Some(false), Some(1)), reached(None, Some(2)), Reached::default()]
        {
            assert!(!demand.is_met(missing), "{missing:?}");
        }
    }
}
