//! The cache of folded states: it reads less, and nobody can tell from the answers.

use crate::{
    engines::{Journals, on_every_journal},
    faults::{Failover, Faulty, Noted, When},
    tally::{AddOften, Plain, Tally, TallyCommand, TallyError, TallyEvent, add, store},
};
use annals::{
    Existence,
    journal::{Journal, MemoryJournal},
    prelude::*,
    repository::{ExecuteError, Outcome, Repository},
};
use proptest::prelude::*;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// A repository with a cache of its own on this journal.
fn cached(journal: &Arc<dyn Journal>) -> Repository<Tally> {
    store(Arc::clone(journal)).repository::<Tally>().cached(100)
}

/// What a fold of all events gives.
async fn full(journal: &Arc<dyn Journal>, id: &str) -> (Tally, Version) {
    let plain = store(Arc::clone(journal)).repository::<Plain>().load(id).await.unwrap();
    (plain.state.into(), plain.version)
}

async fn loaded(tallies: &Repository<Tally>, id: &str) -> (Tally, Version) {
    let tally = tallies.load(id).await.unwrap();
    (tally.state, tally.version)
}

on_every_journal! {
    async fn a_command_on_a_state_at_hand_reads_nothing(journal, _) {
        let (noted, calls) = Noted::new(Arc::clone(&journal));
        let tallies = store(noted).repository::<Tally>().cached(100);
        tallies.execute("1", add(1)).await.unwrap();
        assert_eq!(calls.take(), ["restore", "claim", "append"]);
        for _ in 0..3 {
            tallies.execute("1", add(1)).await.unwrap();
            assert_eq!(calls.take(), ["append"]);
        }
        // A load looks whether there is more; so does a decision that appends nothing.
        assert_eq!(tallies.load("1").await.unwrap().state.total, 4);
        assert_eq!(calls.take(), ["read_stream"]);
        assert!(tallies.execute("1", add(0)).await.unwrap().events.is_empty());
        assert_eq!(calls.take(), ["read_stream"]);
        assert_eq!(loaded(&tallies, "1").await, full(&journal, "1").await);
    }

    async fn without_a_cache_every_command_reads(journal, _) {
        let (noted, calls) = Noted::new(Arc::clone(&journal));
        let store = store(noted);
        for _ in 0..3 {
            store.repository::<Tally>().execute("1", add(1)).await.unwrap();
        }
        assert_eq!(calls.take(), ["restore", "claim", "append", "restore", "append", "restore", "append"]);
    }

    async fn clones_share_a_cache_and_others_do_not(journal, _) {
        let (noted, calls) = Noted::new(Arc::clone(&journal));
        let tallies = store(noted).repository::<Tally>().cached(100);
        let clone = tallies.clone();
        tallies.execute("1", add(1)).await.unwrap();
        calls.take();
        clone.execute("1", add(1)).await.unwrap();
        assert_eq!(calls.take(), ["append"]);
        clone.clone().cached(100).execute("1", add(1)).await.unwrap();
        assert_eq!(calls.take(), ["restore", "append"]);
        assert_eq!(loaded(&tallies, "1").await, full(&journal, "1").await);
    }

    async fn the_state_that_was_used_longest_ago_goes_first(journal, _) {
        let (noted, calls) = Noted::new(Arc::clone(&journal));
        let tallies = store(noted).repository::<Tally>().cached(2);
        for id in ["1", "2", "1", "3"] {
            tallies.execute(id, add(1)).await.unwrap();
        }
        calls.take();
        for (id, expected) in [("1", 1), ("3", 1), ("2", 2), ("1", 2), ("2", 1)] {
            tallies.execute(id, add(1)).await.unwrap();
            assert_eq!(calls.take().len(), expected, "the calls for {id}");
        }
        assert!(format!("{tallies:?}").contains("states: 2, capacity: 2"), "{tallies:?}");
    }

    async fn a_state_that_is_behind_takes_in_what_was_missed(journal, _) {
        let (one, other) = (cached(&journal), cached(&journal));
        for round in 1..=4_u64 {
            // Decided on the state of a round ago, and no attempt of the command.
            let outcome = one.execute("1", add(1)).attempts(1).await.unwrap();
            assert_eq!((outcome.version, outcome.attempts), (Version::new(2 * round - 1), 1));
            let outcome = other.execute("1", add(1)).attempts(1).await.unwrap();
            assert_eq!((outcome.version, outcome.attempts), (Version::new(2 * round), 1));
        }
        other.execute("1", AddOften(2_500)).await.unwrap();
        assert_eq!(one.execute("1", add(1)).await.unwrap().version, Version::new(2_509));
        assert_eq!(loaded(&one, "1").await, full(&journal, "1").await);
        assert_eq!(loaded(&other, "1").await, full(&journal, "1").await);
    }

    async fn a_decision_that_appends_nothing_is_none_on_a_state_that_is_behind(journal, _) {
        let (one, other) = (cached(&journal), cached(&journal));
        one.execute("1", add(1)).await.unwrap();
        other.execute("1", add(9)).await.unwrap();

        // Rejected on what it knows, and right on what there is.
        let outcome = one.execute("1", add(-5)).await.unwrap();
        assert_eq!((outcome.version, outcome.attempts), (Version::new(3), 1));
        // Right on what it knows, and rejected on what there is.
        let error = other.execute("1", add(-7)).await.unwrap_err();
        assert_eq!(error.rejection(), Some(&TallyError::Negative(-2)));
        // What it knows to be open is sealed.
        one.execute("1", TallyCommand::Seal).await.unwrap();
        assert_eq!(other.execute("1", add(1)).await.unwrap_err().rejection(), Some(&TallyError::Sealed));
        let outcome = other.execute("1", TallyCommand::Seal).await.unwrap();
        assert_eq!((outcome.events.len(), outcome.version), (0, Version::new(4)));

        // Missing or there, as it is now.
        let error = one.execute("2", TallyCommand::Halve).await.unwrap_err();
        assert!(matches!(error, ExecuteError::NotFound { .. }), "{error}");
        other.execute("2", TallyCommand::Begin).await.unwrap();
        one.execute("2", TallyCommand::Halve).await.unwrap();
        let error = other.execute("2", TallyCommand::Begin).await.unwrap_err();
        assert!(matches!(error, ExecuteError::AlreadyExists { version, .. } if version == Version::new(2)), "{error}");
    }

    async fn a_state_of_another_history_is_loaded_anew(journal, other) {
        // The other history has fewer events, as many, and more; and what is asked appends something, or nothing.
        for (number, length) in [1, 4, 5, 6, 9].into_iter().enumerate() {
            let commands = [add(-100), add(7), add(0), TallyCommand::Begin, TallyCommand::Halve];
            for (which, command) in commands.into_iter().enumerate() {
                let id = format!("{number}-{which}");
                let failover = Failover::new(Arc::clone(&journal), Arc::clone(&other));
                let tallies = store(failover.clone()).repository::<Tally>().cached(100);
                for _ in 0..5 {
                    tallies.execute(&id, add(1)).await.unwrap();
                }
                let there = store(Arc::clone(&other)).repository::<Tally>();
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                for _ in 0..length {
                    there.execute(&id, add(1_000)).await.unwrap();
                }
                failover.fail();
                let total = full(&other, &id).await.0.total;
                let answer = tallies.execute(&id, command.clone()).await;
                match (&command, answer) {
                    (TallyCommand::Begin, Err(ExecuteError::AlreadyExists { version, .. })) => {
                        assert_eq!(version, Version::new(length));
                    }
                    (TallyCommand::Add { amount, .. }, Ok(outcome)) => {
                        let appended = u64::from(*amount != 0);
                        assert_eq!(outcome.version, Version::new(length + appended));
                        assert_eq!(full(&other, &id).await.0.total, total + amount);
                    }
                    (TallyCommand::Halve, Ok(outcome)) => assert_eq!(outcome.version, Version::new(length + 2)),
                    (_, answer) => panic!("{command:?} with {length} events: {answer:?}"),
                }
                assert_eq!(loaded(&tallies, &id).await, full(&other, &id).await);
            }
        }
    }

    async fn a_load_sees_another_history_too(journal, other) {
        for length in [0, 1, 4, 5, 6] {
            let id = length.to_string();
            let failover = Failover::new(Arc::clone(&journal), Arc::clone(&other));
            let tallies = store(failover.clone()).repository::<Tally>().cached(100);
            tallies.execute(&id, AddOften(5)).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            store(Arc::clone(&other)).repository::<Tally>().execute(&id, AddOften(length)).await.unwrap();
            failover.fail();
            assert_eq!(loaded(&tallies, &id).await, full(&other, &id).await);
            assert_eq!(loaded(&tallies, &id).await.1, Version::new(length as u64));
        }
    }

    async fn writers_with_caches_of_their_own_lose_nothing(journal, _) {
        let caches = [cached(&journal), cached(&journal)];
        let tasks: Vec<_> = (0..6)
            .map(|task| {
                let tallies = caches[task % 2].clone();
                tokio::spawn(async move {
                    for _ in 0..10 {
                        tallies.execute("1", add(1)).attempts(1_000).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(full(&journal, "1").await.0.total, 60);
        for tallies in &caches {
            assert_eq!(loaded(tallies, "1").await, full(&journal, "1").await);
        }
    }
}

#[tokio::test]
async fn a_command_that_fails_half_way_leaves_no_wrong_state_behind() {
    for when in [When::Before, When::After] {
        for call in 0..8 {
            let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
            let faulty = Faulty::new(Arc::clone(&journal), call, when);
            let failures = faulty.failures();
            let tallies = store(faulty).repository::<Tally>().cached(100);
            for amount in [1, 2, 0, 3, -100, 4] {
                let _ = tallies.execute("1", add(amount)).await;
            }
            assert_eq!(failures.load(Ordering::Relaxed), 1, "{when:?} call {call}");
            assert_eq!(loaded(&tallies, "1").await, full(&journal, "1").await, "{when:?} call {call}");
        }
    }
}

/// What can be told of an answer, but for times and positions.
fn told(answer: Result<Outcome<TallyEvent>, ExecuteError<TallyError>>) -> String {
    match answer {
        Ok(Outcome { events, version, attempts, .. }) => {
            let events: Vec<_> =
                events.into_iter().map(|recorded| (recorded.event, recorded.metadata.version.number())).collect();
            format!("{events:?} {version} {attempts}")
        }
        Err(error) => error.to_string(),
    }
}

#[derive(Clone, Debug)]
enum Step {
    Execute(TallyCommand),
    Load,
}

fn steps() -> impl Strategy<Value = Vec<(usize, bool, Step)>> {
    let step = prop_oneof![
        8 => (-8..8_i64).prop_map(|amount| Step::Execute(add(amount))),
        2 => Just(Step::Execute(TallyCommand::Halve)),
        1 => Just(Step::Execute(TallyCommand::Begin)),
        1 => Just(Step::Execute(TallyCommand::Seal)),
        2 => Just(Step::Load),
    ];
    // Who asks, and which of two aggregates.
    proptest::collection::vec((0..3_usize, any::<bool>(), step), 1..60)
}

#[test]
fn repositories_with_caches_of_their_own_answer_as_one_without() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let journals = runtime.block_on(Journals::start());
    let next = AtomicU32::new(0);
    proptest!(ProptestConfig::with_cases(32), |(steps in steps())| {
        let case = next.fetch_add(1, Ordering::Relaxed);
        runtime.block_on(async {
            for (journal, _) in &journals.pairs {
                let truth: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
                let plain = store(Arc::clone(&truth)).repository::<Tally>();
                // One of them has room for a single state.
                let caches = [cached(journal), cached(journal), cached(journal).cached(1)];
                for (who, which, step) in steps.clone() {
                    let id = format!("{case}-{which}");
                    match step {
                        Step::Execute(command) => {
                            let expected = told(plain.execute(&id, command.clone()).await);
                            let found = told(caches[who].execute(&id, command.clone()).await);
                            assert_eq!(found, expected, "{command:?} by {who}");
                        }
                        Step::Load => assert_eq!(loaded(&caches[who], &id).await, full(journal, &id).await),
                    }
                    let (mut found, mut expected) = (full(journal, &id).await, full(&truth, &id).await);
                    (found.0.changed, expected.0.changed) = (None, None);
                    assert_eq!(found, expected);
                }
            }
        });
    });
}

/// An event of which serde leaves something out: what is folded is what is stored.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
enum LeakyEvent {
    Poured {
        stored: u32,
        #[serde(skip)]
        lost: u32,
    },
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(event = LeakyEvent, snapshot(every = 2))]
struct Leaky {
    #[on(Poured { stored, lost } => += stored + lost)]
    sum: u32,
}

#[derive(Clone)]
struct Pour;

impl Command for Pour {
    type Aggregate = Leaky;
    type Error = std::convert::Infallible;

    fn existence(&self) -> Existence {
        Existence::Any
    }

    fn decide(self, _: &Leaky, _: &Context) -> Result<Vec<LeakyEvent>, Self::Error> {
        Ok(vec![LeakyEvent::Poured { stored: 1, lost: 100 }])
    }
}

#[tokio::test]
async fn a_state_at_hand_is_that_of_the_events_as_they_are_stored() {
    let leaky = Store::memory().repository::<Leaky>().cached(1);
    for times in 1..=5 {
        leaky.execute("1", Pour).await.unwrap();
        tokio::task::yield_now().await;
        assert_eq!(leaky.load("1").await.unwrap().state.sum, times);
    }
}
