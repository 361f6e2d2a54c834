//! Which event types this program has claimed for its aggregates.

use crate::{
    journal::{Journal, JournalError},
    model::{Aggregate, Event, event_types},
};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The claims that were made, so that each is made once.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// The names of aggregates and of their event enums.
    made: Mutex<BTreeSet<(&'static str, &'static str)>>,
}

impl Claims {
    /// Claims every type that is or was one of the aggregate's events, the first time.
    pub(super) async fn make<A: Aggregate>(&self, journal: &dyn Journal) -> Result<(), JournalError> {
        let descriptor = <A::Event as Event>::DESCRIPTOR;
        let claim = (A::NAME, descriptor.name);
        if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(&claim) {
            return Ok(());
        }
        let types = event_types(descriptor).chain(descriptor.retired.iter().copied()).map(ToOwned::to_owned).collect();
        journal.claim(A::NAME, types).await?;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(claim);
        Ok(())
    }
}
