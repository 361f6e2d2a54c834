//! Snapshots: taken behind the commands, used by the loads, and never in the way of either.

use crate::{
    engines::{Journals, on_every_journal},
    faults::{Doomed, Failover, Fate, Noted, When},
    tally::{AddOften, Plain, Tally, TallyCommand, TallyEvent, add, newest, snapshot_at, snapshot_since, store},
};
use annals::{
    StreamName,
    journal::{Fingerprint, Journal, JournalError, LogId, MemoryJournal, Snapshot},
    prelude::*,
    repository::SnapshotError,
};
use proptest::prelude::*;
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Poll, Wake, Waker},
    time::Duration,
};

/// What a load with snapshots gives is what a fold of all events gives.
async fn equals_the_full_fold(store: &Store, id: &str) {
    let kept = store.repository::<Tally>().load(id).await.unwrap();
    let plain = store.repository::<Plain>().load(id).await.unwrap();
    assert_eq!((kept.state, kept.version), (plain.state.into(), plain.version));
}

async fn add_often(store: &Store, id: &str, times: usize) {
    for _ in 0..times {
        // However often the others are faster.
        store.repository::<Tally>().execute(id, add(1)).attempts(1_000).await.unwrap();
    }
}

/// Puts a state in place of the snapshot that there is.
async fn replace(journal: &Arc<dyn Journal>, snapshot: Snapshot, change: impl FnOnce(&mut Snapshot)) {
    let mut changed = snapshot;
    change(&mut changed);
    assert!(journal.write_snapshot(changed).await.unwrap());
}

on_every_journal! {
    async fn one_is_taken_behind_the_command_that_makes_a_stream_grow_far_enough(journal, _) {
        let store = store(Arc::clone(&journal));
        add_often(&store, "1", 4).await;
        assert_eq!(newest::<Tally>(&journal, "1").await, None);
        add_often(&store, "1", 1).await;
        snapshot_at::<Tally>(&journal, "1", 5).await;
        add_often(&store, "1", 4).await;
        // One command may bring many events.
        store.repository::<Tally>().execute("1", AddOften(12)).await.unwrap();
        snapshot_at::<Tally>(&journal, "1", 21).await;
        add_often(&store, "1", 4).await;
        equals_the_full_fold(&store, "1").await;
        assert_eq!(newest::<Tally>(&journal, "1").await.unwrap().version, Version::new(21));
    }

    async fn a_load_takes_one_trip(journal, _) {
        let (noted, calls) = Noted::new(Arc::clone(&journal));
        let store = store(noted);
        let tallies = store.repository::<Tally>();
        tallies.load("1").await.unwrap();
        assert_eq!(calls.take(), ["restore"]);
        add_often(&store, "1", 4).await;
        calls.take();
        tallies.load("1").await.unwrap();
        assert_eq!(calls.take(), ["restore"]);
        add_often(&store, "1", 1).await;
        snapshot_at::<Tally>(&journal, "1", 5).await;
        calls.take();
        add_often(&store, "1", 2).await;
        assert_eq!(calls.take(), ["restore", "append", "restore", "append"]);
        assert_eq!(tallies.load("1").await.unwrap().version, Version::new(7));
        assert_eq!(calls.take(), ["restore"]);
    }

    async fn a_load_begins_with_the_snapshot(journal, _) {
        let store = store(Arc::clone(&journal));
        add_often(&store, "1", 5).await;
        let snapshot = snapshot_at::<Tally>(&journal, "1", 5).await;
        add_often(&store, "1", 2).await;
        // Nobody but a test may do this; it shows where the state comes from.
        replace(&journal, snapshot, |snapshot| snapshot.state = snapshot.state.replace(r#""total":5"#, r#""total":500"#)).await;
        assert_eq!(store.repository::<Tally>().load("1").await.unwrap().state.total, 502);
        let outcome = store.repository::<Tally>().execute("1", add(-400)).await.unwrap();
        assert_eq!((outcome.version, outcome.attempts), (Version::new(8), 1));
    }

    async fn a_past_state_is_folded_from_the_first_event_on(journal, _) {
        let store = store(Arc::clone(&journal));
        let tallies = store.repository::<Tally>();
        let mut recorded = Vec::new();
        for _ in 0..12 {
            recorded.push(tallies.execute("1", add(1)).await.unwrap().events[0].metadata.recorded_at);
        }
        snapshot_since::<Tally>(&journal, "1", 10).await;
        for version in 0..=12_i64 {
            let then = tallies.at("1", Version::new(version.unsigned_abs())).await.unwrap();
            assert_eq!(then.state.total, version);
        }
        let fourth = tallies.as_of("1", recorded[3]).await.unwrap();
        assert!((4..=12).contains(&fourth.state.total) && fourth.state.changed == Some(recorded[3]), "{fourth:?}");
    }

    async fn one_of_another_history_is_not_used(journal, other) {
        let failover = Failover::new(Arc::clone(&journal), Arc::clone(&other));
        let (before, after) = (store(failover.clone()), store(Arc::clone(&other)));
        add_often(&before, "1", 5).await;
        let snapshot = snapshot_at::<Tally>(&journal, "1", 5).await;
        // The replica has the snapshot, but other events, and later more of them.
        other.write_snapshot(snapshot.clone()).await.unwrap();
        after.repository::<Plain>().load("1").await.unwrap();
        for version in 1..=7 {
            tokio::time::sleep(Duration::from_millis(2)).await;
            after.repository::<Tally>().execute("1", add(100)).await.unwrap();
            if version == 5 {
                // The one that this history led to came in its place; it was not in the way.
                snapshot_at::<Tally>(&other, "1", 5).await;
                other.write_snapshot(snapshot.clone()).await.unwrap();
            }
            failover.fail();
            assert_eq!(before.repository::<Tally>().load("1").await.unwrap().state.total, 100 * version);
        }
        assert_eq!(newest::<Tally>(&other, "1").await, None);
        assert_eq!(before.repository::<Tally>().snapshot("1").await.unwrap(), Version::new(7));
        assert_eq!(newest::<Tally>(&other, "1").await.unwrap().version, Version::new(7));
    }

    async fn one_that_does_not_read_is_not_used_and_replaced(journal, _) {
        let store = store(Arc::clone(&journal));
        add_often(&store, "1", 5).await;
        let snapshot = snapshot_at::<Tally>(&journal, "1", 5).await;
        for state in ["", "null", "{", "[]", r#"{"total":"five"}"#, r#"{"total":5}"#, "\0"] {
            replace(&journal, snapshot.clone(), |snapshot| snapshot.state = state.to_owned()).await;
            equals_the_full_fold(&store, "1").await;
        }
        // As far from the last attempt as ever, the next one comes.
        add_often(&store, "1", 5).await;
        snapshot_at::<Tally>(&journal, "1", 10).await;
        equals_the_full_fold(&store, "1").await;
    }

    async fn a_change_of_one_arm_makes_the_old_ones_useless(journal, _) {
        let store = store(Arc::clone(&journal));
        add_often(&store, "1", 5).await;
        let ours = snapshot_at::<Tally>(&journal, "1", 5).await;

        let twice = store.repository::<arms::Twice>();
        assert_eq!(twice.load("1").await.unwrap().state.total, 10, "it was not folded by the arm of today");
        assert_eq!(twice.snapshot("1").await.unwrap(), Version::new(5));
        assert_eq!(newest::<arms::Twice>(&journal, "1").await.unwrap().version, Version::new(5));
        assert_eq!(newest::<Tally>(&journal, "1").await, None, "there is one snapshot a stream");
        assert_eq!(twice.load("1").await.unwrap().state.total, 10);

        // And back again.
        equals_the_full_fold(&store, "1").await;
        assert_eq!(store.repository::<Tally>().snapshot("1").await.unwrap(), Version::new(5));
        assert_eq!(newest::<Tally>(&journal, "1").await, Some(ours));
        assert_eq!(twice.load("1").await.unwrap().state.total, 10);
    }

    async fn after_a_deployment_the_next_command_takes_one(journal, _) {
        let store = store(Arc::clone(&journal));
        add_often(&store, "1", 7).await;
        snapshot_since::<Tally>(&journal, "1", 5).await;
        let today = crate::tally::store(Arc::clone(&journal));
        today.repository::<arms::Twice>().execute("1", arms::Touch).await.unwrap();
        snapshot_at::<arms::Twice>(&journal, "1", 8).await;
    }

    async fn a_long_stream_is_loaded_from_any_snapshot(journal, _) {
        let store = store(Arc::clone(&journal));
        let tallies = store.repository::<Tally>();
        for (size, at) in [(4_095, 4_095), (1, 4_096), (1, 4_097), (3_000, 7_097)] {
            tallies.execute("1", AddOften(size)).await.unwrap();
            assert_eq!(tallies.snapshot("1").await.unwrap(), Version::new(at));
            equals_the_full_fold(&store, "1").await;
        }
        // And from one that is far behind.
        add_often(&store, "2", 5).await;
        let far = snapshot_at::<Tally>(&journal, "2", 5).await;
        tallies.execute("2", AddOften(6_000)).await.unwrap();
        let newer = snapshot_at::<Tally>(&journal, "2", 6_005).await;
        replace(&journal, newer, |snapshot| snapshot.fingerprint = Fingerprint::new(0)).await;
        equals_the_full_fold(&store, "2").await;
        replace(&journal, far, |_| {}).await;
        equals_the_full_fold(&store, "2").await;
    }

    async fn writers_at_the_same_time_leave_a_true_one(journal, _) {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let store = store(Arc::clone(&journal));
                tokio::spawn(async move { add_often(&store, "1", 10).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let store = store(Arc::clone(&journal));
        equals_the_full_fold(&store, "1").await;
        let newest = newest::<Tally>(&journal, "1").await.expect("80 events were added");
        let state: Tally = serde_json::from_str(&newest.state).unwrap();
        assert_eq!(store.repository::<Tally>().at("1", newest.version).await.unwrap().state, state);
    }

    async fn old_and_retired_events_are_in_it_as_in_the_fold(journal, _) {
        let store = store(Arc::clone(&journal));
        for percent in [10, 50] {
            store.repository::<evolved::OldLamp>().execute("1", evolved::Light { percent }).await.unwrap();
        }
        // The last of the four events is a retired one.
        let lamps = store.repository::<evolved::Lamp>();
        assert_eq!(lamps.snapshot("1").await.unwrap(), Version::new(4));
        for lamps in [lamps.clone(), lamps.cached(1)] {
            for _ in 0..2 {
                let lamp = lamps.load("1").await.unwrap();
                assert_eq!((lamp.state, lamp.version), (evolved::Lamp { level: 0.5, times: 2 }, Version::new(4)));
                assert!(lamps.execute("1", evolved::Set { level: 0.5 }).await.unwrap().events.is_empty());
            }
        }
        assert_eq!(store.repository::<evolved::Lamp>().cached(1).execute("1", evolved::Set { level: 1.0 }).await.unwrap().version, Version::new(5));
        let lamp = store.repository::<evolved::Lamp>().load("1").await.unwrap();
        assert_eq!((lamp.state, lamp.version), (evolved::Lamp { level: 1.0, times: 3 }, Version::new(5)));
    }

    async fn one_can_be_asked_for(journal, _) {
        let store = store(Arc::clone(&journal));
        let tallies = store.repository::<Tally>();
        let error = tallies.snapshot("1").await.unwrap_err();
        assert_eq!(error.to_string(), "no snapshot of stream `tally-1`: it has no events");
        add_often(&store, "1", 2).await;
        assert_eq!(tallies.snapshot("1").await.unwrap(), Version::new(2));
        assert_eq!(tallies.snapshot("1").await.unwrap(), Version::new(2));
        let snapshot = newest::<Tally>(&journal, "1").await.unwrap();
        assert!(snapshot.state.starts_with(r#"{"total":2,"words":["word 1"],"#), "{}", snapshot.state);
        // The next one comes as far from that as ever.
        add_often(&store, "1", 4).await;
        assert_eq!(newest::<Tally>(&journal, "1").await.unwrap().version, Version::new(2));
        add_often(&store, "1", 1).await;
        snapshot_at::<Tally>(&journal, "1", 7).await;

        let error = store.repository::<Plain>().snapshot("1").await.unwrap_err();
        assert!(matches!(error, SnapshotError::Disabled { .. }), "{error}");
    }
}

/// A kind of event that changed: an older program, and that of today.
mod evolved {
    use annals::prelude::*;

    #[derive(Event, Serialize, Deserialize, Clone)]
    #[event(prefix = "Lamp")]
    pub(crate) enum Then {
        Lit { percent: u8 },
        Hinted,
    }

    #[derive(Aggregate, Default)]
    #[aggregate(event = Then, name = "lamp", ignore(Lit, Hinted))]
    pub(crate) struct OldLamp {}

    #[derive(Command, Clone)]
    #[command(lamp: OldLamp)]
    #[command(any)]
    #[emit(Lit { percent })]
    #[emit(Hinted)]
    pub(crate) struct Light {
        pub(crate) percent: u8,
    }

    #[derive(Event, Serialize, Deserialize)]
    #[event(prefix = "Lamp", retired("LampHinted"))]
    pub(crate) enum Now {
        #[event(version = 2, upcast(1 => LitV1))]
        Lit { level: f64 },
    }

    #[derive(Deserialize)]
    pub(crate) struct LitV1 {
        percent: u8,
    }

    impl From<LitV1> for Now {
        fn from(old: LitV1) -> Self {
            Self::Lit { level: f64::from(old.percent) / 100.0 }
        }
    }

    #[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[aggregate(event = Now, snapshot(every = 2))]
    pub(crate) struct Lamp {
        #[on(Lit { level })]
        pub(crate) level: f64,
        #[on(Lit { .. } => += 1)]
        pub(crate) times: u32,
    }

    #[derive(Command, Clone)]
    #[command(lamp: Lamp)]
    #[command(any)]
    #[skip_if(lamp.level.total_cmp(&level).is_eq())]
    #[emit(Lit { level })]
    pub(crate) struct Set {
        pub(crate) level: f64,
    }
}

/// Aggregates of the same name that differ from [`Tally`], or from one another, in one thing.
mod arms {
    use crate::tally::{Tally, TallyEvent};
    use annals::prelude::*;
    use std::collections::{BTreeMap, HashSet};

    /// `+= amount * 2` where the other one says `+= *amount`.
    #[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[aggregate(event = TallyEvent, name = "tally", snapshot(every = 5))]
    pub(crate) struct Twice {
        #[on(Added { amount, .. } => += amount * 2)]
        #[on(Halved => /= 2)]
        pub(crate) total: i64,
        #[on(Added { word, .. } => .insert(word.clone()))]
        pub(crate) words: HashSet<String>,
        #[on(Added { amount, word } => .insert(word.clone(), (*amount, self.total)))]
        #[on(Halved => .clear())]
        pub(crate) seen: BTreeMap<String, (i64, i64)>,
        #[on(Added { .. } | Halved | Sealed, meta => Some(meta.recorded_at))]
        pub(crate) changed: Option<Timestamp>,
        #[on(Sealed => true)]
        pub(crate) sealed: bool,
    }

    #[derive(Command, Clone)]
    #[command(tally: Twice)]
    #[command(any)]
    #[emit(Sealed)]
    pub(crate) struct Touch;

    macro_rules! variants {
        ($($name:ident: $fold:ty, $version:literal, $right:expr;)*) => {
            $(
                #[derive(Aggregate, Debug, Default, Serialize, Deserialize)]
                #[aggregate(event = TallyEvent, name = "tally", ignore(Sealed), snapshot(every = 5, version = $version))]
                pub(crate) struct $name {
                    #[on(Added { .. } | Halved => $right)]
                    state: $fold,
                }
            )*
        };
    }

    #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
    pub(crate) struct Inner {
        pub(crate) deep: Deep,
    }

    #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
    pub(crate) struct Deep {
        pub(crate) a: u32,
    }

    /// As a later `Inner`, whose own fields are others.
    pub(crate) mod later {
        use annals::prelude::*;

        #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
        pub(crate) struct Inner {
            pub(crate) deep: Deep,
        }

        #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
        pub(crate) struct Deep {
            pub(crate) a: u64,
        }
    }

    variants! {
        Base: Inner, 1, Inner::default();
        Same: Inner, 1, Inner::default();
        Salted: Inner, 2, Inner::default();
    }

    /// The same words as in [`Base`], of another type.
    pub(crate) mod nested {
        use super::{TallyEvent, later::Inner};
        use annals::prelude::*;

        variants! {
            Base: Inner, 1, Inner::default();
        }
    }

    /// A constant of the type that an arm uses.
    #[derive(Aggregate, Debug, Default, Serialize, Deserialize)]
    #[aggregate(event = TallyEvent, name = "tally", ignore(Sealed), snapshot(every = 5))]
    pub(crate) struct Stepped<const STEP: i64> {
        #[on(Added { .. } | Halved => += STEP)]
        state: i64,
    }

    #[test]
    fn what_makes_the_state_makes_the_fingerprint() {
        let base = Base::SNAPSHOTS.unwrap().fingerprint();
        assert_eq!(base, Same::SNAPSHOTS.unwrap().fingerprint(), "the name of the struct makes no difference");
        assert_ne!(base, Salted::SNAPSHOTS.unwrap().fingerprint(), "a version of its own");
        assert_ne!(base, nested::Base::SNAPSHOTS.unwrap().fingerprint(), "the shape of a type in a type");
        let stepped = |steps: [annals::journal::Fingerprint; 2]| steps[0] == steps[1];
        assert!(!stepped([
            Stepped::<1>::SNAPSHOTS.unwrap().fingerprint(),
            Stepped::<2>::SNAPSHOTS.unwrap().fingerprint()
        ]));
        assert_ne!(Tally::SNAPSHOTS.unwrap().fingerprint(), Twice::SNAPSHOTS.unwrap().fingerprint());
    }
}

#[derive(Clone, Debug)]
enum Step {
    Execute(TallyCommand),
    Many(usize),
    Snapshot,
    /// The snapshot of a moment ago comes late.
    Late(usize),
    Load,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (-3..20_i64).prop_map(|amount| Step::Execute(add(amount))),
        2 => Just(Step::Execute(TallyCommand::Halve)),
        1 => Just(Step::Execute(TallyCommand::Begin)),
        2 => (0..12_usize).prop_map(Step::Many),
        2 => Just(Step::Snapshot),
        1 => any::<usize>().prop_map(Step::Late),
        2 => Just(Step::Load),
    ];
    proptest::collection::vec(step, 1..40)
}

#[test]
fn a_load_with_snapshots_at_any_points_equals_the_full_fold() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let journals = runtime.block_on(Journals::start());
    let next = AtomicU32::new(0);
    proptest!(ProptestConfig::with_cases(32), |(steps in steps())| {
        let id = next.fetch_add(1, Ordering::Relaxed).to_string();
        runtime.block_on(async {
            for (journal, _) in &journals.pairs {
                let store = store(Arc::clone(journal));
                let mut taken = Vec::new();
                for step in steps.clone() {
                    match step {
                        Step::Execute(command) => {
                            let _ = store.repository::<Tally>().execute(&id, command).await;
                        }
                        Step::Many(count) => {
                            store.repository::<Tally>().execute(&id, AddOften(count)).await.unwrap();
                        }
                        Step::Snapshot => {
                            let _ = store.repository::<Tally>().snapshot(&id).await;
                            taken.extend(newest::<Tally>(journal, &id).await);
                        }
                        Step::Late(which) if !taken.is_empty() => {
                            journal.write_snapshot(taken[which % taken.len()].clone()).await.unwrap();
                        }
                        Step::Late(_) => {}
                        Step::Load => equals_the_full_fold(&store, &id).await,
                    }
                }
                equals_the_full_fold(&store, &id).await;
            }
        });
    });
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_written_stands_in_nobodys_way() {
    let fates = [Fate::Fails(When::Before), Fate::Fails(When::After), Fate::Hangs];
    for fate in fates {
        let (journal, times) = Doomed::new(MemoryJournal::new(), "write_snapshot", fate);
        let store = store(journal);
        add_often(&store, "1", 23).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        equals_the_full_fold(&store, "1").await;
        if fate != Fate::Fails(When::After) {
            // Each time that the stream has grown so far again, and not behind each command.
            assert_eq!(times.load(Ordering::Relaxed), 4, "{fate:?}");
        }
        if let Fate::Fails(_) = fate {
            let error = store.repository::<Tally>().snapshot("1").await.unwrap_err();
            assert!(
                matches!(
                    error,
                    SnapshotError::Read(annals::repository::ReadError::Journal(JournalError::Refused { .. }))
                ),
                "{error}"
            );
        }
    }
}

/// A state that JSON cannot keep, or not always.
#[derive(Aggregate, Debug, Default, Serialize, Deserialize)]
#[aggregate(event = TallyEvent, name = "odd", ignore(Halved, Sealed), snapshot(every = 1))]
struct Odd {
    #[on(Added { amount, .. } => if *amount == 0 { f64::NAN } else { 1.0 })]
    number: f64,
    #[on(Added { word, .. } => Touchy(word.clone()))]
    touchy: Touchy,
}

#[derive(Debug, Default, Deserialize)]
struct Touchy(String);

impl Serialize for Touchy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.0, "panic", "this was to be expected");
        serializer.serialize_str(&self.0)
    }
}

#[derive(Command, Clone)]
#[command(odd: Odd)]
#[command(any)]
#[emit(Added { amount, word })]
struct MakeOdd {
    amount: i64,
    word: String,
}

fn make_odd(amount: i64, word: &str) -> MakeOdd {
    MakeOdd { amount, word: word.to_owned() }
}

#[tokio::test]
async fn a_state_that_cannot_be_kept_stands_in_nobodys_way() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let store = store(Arc::clone(&journal));
    let odd = store.repository::<Odd>();
    odd.execute("1", make_odd(0, "a")).await.unwrap();
    odd.execute("1", make_odd(1, "panic")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(newest::<Odd>(&journal, "1").await, None);
    odd.execute("1", make_odd(0, "b")).await.unwrap();
    let error = odd.snapshot("1").await.unwrap_err().to_string();
    assert!(
        error.starts_with("no snapshot of stream `odd-1` at version 3: the state cannot be kept as JSON"),
        "{error}"
    );
    odd.execute("1", make_odd(1, "c")).await.unwrap();
    snapshot_at::<Odd>(&journal, "1", 4).await;
    assert_eq!(odd.load("1").await.unwrap().state.touchy.0, "c");
}

/// Runs a future without tokio around it.
fn alone<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            return value;
        }
        std::thread::park();
    }
}

#[test]
fn without_a_runtime_to_run_it_beside_the_command_it_is_taken_at_its_end() {
    alone(async {
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
        let store = store(Arc::clone(&journal));
        add_often(&store, "1", 5).await;
        assert_eq!(newest::<Tally>(&journal, "1").await.unwrap().version, Version::new(5));

        let odd = crate::tally::store(MemoryJournal::new()).repository::<Odd>();
        odd.execute("1", make_odd(0, "a")).await.unwrap();
        odd.execute("1", make_odd(1, "panic")).await.unwrap();
        let (doomed, _) = Doomed::new(MemoryJournal::new(), "write_snapshot", Fate::Fails(When::Before));
        add_often(&crate::tally::store(doomed), "1", 5).await;
    });
}

#[tokio::test]
async fn one_of_nowhere_is_not_used() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let store = store(Arc::clone(&journal));
    let fingerprint = Tally::SNAPSHOTS.unwrap().fingerprint();
    let stream = StreamName::new("tally", "1");
    let state = serde_json::to_string(&Tally { total: 7, ..Tally::default() }).unwrap();
    let snapshot = Snapshot::new(stream, Version::new(3), LogId::new(1, 3), fingerprint, state);
    assert!(journal.write_snapshot(snapshot).await.unwrap());
    assert!(!store.repository::<Tally>().load("1").await.unwrap().exists());
    add_often(&store, "1", 4).await;
    equals_the_full_fold(&store, "1").await;
    assert_eq!(TallyEvent::Sealed.event_type(), "TallySealed");
}
