//! Who works on which partition of a read model, and for how long.

use crate::journal::{Lease, LeaseRequest, Leases};
use std::collections::{BTreeMap, HashMap};
use tokio::time::Instant;

/// The partitions of one read model, and who asked for them.
#[derive(Default)]
pub(super) struct Shares {
    /// Until when each of those who asked counts; `None` where that is for ever.
    holders: HashMap<String, Option<Instant>>,
    partitions: BTreeMap<u16, Partition>,
}

/// A partition that was leased once. Its number stays when it is given back, so that it always grows.
#[derive(Default)]
struct Partition {
    number: u64,
    held: Option<Held>,
}

/// By whom a partition is held, and until when; `None` where that is for ever.
struct Held {
    by: String,
    until: Option<Instant>,
}

impl Partition {
    fn is_held(&self, now: Instant) -> bool {
        self.held.as_ref().is_some_and(|held| !is_over(held.until, now))
    }

    fn is_held_by(&self, holder: &str, now: Instant) -> bool {
        self.held.as_ref().is_some_and(|held| held.by == holder && !is_over(held.until, now))
    }
}

impl Shares {
    /// Gives a holder its share of so many partitions.
    pub(super) fn lease(&mut self, request: LeaseRequest, partitions: u16, now: Instant) -> Leases {
        let LeaseRequest { holder, time, .. } = request;
        let until = now.checked_add(time);
        self.holders.retain(|_, until| !is_over(*until, now));
        self.holders.insert(holder.clone(), until);
        let holders = self.holders.len();
        let share = usize::from(partitions).div_ceil(holders);

        let mut held = BTreeMap::new();
        for (number, partition) in &mut self.partitions {
            if !partition.is_held_by(&holder, now) {
                continue;
            }
            // The lowest ones are kept.
            partition.held = (held.len() < share).then(|| Held { by: holder.clone(), until });
            if partition.held.is_some() {
                held.insert(*number, Lease::new(partition.number));
            }
        }
        for number in 0..partitions {
            if held.len() == share {
                break;
            }
            let partition = self.partitions.entry(number).or_default();
            if !partition.is_held(now) {
                partition.number += 1;
                partition.held = Some(Held { by: holder.clone(), until });
                held.insert(number, Lease::new(partition.number));
            }
        }
        Leases::new(held, holders)
    }

    pub(super) fn release(&mut self, holder: &str) {
        self.holders.remove(holder);
        for partition in self.partitions.values_mut() {
            if partition.held.as_ref().is_some_and(|held| held.by == holder) {
                partition.held = None;
            }
        }
    }

    /// Whether a partition is held under this lease now.
    pub(super) fn holds(&self, partition: u16, lease: Lease, now: Instant) -> bool {
        let partition = self.partitions.get(&partition);
        partition.is_some_and(|partition| partition.number == lease.number() && partition.is_held(now))
    }
}

fn is_over(until: Option<Instant>, now: Instant) -> bool {
    until.is_some_and(|until| until <= now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::ReadModel;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn asked(holder: &str, time: Duration) -> LeaseRequest {
        LeaseRequest::new(ReadModel::new("orders", 1), holder, time)
    }

    fn numbers(leases: &Leases) -> Vec<(u16, u64)> {
        leases.held.iter().map(|(partition, lease)| (*partition, lease.number())).collect()
    }

    #[test]
    fn a_lease_is_over_at_its_last_moment() {
        let (mut shares, now) = (Shares::default(), Instant::now());
        let lease = shares.lease(asked("a", SECOND), 1, now).held[&0];
        let last = now + SECOND - Duration::from_nanos(1);
        assert!(shares.holds(0, lease, last) && !shares.holds(0, lease, now + SECOND));
        assert_eq!(shares.lease(asked("b", SECOND), 1, last), Leases::new(BTreeMap::new(), 2));
        assert_eq!(numbers(&shares.lease(asked("b", SECOND), 1, now + SECOND)), [(0, 2)]);
    }

    #[test]
    fn the_number_grows_by_one_also_for_who_comes_too_late_for_its_own() {
        let (mut shares, now) = (Shares::default(), Instant::now());
        assert_eq!(numbers(&shares.lease(asked("a", SECOND), 2, now)), [(0, 1), (1, 1)]);
        assert_eq!(numbers(&shares.lease(asked("a", SECOND), 2, now + SECOND / 2)), [(0, 1), (1, 1)], "it is kept");
        let late = shares.lease(asked("a", SECOND), 2, now + SECOND * 2);
        assert_eq!((numbers(&late), late.holders), (vec![(0, 2), (1, 2)], 1));
    }

    #[test]
    fn shares_are_rounded_up_and_follow_the_number_of_holders() {
        let (mut shares, now) = (Shares::default(), Instant::now());
        let mut ask = |holder: &str| numbers(&shares.lease(asked(holder, SECOND), 7, now));
        assert_eq!(ask("a").len(), 7);
        assert_eq!(ask("b"), []);
        assert_eq!(ask("c"), []);
        // Three of seven each, and what is left for who asks last.
        assert_eq!(ask("a"), [(0, 1), (1, 1), (2, 1)]);
        assert_eq!(ask("b"), [(3, 2), (4, 2), (5, 2)]);
        assert_eq!(ask("c"), [(6, 2)]);
        shares.release("b");
        let after = shares.lease(asked("c", SECOND), 7, now);
        assert_eq!((numbers(&after), after.holders), (vec![(3, 3), (4, 3), (5, 3), (6, 2)], 2));
    }

    #[test]
    fn more_holders_than_partitions_wait_for_one() {
        let (mut shares, now) = (Shares::default(), Instant::now());
        for (holder, held) in [("a", 1), ("b", 0), ("c", 0), ("a", 1), ("b", 0)] {
            assert_eq!(shares.lease(asked(holder, SECOND), 1, now).held.len(), held, "{holder}");
        }
        shares.release("a");
        assert_eq!(numbers(&shares.lease(asked("c", SECOND), 1, now)), [(0, 2)]);
    }

    #[test]
    fn a_lease_may_be_for_longer_than_the_clock_goes() {
        let (mut shares, now) = (Shares::default(), Instant::now());
        let lease = shares.lease(asked("a", Duration::MAX), 1, now).held[&0];
        assert!(shares.holds(0, lease, now + SECOND * 1_000_000));
        assert_eq!(shares.lease(asked("b", SECOND), 1, now).holders, 2);
    }
}
