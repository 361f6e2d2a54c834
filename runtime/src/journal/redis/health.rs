//! How the journal fares, asked while it is at work.

use super::{Health, JournalError, RedisJournal, connection::Patience, endure, preflight::Facts};
use std::collections::BTreeMap;

impl RedisJournal {
    pub(super) async fn look_at_health(&self) -> Result<Health, JournalError> {
        let operation = "look at the health of the server";
        let mut patience = Patience::new();
        let facts = loop {
            match Facts::of(&self.connection, patience.deadline()).await {
                Ok(facts) => break facts,
                Err(failure) => endure(operation, failure, &mut patience).await?,
            }
        };
        // Calling one loads them where they are missing, and an error says why they cannot be.
        self.call(operation, "about", &[], &[] as &[&str]).await?;
        let mut heads = BTreeMap::new();
        for partition in 0..self.keys.partitions() {
            if let Some(head) = self.head_of(partition).await? {
                heads.insert(partition, head);
            }
        }
        Ok(Health {
            findings: self.preflight.findings(&facts),
            server: facts.server(),
            memory: facts.memory(),
            heads,
            functions: Some(self.functions.name()),
            persistence: facts.persistence(),
            replicas: facts.replicas(),
            parked: self.parked_counts().await?,
        })
    }
}
