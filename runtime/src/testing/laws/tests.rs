//! The laws, each with an aggregate that breaks it alone.

use super::{LookedAt, laws, laws_in, laws_of};
use crate::{
    Aggregate, Event, EventDescriptor, Metadata, Snapshots, Undo, VariantDescriptor,
    codec::{DecodeReason, Old},
    testing::lock::NAME,
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
};

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
enum TillEvent {
    Added { amount: u64 },
    Taken { amount: u64 },
    Closed,
}

impl Event for TillEvent {
    const DESCRIPTOR: &'static EventDescriptor = &EventDescriptor::new(
        "TillEvent",
        &[
            VariantDescriptor::new("Added", "TillAdded").with_schema_version(2).with_aliases(&["TillFilled"]),
            VariantDescriptor::new("Taken", "TillTaken"),
            VariantDescriptor::new("Closed", "TillClosed"),
        ],
    )
    .with_retired(&["TillCounted"]);

    fn variant_index(&self) -> usize {
        match self {
            Self::Added { .. } => 0,
            Self::Taken { .. } => 1,
            Self::Closed => 2,
        }
    }

    fn upcast(old: Old<'_>) -> Result<Self, DecodeReason> {
        #[derive(Deserialize)]
        struct AddedV1 {
            euros: u64,
        }
        impl From<AddedV1> for TillEvent {
            fn from(old: AddedV1) -> Self {
                Self::Added { amount: old.euros * 100 }
            }
        }
        let first = old.first::<AddedV1>(1)?;
        old.event(first)
    }

    fn undo(self) -> Undo<Self> {
        match self {
            Self::Added { amount } => Undo::With(vec![Self::Taken { amount }]),
            Self::Taken { amount } => Undo::With(vec![Self::Added { amount }]),
            Self::Closed => Undo::Never,
        }
    }
}

use TillEvent::{Added, Closed, Taken};

fn history() -> Vec<TillEvent> {
    vec![Added { amount: 5 }, Taken { amount: 2 }, Closed]
}

/// An aggregate by hand.
macro_rules! till {
    ($name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty),* } $snapshots:expr, |$state:ident, $event:ident| $apply:expr) => {
        #[derive(Default, Debug, PartialEq, Serialize, Deserialize)]
        struct $name {
            $($(#[$attribute])* $field: $type),*
        }

        impl Aggregate for $name {
            type Id = String;
            type Event = TillEvent;
            const NAME: &'static str = "till";
            const SNAPSHOTS: Option<Snapshots<Self>> = $snapshots;

            fn apply(&mut self, $event: &TillEvent, _: &Metadata) {
                let $state = self;
                $apply
            }
        }
    };
}

till!(Till { amount: i64, closed: bool } Some(Snapshots::new(10, 1)), |till, event| match event {
    Added { amount } => till.amount += i64::try_from(*amount).unwrap_or_default(),
    Taken { amount } => till.amount -= i64::try_from(*amount).unwrap_or_default(),
    Closed => till.closed = true,
});

#[test]
fn an_aggregate_that_keeps_the_laws_says_how_much_was_looked_at() {
    assert_eq!(laws_of::<Till>(history()), LookedAt { events: 3, samples: 0, splits: 4, undone: 2 });
    assert_eq!(laws_of::<Till>([]), LookedAt { events: 0, samples: 0, splits: 1, undone: 0 });
    // Without a lock the events are invented, one of each kind.
    assert_eq!(laws::<Till>(), LookedAt { events: 3, samples: 0, splits: 4, undone: 2 });
}

#[test]
#[should_panic(expected = "broken by `Lucky`: folding twice gives the same state\nat event 2 of \
                           3, `TillTaken`: Taken {\n    amount: 2,\n}\nthe states differ (- expected, + found):\n")]
fn a_fold_that_depends_on_something_else_is_found() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    till!(Lucky { calls: u64 } None, |till, event| if matches!(event, Taken { .. }) {
        till.calls = CALLS.fetch_add(1, Ordering::Relaxed);
    });
    laws_of::<Lucky>(history());
}

#[test]
#[should_panic(expected = "folding twice gives the same state\nat event 1 of 3, `TillAdded`")]
fn it_is_found_with_invented_events_too() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    till!(Lucky { calls: u64 } None, |till, _event| till.calls = CALLS.fetch_add(1, Ordering::Relaxed));
    laws::<Lucky>();
}

#[test]
#[should_panic(expected = "broken by `Forgetful`: a snapshot and the events after it give the state of all \
                events\nat event 1 of 3, `TillAdded`: Added {\n    amount: 5,\n}\nthe snapshot after it is `{\"amount\":5}`; \
                with the 2 events after that\nthe states differ (- expected, + found):\n  Forgetful {\n      amount: 3,\n-     \
                most: 5,\n+     most: 3,\n  }\n")]
fn a_field_that_the_snapshot_leaves_out_is_found() {
    till!(Forgetful { amount: u64, #[serde(skip)] most: u64 } Some(Snapshots::new(10, 1)), |till, event| {
        match event {
            Added { amount } => till.amount += amount,
            // It gives back more than there is, or it would break another law.
            Taken { amount } => till.amount = till.amount.wrapping_sub(*amount),
            Closed => {}
        }
        till.most = till.most.max(till.amount);
    });
    laws_of::<Forgetful>(history());
}

#[test]
#[should_panic(
    expected = "a snapshot and the events after it give the state of all events\nwithout any event\nthe state \
                           cannot be written: "
)]
fn a_state_that_cannot_be_written_is_found() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Ratio(f64);
    impl Default for Ratio {
        fn default() -> Self {
            Self(f64::INFINITY)
        }
    }
    till!(Endless { ratio: Ratio } Some(Snapshots::new(10, 1)), |_till, _event| {});
    laws_of::<Endless>([]);
}

#[test]
#[should_panic(expected = "broken by `Counted`: what undoes an event gives the state before it\nat event 1 \
                of 2, `TillTaken`: Taken {\n    amount: 2,\n}\nundone by [\n    Added {\n        amount: 2,\n    },\n]\nthe \
                states differ (- expected, + found):\n  Counted {\n-     taken: 0,\n+     taken: 1,\n  }\n")]
fn what_forgets_to_undo_something_is_found() {
    till!(Counted { taken: u64 } None, |till, event| if matches!(event, Taken { .. }) {
        till.taken += 1;
    });
    laws_of::<Counted>([Taken { amount: 2 }, Closed]);
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
enum NoteEvent {
    Noted {
        #[serde(serialize_with = "halved")]
        count: u64,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn halved<S: serde::Serializer>(count: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(count / 2)
}

impl Event for NoteEvent {
    const DESCRIPTOR: &'static EventDescriptor =
        &EventDescriptor::new("NoteEvent", &[VariantDescriptor::new("Noted", "NoteNoted")]);

    fn variant_index(&self) -> usize {
        0
    }
}

#[derive(Default, Debug, PartialEq)]
struct Note;

impl Aggregate for Note {
    type Id = String;
    type Event = NoteEvent;
    const NAME: &'static str = "note";

    fn apply(&mut self, _: &NoteEvent, _: &Metadata) {}
}

#[test]
#[should_panic(expected = "broken by `Note`: an event comes back from the codec as it was\nat event 1 of 1, \
                `NoteNoted`: Noted {\n    count: 7,\n}\nit was written as `{\"count\":3}` and reads as another (- expected, + \
                found):\n  Noted {\n-     count: 7,\n+     count: 3,\n  }\n")]
fn an_event_that_comes_back_as_another_is_found() {
    laws_of::<Note>([NoteEvent::Noted { count: 7 }]);
}

#[test]
#[should_panic(expected = "an event comes back from the codec as it was\nat event 1 of 1, `NoteNoted`")]
fn it_is_found_with_an_invented_event_too() {
    laws::<Note>();
}

fn laws_beside(lock: &str) -> LookedAt {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(NAME), lock).unwrap();
    laws_in::<Till>(Some(folder.path()))
}

const LOCK: &str = "
[OtherEvent] src/other.rs

OtherHappened 1
  sample {}

[TillEvent] src/till.rs

TillAdded 1
  sample {\"euros\":3}

TillAdded 2
  sample {\"amount\":250}

TillCounted 1
  sample {\"by\":\"hand\"}

TillFilled 2
  sample {\"amount\":7}

TillTaken 1
  sample ?
";

#[test]
fn the_samples_of_the_lock_are_looked_at_and_the_rest_is_invented() {
    // One history of each kind once, and one more for each of the two further samples.
    assert_eq!(laws_beside(LOCK), LookedAt { events: 9, samples: 3, splits: 12, undone: 6 });
    assert_eq!(laws_beside(""), LookedAt { events: 3, samples: 0, splits: 4, undone: 2 });
}

#[test]
#[should_panic(
    expected = "a law is broken by `TillEvent`: every locked sample reads\nthat of `TillAdded` 1 in annals.lock: as `AddedV1`, \
                the shape of version 1: missing field `euros`"
)]
fn a_sample_that_does_not_read_is_found() {
    laws_beside(&LOCK.replace("euros", "dollars"));
}

#[test]
#[should_panic(
    expected = "line 2 of annals.lock does not read: expected a block as in `OrderCreated 1`, found `TillAdded`"
)]
fn a_lock_that_does_not_read_is_told() {
    laws_beside("[TillEvent] src/till.rs\nTillAdded\n");
}

#[test]
#[should_panic(
    expected = "no `NeverHappened` can be invented to hold the laws of `NeverEvent` against: not today\nhelp: keep an \
                           annals.lock with a real payload as its sample, or give histories of your own to `laws_of`"
)]
fn an_event_that_cannot_be_invented_is_told() {
    #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
    #[serde(try_from = "u8")]
    struct Never;
    impl TryFrom<u8> for Never {
        type Error = &'static str;
        fn try_from(_: u8) -> Result<Self, Self::Error> {
            Err("not today")
        }
    }
    #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
    enum NeverEvent {
        Happened { never: Never },
    }
    impl Event for NeverEvent {
        const DESCRIPTOR: &'static EventDescriptor =
            &EventDescriptor::new("NeverEvent", &[VariantDescriptor::new("Happened", "NeverHappened")]);
        fn variant_index(&self) -> usize {
            0
        }
    }
    #[derive(Default, Debug, PartialEq)]
    struct Void;
    impl Aggregate for Void {
        type Id = String;
        type Event = NeverEvent;
        const NAME: &'static str = "void";
        fn apply(&mut self, _: &NeverEvent, _: &Metadata) {}
    }
    laws::<Void>();
}
