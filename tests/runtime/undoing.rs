//! Undo: compensating events for what happened after a version, all of them or none.

use crate::{
    engines::on_every_engine,
    faults::{Around, With},
};
use annals::{
    Annotations, Store,
    journal::{Append, Expected, Journal, JournalError, MemoryJournal, NewEvent, Verdict},
    prelude::*,
    repository::{ObstacleReason, Repository, UndoError},
};
use futures_util::{TryStreamExt, future::BoxFuture};
use proptest::prelude::{Strategy, prop_oneof, proptest};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[event(retired("BasketHinted"))]
enum BasketEvent {
    #[undo(never)]
    Opened,
    #[undo(Removed { sku, quantity })]
    Added { sku: String, quantity: u32 },
    #[undo(Added { sku, quantity })]
    Removed { sku: String, quantity: u32 },
    /// One event, two that undo it.
    #[undo(Removed { sku: first, quantity: 1 })]
    #[undo(Removed { sku: second, quantity: 1 })]
    PairAdded { first: String, second: String },
    /// Says nothing.
    Viewed,
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
#[aggregate(event = BasketEvent, ignore(Opened))]
#[on(PairAdded { first, second } => { self.add(first, 1); self.add(second, 1); })]
#[on(Added { sku, quantity } => self.add(sku, *quantity))]
#[on(Removed { sku, quantity } => self.remove(sku, *quantity))]
struct Basket {
    lines: BTreeMap<String, u32>,
    #[on(Viewed => += 1)]
    views: u32,
}

impl Basket {
    fn add(&mut self, sku: &str, quantity: u32) {
        *self.lines.entry(sku.to_owned()).or_default() += quantity;
    }

    fn remove(&mut self, sku: &str, quantity: u32) {
        let left = self.lines.remove(sku).unwrap_or_default() - quantity;
        if left > 0 {
            self.lines.insert(sku.to_owned(), left);
        }
    }
}

#[derive(Command, Clone)]
#[command(basket: Basket)]
#[command(any)]
#[handler(Do::events)]
struct Do {
    events: Vec<BasketEvent>,
}

impl Do {
    fn events(_: &Basket, events: Vec<BasketEvent>) -> Vec<BasketEvent> {
        events
    }
}

use BasketEvent::{Opened, PairAdded, Removed, Viewed};

fn added(sku: &str, quantity: u32) -> BasketEvent {
    BasketEvent::Added { sku: sku.to_owned(), quantity }
}

fn removed(sku: &str, quantity: u32) -> BasketEvent {
    Removed { sku: sku.to_owned(), quantity }
}

async fn happen(baskets: &Repository<Basket>, events: impl IntoIterator<Item = BasketEvent>) {
    baskets.execute("1", Do { events: events.into_iter().collect() }).await.unwrap();
}

fn version(number: u64) -> Version {
    Version::new(number)
}

on_every_engine! {
    async fn what_happened_after_a_version_is_made_up_for_newest_first(store) {
        let baskets = store.repository::<Basket>();
        let pair = PairAdded { first: "nut".to_owned(), second: "fig".to_owned() };
        happen(&baskets, [Opened, added("apple", 1), added("apple", 2), pair]).await;
        let told = Annotations::default().with_actor("ann").with_entry("why", "a mistake");
        let outcome = baskets.undo("1", version(2)).annotations(told).await.unwrap();

        let events: Vec<_> = outcome.events.iter().map(|event| (&event.event, event.metadata.undoes)).collect();
        let (nut, fig, apple) = (removed("nut", 1), removed("fig", 1), removed("apple", 2));
        assert_eq!(events, [(&nut, Some(version(4))), (&fig, Some(version(4))), (&apple, Some(version(3)))]);
        assert_eq!((outcome.version, outcome.attempts), (version(7), 1));

        // As it is stored: one append, who asked, and what each event undoes.
        let stored = baskets.history("1").from(version(5)).await.unwrap().events;
        assert_eq!(stored, outcome.events);
        assert!(stored.iter().all(|event| event.metadata.actor.as_deref() == Some("ann")));
        assert!(stored.iter().all(|event| event.metadata.entries["why"] == "a mistake"));
        let log: Vec<_> = store.log().of_types(["BasketRemoved"]).stream().try_collect().await.unwrap();
        assert_eq!(log[0].annotations(), Some(r#"{"actor":"ann","undoes":4,"entries":{"why":"a mistake"}}"#));
        assert!(log.iter().all(|event| event.append_id() == log[0].append_id()));
        assert_eq!(baskets.load("1").await.unwrap().state, baskets.at("1", version(2)).await.unwrap().state);
    }

    async fn what_was_undone_is_not_undone_again(store) {
        let baskets = store.repository::<Basket>();
        happen(&baskets, [Opened, added("apple", 1), added("pear", 2)]).await;
        baskets.undo("1", version(2)).await.unwrap();
        let again = baskets.undo("1", version(2)).await.unwrap();
        assert_eq!((again.events.len(), again.version), (0, version(4)));
        // Further back, what is left to undo is undone.
        let further = baskets.undo("1", version(1)).await.unwrap();
        assert_eq!(further.events.len(), 1);
        assert_eq!((&further.events[0].event, further.events[0].metadata.undoes), (&removed("apple", 1), Some(version(2))));
        assert_eq!(baskets.load("1").await.unwrap().state, Basket::default());
    }

    async fn an_undo_can_be_undone(store) {
        let baskets = store.repository::<Basket>();
        happen(&baskets, [Opened, added("apple", 1), added("pear", 2)]).await;
        let before = baskets.load("1").await.unwrap();
        baskets.undo("1", version(1)).await.unwrap();
        // Back to before the undo: its events are made up for in their turn.
        let redone = baskets.undo("1", before.version).await.unwrap();
        let events: Vec<_> = redone.events.iter().map(|event| (&event.event, event.metadata.undoes)).collect();
        let (apple, pear) = (added("apple", 1), added("pear", 2));
        assert_eq!(events, [(&apple, Some(version(5))), (&pear, Some(version(4)))]);
        assert_eq!(baskets.load("1").await.unwrap().state, before.state);
        // What was undone and redone is in force, and is undone once more.
        let undone = baskets.undo("1", version(2)).await.unwrap();
        assert_eq!(undone.events.len(), 1);
        assert_eq!((&undone.events[0].event, undone.events[0].metadata.undoes), (&removed("pear", 2), Some(version(3))));
        assert_eq!(baskets.load("1").await.unwrap().state, baskets.at("1", version(2)).await.unwrap().state);
    }

    async fn all_that_stands_in_the_way_is_told_and_nothing_is_written(store) {
        let baskets = store.repository::<Basket>();
        happen(&baskets, [Opened, Viewed, added("apple", 1), Viewed]).await;
        let error = baskets.undo("1", Version::NONE).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot undo stream `basket-1` to version 0: event 4, a `BasketViewed`, does not say what undoes it: it has \
             no `#[undo(…)]`; event 2, a `BasketViewed`, does not say what undoes it: it has no `#[undo(…)]`; nothing \
             undoes event 1, a `BasketOpened`"
        );
        let UndoError::Impossible { obstacles, .. } = error else { panic!("{error}") };
        let reasons: Vec<_> = obstacles.iter().map(|obstacle| (obstacle.version.number(), obstacle.reason)).collect();
        assert_eq!(reasons, [(4, ObstacleReason::Unsaid), (2, ObstacleReason::Unsaid), (1, ObstacleReason::Never)]);
        assert_eq!(baskets.load("1").await.unwrap().version, version(4));
    }

    async fn a_version_that_is_not_there_is_an_error(store) {
        let baskets = store.repository::<Basket>();
        happen(&baskets, [Opened, added("apple", 1)]).await;
        let error = baskets.undo("1", version(3)).await.unwrap_err();
        assert_eq!(error.to_string(), "stream `basket-1` is at version 2, and version 3 was asked for");
        let nothing = baskets.undo("1", version(2)).await.unwrap();
        assert_eq!((nothing.events.len(), nothing.version), (0, version(2)));
        let nothing = baskets.undo("nobody", Version::NONE).await.unwrap();
        assert_eq!((nothing.events.len(), nothing.version), (0, Version::NONE));
    }

    async fn no_more_is_undone_than_was_seen(store) {
        let baskets = store.repository::<Basket>();
        happen(&baskets, [Opened, added("apple", 1), added("pear", 1)]).await;
        let error = baskets.undo("1", version(1)).expected(version(2)).await.unwrap_err();
        assert_eq!(error.to_string(), "stream `basket-1` is at version 3, and was to be undone at version 2");
        assert_eq!(baskets.undo("1", version(1)).expected(version(3)).await.unwrap().events.len(), 2);
    }

    async fn more_than_a_page_is_undone_as_one(store) {
        let baskets = store.repository::<Basket>();
        happen(&baskets, [Opened]).await;
        happen(&baskets, (0..2_500).map(|_| added("apple", 1))).await;
        let outcome = baskets.undo("1", version(1)).await.unwrap();
        assert_eq!((outcome.events.len(), outcome.version), (2_500, version(5_001)));
        assert_eq!(baskets.load("1").await.unwrap().state, Basket::default());
    }
}

/// Adds a pear before each of the first appends that somebody else makes.
#[derive(Debug)]
struct Overtake {
    baskets: Repository<Basket>,
    times: AtomicU32,
}

impl Around for Overtake {
    fn before(&self, call: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async move {
            let again = |times: u32| times.checked_sub(1);
            if call == "append" && self.times.fetch_update(Relaxed, Relaxed, again).is_ok() {
                happen(&self.baskets, [added("pear", 1)]).await;
            }
            Ok(())
        })
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A basket with an apple, and a way to it on which others are faster so many times.
async fn overtaken(times: u32) -> (Repository<Basket>, Repository<Basket>) {
    let journal = Arc::new(MemoryJournal::new());
    let baskets = Store::on(Arc::clone(&journal), "memory:").repository::<Basket>();
    happen(&baskets, [Opened, added("apple", 1)]).await;
    let around = Overtake { baskets: baskets.clone(), times: AtomicU32::new(times) };
    let slow = Store::on(With::around(around, journal), "memory: behind others").repository::<Basket>();
    (baskets, slow)
}

#[tokio::test]
async fn what_another_writer_adds_meanwhile_is_undone_too() {
    let (baskets, slow) = overtaken(2).await;
    let outcome = slow.undo("1", version(1)).await.unwrap();
    let undone: Vec<_> = outcome.events.iter().filter_map(|event| event.metadata.undoes).collect();
    assert_eq!((outcome.attempts, undone), (3, vec![version(4), version(3), version(2)]));
    assert_eq!(baskets.load("1").await.unwrap().state, Basket::default());
}

#[tokio::test]
async fn what_another_writer_adds_meanwhile_is_not_undone_by_who_expects_otherwise() {
    let (baskets, slow) = overtaken(1).await;
    let error = slow.undo("1", version(1)).expected(version(2)).await.unwrap_err();
    assert_eq!(error.to_string(), "stream `basket-1` is at version 3, and was to be undone at version 2");
    assert_eq!(baskets.load("1").await.unwrap().version, version(3));
}

#[tokio::test]
async fn an_undo_that_is_always_overtaken_gives_up_and_says_so() {
    let (baskets, slow) = overtaken(99).await;
    let error = slow.undo("1", version(1)).attempts(3).await.unwrap_err();
    assert_eq!(error.to_string(), "other writers to stream `basket-1` were faster 3 times; it is at version 5");
    assert_eq!(baskets.load("1").await.unwrap().version, version(5));
}

#[tokio::test]
async fn a_retired_event_has_nothing_to_undo() {
    let journal = Arc::new(MemoryJournal::new());
    let baskets = Store::on(Arc::clone(&journal), "memory:").repository::<Basket>();
    happen(&baskets, [Opened]).await;
    let hinted = vec![NewEvent::new("BasketHinted", "{}")];
    let append = Append::new(baskets.stream("1"), Expected::Version(version(1)), hinted);
    assert!(matches!(journal.append(append).await.unwrap(), Verdict::Appended(_)));
    happen(&baskets, [added("apple", 1)]).await;
    let outcome = baskets.undo("1", version(1)).await.unwrap();
    assert_eq!((outcome.events.len(), outcome.events[0].metadata.undoes), (1, Some(version(3))));
}

/// A name whose changes do not commute: what is undone in another order ends elsewhere.
mod name {
    use annals::prelude::*;

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub(super) enum NameEvent {
        #[undo(Changed { from: to, to: from })]
        Changed { from: u32, to: u32 },
        /// One command, two events.
        #[undo(Marked { times: -times })]
        Marked { times: i32 },
    }

    #[derive(Aggregate, Clone, Debug, Default, PartialEq)]
    #[aggregate(event = NameEvent)]
    #[on(Changed { from, to } => self.change(*from, *to))]
    pub(super) struct Name {
        #[on(Marked { times } => += times)]
        pub(super) marks: i32,
        pub(super) name: u32,
    }

    impl Name {
        fn change(&mut self, from: u32, to: u32) {
            assert_eq!(self.name, from, "a change begins where the one before it has ended");
            self.name = to;
        }
    }

    #[derive(Command, Clone, Debug)]
    #[command(name: Name)]
    #[command(any)]
    #[emit(Changed { from: name.name, to })]
    #[emit(Marked { times } if times != 0)]
    pub(super) struct Change {
        pub(super) to: u32,
        pub(super) times: i32,
    }
}

/// What happens to the name: a change to this, marked so often; or an undo of this share of all versions.
#[derive(Clone, Debug)]
enum Step {
    Change(u32, i32),
    Undo(f64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let change = (0_u32..5, -1_i32..2).prop_map(|(to, times)| Step::Change(to, times));
    let undo = (0.0..=1.0).prop_map(Step::Undo);
    proptest::collection::vec(prop_oneof![3 => change, 2 => undo], 1..24)
}

proptest! {
    /// Undo after undo, of undos too: each leads to the very state that was there at the version.
    #[test]
    fn an_undo_leads_to_the_state_that_was_there(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let names = Store::memory().repository::<name::Name>();
            for step in steps {
                match step {
                    Step::Change(to, times) => drop(names.execute("1", name::Change { to, times }).await.unwrap()),
                    Step::Undo(share) => {
                        let newest = names.load("1").await.unwrap().version.number();
                        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
                        let to = Version::new((newest as f64 * share) as u64);
                        let then = names.at("1", to).await.unwrap().state;
                        names.undo("1", to).await.unwrap();
                        assert_eq!(names.load("1").await.unwrap().state, then, "undone to version {to}");
                        let again = names.undo("1", to).await.unwrap();
                        assert!(again.events.is_empty(), "nothing is left to undo to version {to}: {again:?}");
                    }
                }
            }
        });
    }
}
