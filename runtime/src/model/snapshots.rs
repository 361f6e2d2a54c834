//! How an aggregate's state is kept as a snapshot: how often, in which form, and when an old one is of no use any more.

use super::{Aggregate, Event, Fingerprint, fnv1a64};
use crate::codec;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    any::{TypeId, type_name},
    collections::BTreeMap,
    fmt,
    fmt::Write as _,
    num::NonZeroU32,
    panic,
    sync::{Mutex, PoisonError},
};

/// How the state of an aggregate is kept as a snapshot, so that a load folds the snapshot and what came after it, and not
/// every event. Usually derived: `#[aggregate(snapshot(every = 100))]`.
///
/// A snapshot bears a fingerprint of all that made its state: the shape of the state, the description of its events, and
/// the number that is given here for the fold. One with another fingerprint is not used, and replaced by the next one.
///
/// By hand, it is this:
///
/// ```
/// use annals::{Aggregate, Event, Metadata, Snapshots};
/// use serde::{Deserialize, Serialize};
///
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum CounterEvent { Added { amount: u64 } }
/// #[derive(Default, Serialize, Deserialize)]
/// struct Counter {
///     total: u64,
/// }
///
/// impl Aggregate for Counter {
///     type Id = String;
///     type Event = CounterEvent;
///     const NAME: &'static str = "counter";
///     // Every 100 events. The 2 is to be another number whenever `apply` comes to do something else.
///     const SNAPSHOTS: Option<Snapshots<Self>> = Some(Snapshots::new(100, 2));
///
///     fn apply(&mut self, event: &CounterEvent, _: &Metadata) {
///         let CounterEvent::Added { amount } = event;
///         self.total += amount;
///     }
/// }
///
/// assert_eq!(Counter::SNAPSHOTS.unwrap().every(), 100);
/// ```
pub struct Snapshots<A> {
    every: NonZeroU32,
    fold: u64,
    write: fn(&A) -> Result<String, String>,
    read: fn(&str) -> Result<A, serde_json::Error>,
    shape: fn() -> String,
}

impl<A> Clone for Snapshots<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Snapshots<A> {}

impl<A> fmt::Debug for Snapshots<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots").field("every", &self.every).field("fold", &self.fold).finish_non_exhaustive()
    }
}

impl<A: Serialize + DeserializeOwned> Snapshots<A> {
    /// A snapshot each time that a stream has grown by so many events (0 counts as 1); `fold` is a number that changes
    /// whenever the same events come to lead to another state.
    #[must_use]
    pub const fn new(every: u32, fold: u64) -> Self {
        let every = match NonZeroU32::new(every) {
            Some(every) => every,
            None => NonZeroU32::MIN,
        };
        Self { every, fold, write: write::<A>, read: read::<A>, shape: shape::<A> }
    }
}

impl<A> Snapshots<A> {
    /// By how many events a stream grows from one snapshot to the next.
    #[must_use]
    pub const fn every(&self) -> u32 {
        self.every.get()
    }

    /// The state as JSON, which is known to read back.
    pub(crate) fn write(&self, state: &A) -> Result<String, String> {
        (self.write)(state)
    }

    pub(crate) fn read(&self, json: &str) -> Result<A, serde_json::Error> {
        (self.read)(json)
    }
}

impl<A: Aggregate> Snapshots<A> {
    /// What the state is made by: its shape, the events, the fold. Worked out once a process.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// #[derive(Aggregate, Default, Serialize, Deserialize)]
    /// #[aggregate(event = CounterEvent, snapshot(every = 100))]
    /// struct Counter {
    ///     #[on(Added { amount } => += *amount)]
    ///     total: u64,
    /// }
    ///
    /// let fingerprint = Counter::SNAPSHOTS.unwrap().fingerprint();
    /// assert_eq!(fingerprint, Counter::SNAPSHOTS.unwrap().fingerprint());
    /// ```
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        static KNOWN: Mutex<BTreeMap<TypeId, Fingerprint>> = Mutex::new(BTreeMap::new());
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let of = TypeId::of::<A>();
        let found = known().get(&of).copied();
        // The user's code runs while the shape is found out, so the lock is not held meanwhile.
        found.unwrap_or_else(|| {
            let fingerprint = self.find_fingerprint();
            known().insert(of, fingerprint);
            fingerprint
        })
    }

    fn find_fingerprint(&self) -> Fingerprint {
        let mut text = format!("fold {:016x}\nshape {}\n", self.fold, (self.shape)());
        // A constant among the parameters may stand in an arm, and shows nowhere else.
        if let Some((_, parameters)) = type_name::<A>().split_once('<') {
            let _ = writeln!(text, "parameters {parameters}");
        }
        let event = <A::Event as Event>::DESCRIPTOR;
        let _ = writeln!(text, "retired {:?} unknown {:?}", event.retired, event.unknown);
        for variant in event.variants {
            let _ = writeln!(
                text,
                "event {} {} {:?} {:?}",
                variant.event_type, variant.schema_version, variant.aliases, variant.shape
            );
            for field in variant.fields {
                let _ = writeln!(text, "  {}: {}", field.name, field.ty);
            }
        }
        Fingerprint::new(fnv1a64(&text))
    }
}

/// Writes a state, after a look that it reads back as what it was, as far as its JSON shows.
fn write<A: Serialize + DeserializeOwned>(state: &A) -> Result<String, String> {
    let json = codec::json(state).map_err(|error| error.to_string())?;
    let unequal = |found: &dyn fmt::Display| format!("it would not read back: {found}");
    let again = read::<A>(&json).map_err(|error| unequal(&error))?;
    let again = codec::json(&again).map_err(|error| unequal(&error))?;
    // A `HashSet` has another order each time.
    if codec::says_the_same(&json, &again) {
        return Ok(json);
    }
    let (expected, found) = (codec::shortened(&json), codec::shortened(&again));
    Err(unequal(&format_args!("expected `{expected}`, found `{found}`")))
}

fn read<A: DeserializeOwned>(json: &str) -> Result<A, serde_json::Error> {
    serde_json::from_str(json)
}

/// The shape of the state; nothing where its `Deserialize` panics at what it is asked.
fn shape<A: DeserializeOwned>() -> String {
    panic::catch_unwind(codec::shape_text::<A>).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::{HashMap, HashSet};

    #[derive(Serialize, Deserialize)]
    struct Unordered {
        words: HashSet<String>,
        counts: HashMap<String, Vec<HashSet<u32>>>,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(u32),
        Half(f64),
    }

    #[derive(Serialize, Deserialize)]
    struct Lossy {
        #[serde(deserialize_with = "doubled")]
        amount: u32,
    }

    fn doubled<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        u32::deserialize(deserializer).map(|amount| amount * 2)
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Halved {
        #[serde(skip_serializing)]
        amount: u32,
    }

    #[test]
    fn a_state_of_unordered_parts_is_written() {
        let words = (0..50).map(|word| word.to_string()).collect();
        let counts = (0..50).map(|count| (count.to_string(), vec![(0..count).collect(); 3])).collect();
        let state = Unordered { words, counts };
        let json = write(&state).unwrap();
        assert_eq!(read::<Unordered>(&json).unwrap().words, state.words);
    }

    #[test]
    fn a_state_that_would_come_back_as_another_one_is_not_written() {
        assert_eq!(write(&[Number::Whole(1), Number::Half(0.5)]).unwrap(), "[1,0.5]");
        assert_eq!(write(&Lossy { amount: 0 }).unwrap(), r#"{"amount":0}"#);
        let error = write(&Lossy { amount: 2 }).unwrap_err();
        assert_eq!(error, r#"it would not read back: expected `{"amount":2}`, found `{"amount":4}`"#);
    }

    #[test]
    fn a_state_that_json_cannot_keep_is_not_written() {
        assert!(write(&f64::NAN).unwrap_err().contains("NaN"));
        assert!(write(&BTreeMap::from([((1, 2), 3)])).is_err());
        assert!(write(&Some(())).is_err());
        let error = write(&Halved { amount: 2 }).unwrap_err();
        assert!(error.contains("it would not read back: missing field `amount`"), "{error}");
        assert_eq!(read::<Halved>(r#"{"amount":2}"#).unwrap(), Halved { amount: 2 });
    }

    #[test]
    fn a_state_that_panics_at_what_it_is_asked_has_no_shape() {
        #[derive(Deserialize)]
        #[serde(try_from = "u32")]
        struct Touchy;

        impl TryFrom<u32> for Touchy {
            type Error = String;

            fn try_from(_: u32) -> Result<Self, String> {
                panic!("this was to be expected")
            }
        }
        assert_eq!(shape::<Touchy>(), shape::<Touchy>());
    }
}
