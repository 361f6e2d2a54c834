//! The newest snapshot of each stream, as the text that Redis would hold.

use super::events::Events;
use crate::{
    journal::{Fingerprint, JournalError, Restored, Snapshot},
    model::{StreamName, Version},
};
use std::collections::HashMap;

/// The snapshots.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    streams: HashMap<StreamName, String>,
}

impl Snapshots {
    /// The snapshot of this fingerprint that belongs to these events.
    fn fitting(
        &self,
        events: &Events,
        stream: &StreamName,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, JournalError> {
        let Some(text) = self.streams.get(stream) else { return Ok(None) };
        let snapshot = Snapshot::read(stream.clone(), text.clone().into_bytes())?;
        let fits = snapshot.fingerprint == fingerprint && events.has(stream, snapshot.version, snapshot.log_id)?;
        Ok(fits.then_some(snapshot))
    }

    pub(super) fn restore(
        &self,
        events: &Events,
        stream: &StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> Result<Restored, JournalError> {
        let snapshot = self.fitting(events, stream, fingerprint)?;
        let after = snapshot.as_ref().map_or(Version::NONE, |snapshot| snapshot.version);
        Ok(Restored::new(snapshot, events.read_stream(stream, after, limit)?))
    }

    /// Keeps a snapshot, which was written as `written`, unless there is a newer one.
    pub(super) fn keep(&mut self, events: &Events, snapshot: Snapshot, written: String) -> Result<bool, JournalError> {
        let newest = self.fitting(events, &snapshot.stream, snapshot.fingerprint)?;
        if newest.is_some_and(|newest| newest.version > snapshot.version) {
            return Ok(false);
        }
        self.streams.insert(snapshot.stream, written);
        Ok(true)
    }
}
