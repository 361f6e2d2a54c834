//! What leases are, as far as it is promised: which ones a holder may be given, where none of them runs out.

use super::journal::Model;
use annals::journal::{Lease, Leases, ReadModel};
use std::collections::{BTreeMap, BTreeSet};

/// Who works on a read model.
#[derive(Clone, Default)]
pub(super) struct Shares {
    holders: BTreeSet<String>,
    held: BTreeMap<u16, (String, Lease)>,
    /// The last number that each partition had.
    last: BTreeMap<u16, Lease>,
}

impl Model {
    /// The lease under which a partition is held.
    pub(crate) fn lease_of(&self, model: &ReadModel, partition: u16) -> Option<Lease> {
        self.leases.get(&model.to_string())?.held.get(&partition).map(|(_, lease)| *lease)
    }

    /// Takes over what a holder was given, if it could be given that.
    pub(crate) fn given(&mut self, model: &ReadModel, holder: &str, leases: &Leases) -> Result<(), String> {
        let partitions = usize::from(self.partitions);
        let shares = self.leases.entry(model.to_string()).or_default();
        shares.holders.insert(holder.to_owned());
        let share = partitions.div_ceil(shares.holders.len());
        let own: Vec<_> =
            shares.held.iter().filter(|(_, (by, _))| by == holder).map(|(partition, _)| *partition).collect();
        for lost in own.iter().skip(share) {
            shares.held.remove(lost);
        }
        let kept = own.len().min(share);
        let free = partitions - shares.held.len();
        if (leases.holders, leases.held.len()) != (shares.holders.len(), share.min(kept + free)) {
            let holders = shares.holders.len();
            return Err(format!(
                "the leases of `{holder}`: {kept} kept, {free} free, {holders} holders, found {leases:?}"
            ));
        }
        for partition in &own[..kept] {
            let (_, expected) = &shares.held[partition];
            if leases.held.get(partition) != Some(expected) {
                return Err(format!("partition {partition} is kept under {expected:?}, found {leases:?}"));
            }
        }
        for (partition, lease) in leases.held.iter().filter(|(partition, _)| !own[..kept].contains(partition)) {
            if *partition >= self.partitions || shares.held.contains_key(partition) {
                return Err(format!("partition {partition} is not free, found {leases:?}"));
            }
            if shares.last.get(partition).is_some_and(|last| last >= lease) {
                return Err(format!(
                    "the number of partition {partition} grows from {:?}, found {leases:?}",
                    shares.last
                ));
            }
            shares.last.insert(*partition, *lease);
            shares.held.insert(*partition, (holder.to_owned(), *lease));
        }
        Ok(())
    }

    pub(crate) fn release(&mut self, model: &ReadModel, holder: &str) {
        let shares = self.leases.entry(model.to_string()).or_default();
        shares.holders.remove(holder);
        shares.held.retain(|_, (by, _)| by != holder);
    }
}
