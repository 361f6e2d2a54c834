//! Of which kind of aggregate the events of each type are.

use crate::journal::JournalError;
use std::collections::HashMap;

/// Every type that was claimed.
#[derive(Default)]
pub(super) struct Owners {
    owners: HashMap<String, String>,
}

impl Owners {
    pub(super) fn claim(&mut self, aggregate: &str, types: Vec<String>) -> Result<(), JournalError> {
        for event_type in &types {
            if let Some(owner) = self.owners.get(event_type).filter(|owner| *owner != aggregate) {
                return Err(JournalError::TypeTaken {
                    event_type: event_type.clone(),
                    owner: owner.clone(),
                    aggregate: aggregate.to_owned(),
                });
            }
        }
        self.owners.extend(types.into_iter().map(|event_type| (event_type, aggregate.to_owned())));
        Ok(())
    }

    pub(super) fn of(&self, types: &[String]) -> Vec<Option<String>> {
        types.iter().map(|event_type| self.owners.get(event_type).cloned()).collect()
    }
}
