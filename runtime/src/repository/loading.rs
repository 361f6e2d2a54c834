//! Loading: from the newest snapshot on, or from a state that is at hand, whose place in the stream is looked up first.

use super::{
    Loaded, PAGE, ReadError, Repository,
    folded::{Folded, Held},
};
use crate::{
    journal::{Append, Appended, StoredEvent},
    model::{Aggregate, StreamName, Version},
    trace::{span, tell},
};
use std::ops::ControlFlow;

/// A state to decide on.
pub(super) struct Current<A> {
    pub(super) held: Held<A>,
    /// Whether it was read for this; otherwise there may be events after it.
    pub(super) fresh: bool,
}

impl<A: Aggregate> Repository<A> {
    /// The state of a stream to decide on: the one at hand, or as it is loaded.
    pub(super) async fn current(&self, stream: &StreamName) -> Result<Current<A>, ReadError> {
        match self.cache.as_ref().and_then(|cache| cache.get(stream)) {
            Some(held) => Ok(Current { held, fresh: false }),
            None => Ok(Current { held: self.keep(stream, self.load_folded(stream).await?), fresh: true }),
        }
    }

    /// The state with all events that there are now, and whether it is the one that was at hand.
    pub(super) async fn refresh(&self, stream: &StreamName, held: Held<A>) -> Result<(Held<A>, bool), ReadError> {
        let (Some(last), Some(log_id)) = (held.loaded.version.number().checked_sub(1), held.log_id) else {
            return Ok((self.keep(stream, self.load_folded(stream).await?), false));
        };
        // From the last event of the state on, to see whether it is the one that is there.
        let page = self.journal.read_stream(stream, Version::new(last), PAGE).await?;
        match page.split_first() {
            Some((first, [])) if first.log_id() == log_id => Ok((held, true)),
            Some((first, missed)) if first.log_id() == log_id => {
                let mut folded = self.own(stream, held);
                for stored in missed {
                    folded.apply(stored)?;
                }
                if page.len() == PAGE {
                    folded = self.catch_up_folded(stream, folded).await?;
                }
                Ok((self.keep(stream, folded), false))
            }
            _ => {
                tell!(warn, stream = stream.as_str(), "another history than was known; the state is loaded anew");
                self.forget(stream);
                Ok((self.keep(stream, self.load_folded(stream).await?), false))
            }
        }
    }

    /// Loads a state in one trip, if it has a snapshot or no more than a page of events.
    pub(super) async fn load_folded(&self, stream: &StreamName) -> Result<Folded<A>, ReadError> {
        let span = span!(DEBUG, "load", { stream = stream.as_str() }, [version, snapshot, replayed]);
        let folded = span.run(self.load_from_snapshot(stream)).await?;
        let (version, snapshot) = (folded.loaded.version.number(), folded.snapshot.number());
        span.number("version", version);
        span.number("snapshot", snapshot);
        span.number("replayed", version.saturating_sub(snapshot));
        Ok(folded)
    }

    async fn load_from_snapshot(&self, stream: &StreamName) -> Result<Folded<A>, ReadError> {
        let Some(snapshots) = A::SNAPSHOTS else { return self.catch_up_folded(stream, Folded::empty()).await };
        let restored = self.journal.restore(stream, snapshots.fingerprint(), PAGE).await?;
        let mut folded = Folded::empty();
        if let Some(snapshot) = restored.snapshot {
            match snapshots.read(&snapshot.state) {
                Ok(state) => {
                    folded.loaded = Loaded { state, version: snapshot.version };
                    folded.log_id = Some(snapshot.log_id);
                    folded.snapshot = snapshot.version;
                }
                Err(error) => {
                    let error = error.to_string();
                    tell!(warn, stream = stream.as_str(), error = error, "a snapshot does not read, and is not used");
                    return self.catch_up_folded(stream, folded).await;
                }
            }
        }
        for stored in &restored.events {
            folded.apply(stored)?;
        }
        if restored.events.len() == PAGE { self.catch_up_folded(stream, folded).await } else { Ok(folded) }
    }

    /// Takes in all events after a state.
    pub(super) async fn catch_up_folded(&self, stream: &StreamName, folded: Folded<A>) -> Result<Folded<A>, ReadError> {
        let Folded { loaded, mut log_id, snapshot } = folded;
        let note = |stored: &StoredEvent| {
            log_id = Some(stored.log_id());
            ControlFlow::Continue(())
        };
        let loaded = self.fold(stream, loaded, u64::MAX, note).await?;
        Ok(Folded { loaded, log_id, snapshot })
    }

    /// Puts the state into the cache that an append led to.
    ///
    /// Its events are read from what was stored, as any other reader would: serde may have left something out of it.
    pub(super) fn take_on(&self, held: Held<A>, append: &Append, appended: Appended) {
        let stream = &append.stream;
        let mut folded = self.own(stream, held);
        let mut log_id = appended.first;
        for (event, version) in append.events.iter().zip(appended.first_version.number()..) {
            let place = (stream, Version::new(version), appended.partition);
            let stored = StoredEvent::of(event, &append.id, place, log_id);
            // What does not read is told to whoever loads it.
            let Ok(Ok(())) = stored.map(|stored| folded.apply(&stored)) else { return };
            log_id.number += 1;
        }
        self.keep(stream, folded);
    }

    /// Puts a state into the cache, if there is one.
    pub(super) fn keep(&self, stream: &StreamName, folded: Folded<A>) -> Held<A> {
        match &self.cache {
            Some(cache) => cache.keep(stream, folded),
            None => Held::Own(folded),
        }
    }

    pub(super) fn forget(&self, stream: &StreamName) {
        if let Some(cache) = &self.cache {
            cache.forget(stream);
        }
    }

    /// The state as one's own, to be changed and kept again: it is taken out of the cache, so that it need not be copied.
    pub(super) fn own(&self, stream: &StreamName, held: Held<A>) -> Folded<A> {
        self.forget(stream);
        held.into_own()
    }
}
