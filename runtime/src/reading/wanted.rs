//! Which events of the log a reader wants, and how it comes to know of those that it cannot read.

use crate::{
    journal::{Journal, JournalError, LogBatch, LogRead},
    model::EventSet,
};
use std::sync::{Arc, OnceLock};

/// Which events of the log a reader wants.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// All of them.
    Everything,
    /// Those of the types that were chosen by name.
    Types(Arc<[String]>),
    /// Those of an event set, and whatever else the same aggregates have: an event that a newer program wrote must stop
    /// the reader. If it were left out, nobody would be told, and nobody would ever come back for it.
    Set(Arc<Set>),
}

/// The types of an event set, and whose they are.
#[derive(Debug)]
pub(crate) struct Set {
    types: Arc<[String]>,
    /// Whose the types are, once each of them was claimed: that never changes again.
    owners: OnceLock<Arc<[String]>>,
}

impl Wanted {
    /// The events of a set.
    pub(crate) fn set<S: EventSet>() -> Self {
        let types = S::event_types().into_iter().map(ToOwned::to_owned).collect();
        Self::Set(Arc::new(Set { types, owners: OnceLock::new() }))
    }

    /// Reads a part of the log.
    pub(crate) async fn read(&self, journal: &dyn Journal, read: LogRead) -> Result<LogBatch, JournalError> {
        match self {
            Self::Everything => journal.read_log(read).await,
            Self::Types(types) => journal.read_log(read.with_types(Arc::clone(types))).await,
            Self::Set(set) => set.read(journal, read.with_types(Arc::clone(&set.types))).await,
        }
    }
}

impl Set {
    async fn read(&self, journal: &dyn Journal, read: LogRead) -> Result<LogBatch, JournalError> {
        let mut owners = self.owners(journal).await?;
        loop {
            let batch = journal.read_log(read.clone().with_aggregates(Arc::clone(&owners))).await?;
            // Types are claimed before the first append. Where some were not, they may have been since, and this batch
            // may have left out an event of theirs.
            let now = self.owners(journal).await?;
            if now == owners {
                return Ok(batch);
            }
            owners = now;
        }
    }

    /// The kinds of aggregates whose events these types are, each once.
    async fn owners(&self, journal: &dyn Journal) -> Result<Arc<[String]>, JournalError> {
        if let Some(owners) = self.owners.get() {
            return Ok(Arc::clone(owners));
        }
        let claimed = journal.owners(self.types.to_vec()).await?;
        let complete = claimed.iter().all(Option::is_some);
        let mut owners: Vec<_> = claimed.into_iter().flatten().collect();
        owners.sort_unstable();
        owners.dedup();
        let owners: Arc<[String]> = owners.into();
        if complete { Ok(Arc::clone(self.owners.get_or_init(|| owners))) } else { Ok(owners) }
    }
}
