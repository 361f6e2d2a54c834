//! Leases: each partition is one holder's at a time, and whoever lost it changes nothing any more.

use super::{
    answers::{answered, committed, fenced, moved, together},
    contents,
    rows::{at, model, whole, write},
};
use crate::journal::{
    Commit, Committed, EntryChange, Find, Found, Journal, Lease, LeaseRequest, Leases, LogId, ReadModel,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::yield_now;

/// Longer than any check takes.
const LONG: Duration = Duration::from_hours(1);
/// Shorter than it takes to come back: whoever asks for so long loses it.
const SHORT: Duration = Duration::from_millis(1);
/// Within this time what is so short is over, on the slowest engine.
const PATIENCE: Duration = Duration::from_secs(20);

async fn ask_for(journal: &Arc<dyn Journal>, holder: &str, time: Duration) -> Leases {
    answered(journal.lease(LeaseRequest::new(model(), holder, time)).await)
}

async fn ask(journal: &Arc<dyn Journal>, holder: &str) -> Leases {
    ask_for(journal, holder, LONG).await
}

async fn release(journal: &Arc<dyn Journal>, holder: &str) {
    answered(journal.release(&model(), holder).await);
}

fn partitions(leases: &Leases) -> Vec<u16> {
    leases.held.keys().copied().collect()
}

fn all(journal: &Arc<dyn Journal>) -> Vec<u16> {
    (0..journal.partitions()).collect()
}

/// The commit of a partition that leads from one checkpoint to the next; 0 is before the first.
fn step(partition: u16, number: u64, lease: Lease) -> Commit {
    let expected = (number > 0).then(|| at(number));
    let changes = vec![write(partition.to_string(), number.to_string())];
    Commit::new(model(), partition, expected, at(number + 1), changes).under(lease)
}

pub(super) async fn who_asks_alone_holds_every_partition(journal: &Arc<dyn Journal>) {
    let leases = ask(journal, "a").await;
    assert_eq!((partitions(&leases), leases.holders), (all(journal), 1));
    let odd = ["!", "a:b", "{a}", "%41", "~", &"h".repeat(128)];
    for holder in odd {
        release(journal, "a").await;
        let leases = ask(journal, holder).await;
        assert_eq!((partitions(&leases), leases.holders), (all(journal), 1), "the holder {holder}");
        release(journal, holder).await;
    }
}

pub(super) async fn what_is_held_is_kept_under_the_same_number(journal: &Arc<dyn Journal>) {
    let first = ask(journal, "a").await;
    assert_eq!(ask(journal, "a").await, first);
    for (number, time) in (0..).zip([LONG, LONG * 2, LONG / 2]) {
        assert_eq!(ask_for(journal, "a", time).await, first);
        for (partition, lease) in &first.held {
            committed(journal.commit(step(*partition, number, *lease)).await);
        }
    }
}

pub(super) async fn three_share_the_partitions(journal: &Arc<dyn Journal>) {
    let holders = ["a", "b", "c"];
    let share = usize::from(journal.partitions()).div_ceil(3);
    let mut held = BTreeMap::new();
    // First all come, then each comes back: who has too much gives it up, who has too little finds it free.
    for _ in 0..3 {
        for holder in holders {
            held.insert(holder, ask(journal, holder).await);
        }
    }
    for (holder, leases) in &held {
        assert_eq!(leases.holders, 3, "how many share the work, as {holder} is told");
        assert!(leases.held.len() <= share, "{holder} holds more than {share}: {leases:?}");
    }
    let mut given: Vec<_> = held.values().flat_map(partitions).collect();
    given.sort_unstable();
    assert_eq!(given, all(journal), "each partition is one holder's, and none is nobody's");

    // Then nobody has anything to give up.
    for holder in holders {
        assert_eq!(ask(journal, holder).await, held[holder], "what {holder} holds");
    }
    for leases in held.values() {
        for (partition, lease) in &leases.held {
            committed(journal.commit(step(*partition, 0, *lease)).await);
        }
    }
}

pub(super) async fn who_comes_takes_nothing_that_is_held(journal: &Arc<dyn Journal>) {
    let first = ask(journal, "a").await;
    let second = ask(journal, "b").await;
    assert_eq!((partitions(&second), second.holders), (vec![], 2));
    for (partition, lease) in &first.held {
        committed(journal.commit(step(*partition, 0, *lease)).await);
    }
}

pub(super) async fn who_has_too_much_loses_the_highest_partitions(journal: &Arc<dyn Journal>) {
    let before = ask(journal, "a").await;
    ask(journal, "b").await;
    let after = ask(journal, "a").await;
    let share = journal.partitions().div_ceil(2);
    assert_eq!((partitions(&after), after.holders), ((0..share).collect(), 2));
    for (partition, lease) in &before.held {
        if *partition < share {
            assert_eq!(after.held[partition], *lease, "the number of partition {partition}, which is kept");
        } else {
            // Nobody else has it yet, and still it is gone.
            fenced(journal.commit(step(*partition, 0, *lease)).await);
        }
    }
    let second = ask(journal, "b").await;
    assert_eq!(partitions(&second), (share..journal.partitions()).collect::<Vec<_>>());
    for (partition, lease) in &second.held {
        fenced(journal.commit(step(*partition, 0, before.held[partition])).await);
        committed(journal.commit(step(*partition, 0, *lease)).await);
    }
}

pub(super) async fn the_number_grows_with_each_holder(journal: &Arc<dyn Journal>) {
    let mut last = BTreeMap::<u16, Lease>::new();
    for holder in ["a", "b", "a", "a", "c", "b"] {
        let leases = ask(journal, holder).await;
        assert_eq!(partitions(&leases), all(journal));
        for (partition, lease) in &leases.held {
            let before = last.insert(*partition, *lease);
            assert!(before.is_none_or(|before| before < *lease), "{before:?} was followed by {lease:?} of {holder}");
        }
        release(journal, holder).await;
    }
}

pub(super) async fn what_is_given_back_is_free(journal: &Arc<dyn Journal>) {
    let first = ask(journal, "a").await;
    ask(journal, "b").await;
    // Whoever holds nothing gives nothing back.
    release(journal, "c").await;
    assert_eq!(ask(journal, "a").await.holders, 2, "who gave nothing back is still there");
    release(journal, "b").await;
    let again = ask(journal, "a").await;
    assert_eq!((partitions(&again), again.holders), (all(journal), 1), "who gave it back is counted no more");
    release(journal, "a").await;
    for leases in [first, again] {
        for (partition, lease) in leases.held {
            fenced(journal.commit(step(partition, 0, lease)).await);
        }
    }
    release(journal, "a").await;
    let next = ask(journal, "b").await;
    assert_eq!((partitions(&next), next.holders), (all(journal), 1));
    // What is somebody else's by now is not given back.
    release(journal, "a").await;
    for (partition, lease) in next.held {
        committed(journal.commit(step(partition, 0, lease)).await);
    }
}

pub(super) async fn a_commit_needs_the_number_that_is_held_if_it_names_one(journal: &Arc<dyn Journal>) {
    fenced(journal.commit(step(0, 0, Lease::new(0))).await);
    fenced(journal.commit(step(0, 0, Lease::new(1))).await);
    let leases = ask(journal, "a").await;
    for (partition, lease) in &leases.held {
        let number = lease.number();
        for other in [0, number.wrapping_sub(1), number + 1, u64::MAX, (1 << 53) + number] {
            if other != number {
                fenced(journal.commit(step(*partition, 0, Lease::new(other))).await);
            }
        }
        committed(journal.commit(step(*partition, 0, *lease)).await);
    }
    // None is needed where none is named.
    let commit = Commit { lease: None, ..step(0, 1, Lease::new(0)) };
    committed(journal.commit(commit).await);
    assert_eq!(contents::rows(journal, &model(), 100).await.len(), usize::from(journal.partitions()));
}

pub(super) async fn a_lease_is_that_of_one_partition(journal: &Arc<dyn Journal>) {
    // The number of the first one grows beyond those of the others.
    let others = ["a", "b"];
    for holder in others {
        ask(journal, holder).await;
    }
    for _ in 0..3 {
        for holder in others {
            ask(journal, holder).await;
        }
        release(journal, "a").await;
    }
    release(journal, "b").await;
    let mut numbers = BTreeMap::<Lease, Vec<u16>>::new();
    for (partition, lease) in ask(journal, "c").await.held {
        numbers.entry(lease).or_default().push(partition);
    }
    for (lease, partitions) in &numbers {
        for partition in all(journal) {
            let answer = journal.commit(step(partition, 0, *lease)).await;
            if partitions.contains(&partition) { committed(answer) } else { fenced(answer) }
        }
    }
}

pub(super) async fn a_commit_that_is_fenced_off_changes_nothing(journal: &Arc<dyn Journal>) {
    let entries = vec![EntryChange::add("user", "ann\x000")];
    let lease = ask(journal, "a").await.held[&0];
    let first = step(0, 0, lease).with_entries(entries.clone()).with_parked(vec![write("p", "1")]);
    committed(journal.commit(first).await);
    release(journal, "a").await;
    let found = || journal.find(&model(), Find::new("user", 1, "", 10));
    let before = (whole(journal, &model()).await, answered(found().await));
    let revision = answered(journal.revision(&model()).await);
    // Whatever it was made on: the lease comes first.
    for number in [0, 1, 2] {
        let late = step(0, number, lease).with_parked(vec![write("p", "2"), write("q", "2")]);
        let late =
            late.with_entries(vec![EntryChange::remove("user", "ann\x000"), EntryChange::add("user", "bob\x000")]);
        fenced(journal.commit(late.clone()).await);
        fenced(journal.commit(late.at_revision(revision)).await);
    }
    assert_eq!((whole(journal, &model()).await, answered(found().await)), before);
    assert_eq!(answered(journal.revision(&model()).await), revision);
    assert_eq!(answered(journal.parked(&model()).await), BTreeMap::from([("p".to_owned(), "1".to_owned())]));

    // Under the lease of today it still has to be made on the checkpoint of today.
    let lease = ask(journal, "a").await.held[&0];
    assert_eq!(moved(journal.commit(step(0, 0, lease)).await), Some(at(1)));
    assert_eq!(moved(journal.commit(step(0, 1, lease).at_revision(revision + 1)).await), Some(at(1)));
    committed(journal.commit(step(0, 1, lease).at_revision(revision)).await);
}

/// Commits under a lease that runs out, until it has; how many were done.
async fn until_fenced(journal: &Arc<dyn Journal>, lease: Lease) -> u64 {
    let all = async {
        let mut done = 0;
        loop {
            match answered(journal.commit(step(0, done, lease)).await) {
                Committed::Done => done += 1,
                Committed::Fenced => return done,
                Committed::Moved { found } => panic!("expected checkpoint {done}, found {found:?}"),
            }
            yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("a lease runs out after its time")
}

pub(super) async fn a_lease_that_ran_out_fences(journal: &Arc<dyn Journal>) {
    let lease = ask_for(journal, "a", SHORT).await.held[&0];
    let done = until_fenced(journal, lease).await;
    assert_eq!(
        whole(journal, &model()).await.1.get(&0).copied(),
        (done > 0).then(|| at(done)),
        "what was done in time"
    );
    // It was nobody else's, and still it is another one now.
    let again = ask(journal, "a").await;
    assert!(again.held[&0] > lease, "{:?} follows {lease:?}, which ran out", again.held[&0]);
    assert_eq!((partitions(&again), again.holders), (all(journal), 1));
    fenced(journal.commit(step(0, done, lease)).await);
    committed(journal.commit(step(0, done, again.held[&0])).await);
}

pub(super) async fn what_ran_out_goes_to_who_asks_and_its_holder_counts_no_more(journal: &Arc<dyn Journal>) {
    let lease = ask_for(journal, "a", SHORT).await.held[&0];
    let done = until_fenced(journal, lease).await;
    let free = async {
        loop {
            let leases = ask(journal, "b").await;
            if leases.holders == 1 {
                return leases;
            }
            yield_now().await;
        }
    };
    let leases = tokio::time::timeout(PATIENCE, free).await.expect("whoever does not come back is counted no more");
    assert_eq!(partitions(&leases), all(journal));
    assert!(leases.held[&0] > lease);
    fenced(journal.commit(step(0, done, lease)).await);
    // When the first one comes back, it is one that comes.
    let late = ask(journal, "a").await;
    assert_eq!((partitions(&late), late.holders), (vec![], 2));
    committed(journal.commit(step(0, done, leases.held[&0])).await);
}

pub(super) async fn who_asks_again_holds_for_the_time_from_then_on(journal: &Arc<dyn Journal>) {
    let short = Duration::from_millis(50);
    ask_for(journal, "a", short).await;
    let lease = ask(journal, "a").await.held[&0];
    tokio::time::sleep(short * 2).await;
    committed(journal.commit(step(0, 0, lease)).await);
    assert_eq!(ask(journal, "b").await.holders, 2, "who holds for long is there for as long");
    answered(journal.clear(&model()).await);
    // And the other way round: it is over when the last one says.
    assert_eq!(ask_for(journal, "a", SHORT).await.held[&0], lease, "what is held is kept");
    until_fenced(journal, lease).await;
}

pub(super) async fn leases_are_those_of_one_model(journal: &Arc<dyn Journal>) {
    let others = [model().at_build(1), ReadModel::new("counters", 2), ReadModel::new("counters.", 1)];
    let leases = ask(journal, "a").await;
    for other in &others {
        for holder in ["b", "c"] {
            answered(journal.release(other, holder).await);
        }
        let held = answered(journal.lease(LeaseRequest::new(other.clone(), "b", LONG)).await);
        assert_eq!((partitions(&held), held.holders), (all(journal), 1), "the holder of {other}");
        answered(journal.release(other, "a").await);
        let commit = Commit { model: other.clone(), ..step(0, 0, held.held[&0]) };
        committed(journal.commit(commit).await);
        answered(journal.release(other, "b").await);
        let commit = Commit { model: other.clone(), ..step(0, 1, held.held[&0]) };
        fenced(journal.commit(commit).await);
    }
    assert_eq!(ask(journal, "a").await, leases, "what others did with other models");
    committed(journal.commit(step(0, 0, leases.held[&0])).await);
}

pub(super) async fn leases_leave_the_rows_alone(journal: &Arc<dyn Journal>) {
    let lease = ask(journal, "a").await.held[&0];
    assert_eq!(answered(journal.revision(&model()).await), 0, "a lease is no change");
    committed(journal.commit(step(0, 0, lease)).await);
    let before = whole(journal, &model()).await;
    ask(journal, "b").await;
    ask(journal, "a").await;
    release(journal, "b").await;
    assert_eq!(whole(journal, &model()).await, before);
    assert_eq!(answered(journal.revision(&model()).await), 1);

    // And the other way round: who clears the rows still works on them.
    answered(journal.clear(&model()).await);
    assert_eq!(ask(journal, "a").await.held[&0], lease);
    committed(journal.commit(step(0, 0, lease)).await);
    assert_eq!(answered(journal.find(&model(), Find::new("user", 1, "", 10)).await), Found::default());
}

pub(super) async fn of_many_that_ask_at_once_one_gets_a_partition(journal: &Arc<dyn Journal>) {
    let ask = |task: u64| {
        let journal = Arc::clone(journal);
        async move { ask(&journal, &format!("holder-{task}")).await }
    };
    let leases = together((0..32).map(ask)).await;
    let mut given: Vec<_> = leases.iter().flat_map(partitions).collect();
    given.sort_unstable();
    assert_eq!(given, all(journal), "each partition is one holder's, and none is nobody's");
    let holders: BTreeSet<_> = leases.iter().map(|leases| leases.holders).collect();
    assert!(holders.into_iter().eq(1..=32), "each finds one more than the one before: {leases:?}");
}

/// The lease of partition 0, as soon as nobody else holds it.
async fn once_free(journal: &Arc<dyn Journal>, holder: &str) -> Lease {
    let asks = async {
        loop {
            if let Some(lease) = ask(journal, holder).await.held.get(&0) {
                return *lease;
            }
            // Whoever has its share in other partitions is given no more.
            release(journal, holder).await;
            yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asks).await.expect("a lease runs out after its time")
}

/// Holders that come and go, some of whom stay away too long: whatever a commit was made under, once another lease has been
/// committed under, nothing comes of it.
pub(super) async fn commits_under_an_older_lease_never_follow_those_under_a_newer_one(journal: &Arc<dyn Journal>) {
    let done = Arc::new(Mutex::new(Vec::<(LogId, Lease)>::new()));
    let work = |task: u64| {
        let (journal, done) = (Arc::clone(journal), Arc::clone(&done));
        let holder = format!("holder-{task}");
        // Some let it run out, the others give it back.
        let time = if task.is_multiple_of(2) { SHORT * 2 } else { LONG };
        async move {
            for round in 0..30 {
                let Some(lease) = ask_for(&journal, &holder, time).await.held.get(&0).copied() else {
                    yield_now().await;
                    continue;
                };
                for _ in 0..=(task + round) % 4 {
                    let found = answered(journal.checkpoints(&model()).await).get(&0).map(|found| found.log_id);
                    yield_now().await;
                    let next = at(found.map_or(0, |found| found.number) + 1);
                    let changes = vec![write("last", lease.number().to_string())];
                    let commit = Commit::new(model(), 0, found, next, changes).under(lease);
                    match answered(journal.commit(commit).await) {
                        Committed::Done => done.lock().expect("no panic under the lock").push((next, lease)),
                        Committed::Moved { .. } => {}
                        Committed::Fenced => break,
                    }
                }
                if time == LONG {
                    answered(journal.release(&model(), &holder).await);
                }
            }
        }
    };
    together((0..8).map(work)).await;
    let mut done = done.lock().expect("no panic under the lock").clone();
    // Nobody works any more, so that one more commit is done on the slowest engine too.
    let lease = once_free(journal, "last").await;
    let reached = done.iter().map(|(at, _)| at.number).max().unwrap_or_default();
    let commit = step(0, reached, lease);
    done.push((commit.checkpoint, lease));
    let changes = vec![write("last", lease.number().to_string())];
    committed(journal.commit(Commit { changes, ..commit }).await);
    done.sort_unstable();
    for pair in done.windows(2) {
        let [(_, older), (at, newer)] = pair else { continue };
        assert!(older <= newer, "at {at} a commit under {newer:?} was done, after one under {older:?}");
    }
    let last = done.last().map(|(_, lease)| lease.number().to_string());
    assert_eq!(answered(journal.rows(&model(), vec!["last".to_owned()]).await), [last], "the row of the last commit");
}
