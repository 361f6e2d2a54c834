//! Idempotency keys: what commands led to, until they are forgotten.

use crate::{
    journal::{IdempotencyKey, JournalError, Once, Remembered, once::Record},
    model::StreamName,
};
use std::{collections::HashMap, time::Instant};

/// What is remembered, and until when; `None` where that is for ever.
#[derive(Default)]
pub(super) struct Keys {
    records: HashMap<IdempotencyKey, (Record, Option<Instant>)>,
    /// How many records there may be before those that are over are looked for.
    sweep_at: usize,
}

impl Keys {
    /// What the command led to, if it is known.
    pub(super) fn recall(&self, stream: &StreamName, once: &Once) -> Result<Option<Remembered>, JournalError> {
        match self.records.get(&once.key) {
            Some((record, until)) if is_kept(*until) => record.of(once, stream).map(Some),
            _ => Ok(None),
        }
    }

    pub(super) fn remember(&mut self, stream: &StreamName, once: &Once, what: Remembered) {
        if self.records.len() >= self.sweep_at.max(1_000) {
            self.records.retain(|_, (_, until)| is_kept(*until));
            self.sweep_at = self.records.len() * 2;
        }
        let record = Record::new(once, stream.clone(), what);
        self.records.insert(once.key.clone(), (record, Instant::now().checked_add(once.keep)));
    }
}

fn is_kept(until: Option<Instant>) -> bool {
    until.is_none_or(|until| Instant::now() < until)
}
