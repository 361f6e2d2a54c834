//! The states that were folded last, so that a command need not load what this program has just seen.

use super::folded::{Folded, Held};
use crate::model::{StreamName, Version};
use lru::LruCache;
use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// States by their streams; where there are too many, the one that was used longest ago goes.
pub(super) struct Cache<A> {
    states: Mutex<LruCache<StreamName, Arc<Folded<A>>>>,
    clone: fn(&A) -> A,
}

impl<A> fmt::Debug for Cache<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let states = self.states();
        f.debug_struct("Cache").field("states", &states.len()).field("capacity", &states.cap()).finish()
    }
}

impl<A> Cache<A> {
    pub(super) fn new(capacity: NonZeroUsize, clone: fn(&A) -> A) -> Self {
        Self { states: Mutex::new(LruCache::new(capacity)), clone }
    }

    pub(super) fn get(&self, stream: &StreamName) -> Option<Held<A>> {
        self.states().get(stream).map(|folded| Held::Shared(Arc::clone(folded), self.clone))
    }

    pub(super) fn forget(&self, stream: &StreamName) {
        let forgotten = self.states().pop(stream);
        // What the user's type does when it is dropped is not done under the lock.
        drop(forgotten);
    }

    /// Keeps a state, which is at hand afterwards too. One without events is not kept: it says nothing.
    pub(super) fn keep(&self, stream: &StreamName, folded: Folded<A>) -> Held<A> {
        if folded.loaded.version == Version::NONE {
            return Held::Own(folded);
        }
        let folded = Arc::new(folded);
        let evicted = self.states().push(stream.clone(), Arc::clone(&folded));
        drop(evicted);
        Held::Shared(folded, self.clone)
    }

    fn states(&self) -> MutexGuard<'_, LruCache<StreamName, Arc<Folded<A>>>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
