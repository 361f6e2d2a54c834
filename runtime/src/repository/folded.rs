//! A state as it is carried from one step to the next: with the place of the last event that it contains.

use super::{Loaded, ReadError};
use crate::{
    journal::{LogId, StoredEvent},
    model::{Aggregate, Version},
};
use std::{ops::Deref, sync::Arc};

/// A state, and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folded<A> {
    pub(super) loaded: Loaded<A>,
    /// The log id of the last event; `None` before the first.
    pub(super) log_id: Option<LogId>,
    /// The version of the stream's last snapshot, as far as is known.
    pub(super) snapshot: Version,
}

impl<A: Aggregate> Folded<A> {
    /// The state before the first event.
    pub(super) fn empty() -> Self {
        Self { loaded: Loaded::empty(), log_id: None, snapshot: Version::NONE }
    }

    /// Takes the next event in.
    pub(super) fn apply(&mut self, stored: &StoredEvent) -> Result<(), ReadError> {
        self.loaded.apply(stored)?;
        self.log_id = Some(stored.log_id());
        Ok(())
    }
}

/// A state at hand: one's own, or one that the cache has too.
pub(super) enum Held<A> {
    Own(Folded<A>),
    Shared(Arc<Folded<A>>, fn(&A) -> A),
}

impl<A> Deref for Held<A> {
    type Target = Folded<A>;

    fn deref(&self) -> &Folded<A> {
        match self {
            Self::Own(folded) => folded,
            Self::Shared(folded, _) => folded,
        }
    }
}

impl<A> Held<A> {
    /// The state as one's own: copied only where somebody else has it still.
    pub(super) fn into_own(self) -> Folded<A> {
        match self {
            Self::Own(folded) => folded,
            Self::Shared(folded, clone) => Arc::try_unwrap(folded).unwrap_or_else(|folded| Folded {
                loaded: Loaded { state: clone(&folded.loaded.state), version: folded.loaded.version },
                log_id: folded.log_id,
                snapshot: folded.snapshot,
            }),
        }
    }
}
