//! Leases on Redis: who works on which partition of a read model, by the server's clock.

use super::{JournalError, LeaseRequest, Leases, ReadModel, RedisJournal, checks, foreign, reply::Unexpected};
use crate::journal::Lease;
use std::{collections::BTreeMap, time::Duration};

impl RedisJournal {
    /// What was given is kept when it is asked for again, so a lost answer is asked for again.
    pub(super) async fn share_partitions(&self, request: LeaseRequest) -> Result<Leases, JournalError> {
        checks::lease(&request)?;
        let LeaseRequest { model, holder, time } = request;
        let operation = format!("lease partitions of `{model}`");
        let odd = |found: Unexpected| found.during(&operation);
        let arguments = [self.keys.partitions().to_string(), holder, millis(time).to_string()];
        let mut reply = self.call(&operation, "lease", &[&self.keys.model(&model).leases()], &arguments).await?;
        match reply.text().map_err(odd)?.as_str() {
            "leases" => {
                let holders = reply.number().map_err(odd)?;
                let mut held = BTreeMap::new();
                while !reply.is_empty() {
                    let partition = reply.number().map_err(odd)?;
                    let partition =
                        u16::try_from(partition).map_err(|_| odd(Unexpected::new("a partition", &partition)))?;
                    held.insert(partition, Lease::new(reply.number().map_err(odd)?));
                }
                Ok(Leases::new(held, usize::try_from(holders).unwrap_or(usize::MAX)))
            }
            word => Err(foreign(&operation, word, reply)),
        }
    }

    pub(super) async fn release_partitions(&self, model: ReadModel, holder: String) -> Result<(), JournalError> {
        checks::release(&model, &holder)?;
        let operation = format!("release partitions of `{model}`");
        let mut reply = self.call(&operation, "release", &[&self.keys.model(&model).leases()], &[holder]).await?;
        match reply.text().map_err(|found| found.during(&operation))?.as_str() {
            "done" => Ok(()),
            word => Err(foreign(&operation, word, reply)),
        }
    }
}

/// For how many milliseconds a lease is given. The server adds them to its time, and Lua counts exactly up to 15 digits.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::from(u32::MAX) * 1_000)
}
