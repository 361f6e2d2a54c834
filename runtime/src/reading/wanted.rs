//! Which events of the log a reader wants, and what it makes of those whose type it does not know.

use crate::{
    codec::DecodeError,
    journal::{Journal, JournalError, LogBatch, LogRead, StoredEvent},
    model::{EventDescriptor, EventSet, Recorded, event_types},
};
use std::{
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

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
    /// Whose each type is, as far as it was claimed when the last batch was read.
    claims: RwLock<Vec<Option<String>>>,
}

impl Wanted {
    /// The events of a set.
    pub(crate) fn set<S: EventSet>() -> Self {
        let types = S::event_types().into_iter().map(ToOwned::to_owned).collect();
        Self::Set(Arc::new(Set { types, owners: OnceLock::new(), claims: RwLock::default() }))
    }

    /// An event of the set with its metadata; `None` for one that is retired, which is skipped knowingly.
    ///
    /// One that is none of the set was read because it is of the same aggregates: a newer program wrote it. The enum of
    /// these aggregates takes it, if it has a variant for that; otherwise this program is too old for it.
    pub(crate) fn recorded<S: EventSet>(&self, stored: &StoredEvent) -> Result<Option<Recorded<S>>, DecodeError> {
        let mut event = S::decode(stored)?;
        if event.is_none() {
            let descriptors = S::descriptors();
            if descriptors.iter().any(|descriptor| descriptor.retires(stored.event_type())) {
                return Ok(None);
            }
            if let Self::Set(set) = self
                && let Some(index) = set.enum_of(&descriptors, &stored.stream().aggregate())
            {
                event = S::decode_unknown(stored, index)?;
            }
            if event.is_none() {
                return Err(stored.unknown(&descriptors));
            }
        }
        event.map(|event| Ok(Recorded::new(event, stored.metadata()?))).transpose()
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

impl Wanted {
    /// Waits until one of these logs goes on.
    pub(crate) async fn follow(
        &self,
        journal: &dyn Journal,
        reads: Vec<LogRead>,
        patience: Duration,
    ) -> Result<Vec<LogBatch>, JournalError> {
        let with = |types: &Arc<[String]>, reads: Vec<LogRead>| {
            reads.into_iter().map(|read| read.with_types(Arc::clone(types))).collect::<Vec<_>>()
        };
        match self {
            Self::Everything => journal.follow(reads, patience).await,
            Self::Types(types) => journal.follow(with(types, reads), patience).await,
            Self::Set(set) => set.follow(journal, with(&set.types, reads), patience).await,
        }
    }
}

impl Set {
    /// As [`Wanted::follow`]; where a type was claimed meanwhile, nothing has come, and whoever asks reads again.
    async fn follow(
        &self,
        journal: &dyn Journal,
        reads: Vec<LogRead>,
        patience: Duration,
    ) -> Result<Vec<LogBatch>, JournalError> {
        let owners = self.owners(journal).await?;
        let reads: Vec<_> = reads.into_iter().map(|read| read.with_aggregates(Arc::clone(&owners))).collect();
        let count = reads.len();
        let batches = journal.follow(reads, patience).await?;
        if self.owners(journal).await? == owners { Ok(batches) } else { Ok(vec![LogBatch::default(); count]) }
    }

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
        self.claims.write().unwrap_or_else(PoisonError::into_inner).clone_from(&claimed);
        let complete = claimed.iter().all(Option::is_some);
        let mut owners: Vec<_> = claimed.into_iter().flatten().collect();
        owners.sort_unstable();
        owners.dedup();
        let owners: Arc<[String]> = owners.into();
        if complete { Ok(Arc::clone(self.owners.get_or_init(|| owners))) } else { Ok(owners) }
    }

    /// Which of the set's enums has the events of this kind of aggregate.
    fn enum_of(&self, enums: &[&'static EventDescriptor], aggregate: &str) -> Option<usize> {
        let claims = self.claims.read().unwrap_or_else(PoisonError::into_inner);
        let mut claims = claims.iter();
        enums.iter().position(|descriptor| {
            let types = event_types(descriptor).count();
            claims.by_ref().take(types).any(|owner| owner.as_deref() == Some(aggregate))
        })
    }
}
