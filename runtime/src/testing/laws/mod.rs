//! What must hold for every aggregate and its events, whatever they mean: checked by one call in a test.

mod histories;

#[cfg(test)]
mod tests;

use super::difference::difference;
use crate::{
    codec::{self, shortened},
    model::{Aggregate, Annotations, Event, Metadata, Position, StreamName, Undo, Version},
};
use histories::Histories;
use jiff::Timestamp;
use std::{
    any::type_name,
    env,
    fmt::Debug,
    path::{Path, PathBuf},
};

/// How much the laws were held against, counted by [`laws`] and [`laws_of`].
///
/// A law that nothing was held against has not been broken, and has not been kept either: `undone` is 0 where no event
/// says what undoes it.
///
/// ```
/// # use annals::prelude::*;
/// use annals::testing::laws_of;
///
/// #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// enum DoorEvent {
///     #[undo(Closed)]
///     Opened,
///     #[undo(Opened)]
///     Closed,
/// }
///
/// #[derive(Aggregate, Default, Debug, PartialEq)]
/// #[aggregate(event = DoorEvent)]
/// struct Door {
///     #[on(Opened => true)]
///     #[on(Closed => false)]
///     open: bool,
/// }
///
/// let looked_at = laws_of::<Door>([DoorEvent::Opened, DoorEvent::Closed]);
/// assert_eq!((looked_at.events, looked_at.undone), (2, 2));
/// assert_eq!(looked_at.splits, 0); // the aggregate takes no snapshots
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookedAt {
    /// The events that were folded twice and went through the codec.
    pub events: usize,
    /// The samples of `annals.lock` that were read.
    pub samples: usize,
    /// The places at which a history was split into a snapshot and what came after it.
    pub splits: usize,
    /// The events that were undone.
    pub undone: usize,
}

impl LookedAt {
    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.samples += other.samples;
        self.splits += other.splits;
        self.undone += other.undone;
    }
}

/// Holds the laws of event sourcing against an aggregate, with an event of every kind.
///
/// The events are the samples of `annals.lock`, every one of each version, and where the lock has none they are
/// invented: an `OrderCreated` whose every text is `text`. They happen in the order in which the enum declares them.
/// Where that is no order in which they make sense, or says too little, give histories of your own to [`laws_of`].
///
/// | law | what breaks it |
/// |---|---|
/// | folding twice gives the same state | a fold that looks at a clock, at chance, or at anything but the event |
/// | an event comes back from the codec as it was | serde attributes that write one thing and read another |
/// | a snapshot and the events after it give the state of all events | a field that snapshots leave out and a later event needs |
/// | what undoes an event gives the state before it | an `#[undo(…)]` that forgets something |
/// | every locked sample reads | a type that has changed under payloads that are stored |
///
/// # Panics
///
/// When a law is broken: with its name, the event, and the difference of the two states. When `annals.lock` does not
/// read, and when a kind of event can neither be found there nor invented.
///
/// ```
/// # use annals::prelude::*;
/// use annals::testing::laws;
///
/// #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// enum CounterEvent {
///     #[undo(Taken { amount })]
///     Added { amount: u64 },
///     #[undo(Added { amount })]
///     Taken { amount: u64 },
/// }
///
/// #[derive(Aggregate, Default, Debug, PartialEq)]
/// #[aggregate(event = CounterEvent)]
/// struct Counter {
///     #[on(Added { amount } => += amount)]
///     #[on(Taken { amount } => -= amount)]
///     total: u64,
/// }
///
/// // #[test] fn counters_keep_the_laws() {
/// let looked_at = laws::<Counter>();
/// assert_eq!((looked_at.events, looked_at.undone), (2, 2));
/// // }
/// ```
#[track_caller]
pub fn laws<A>() -> LookedAt
where
    A: Aggregate<Event: Clone + PartialEq + Debug> + PartialEq + Debug,
{
    // Where the test runs, not where this is compiled: the lock is that of the user's crate.
    laws_in::<A>(env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).as_deref())
}

#[track_caller]
fn laws_in<A>(folder: Option<&Path>) -> LookedAt
where
    A: Aggregate<Event: Clone + PartialEq + Debug> + PartialEq + Debug,
{
    let Histories { samples, histories } =
        Histories::<A::Event>::of(folder).unwrap_or_else(|problem| panic!("{problem}"));
    let mut looked_at = LookedAt { samples, ..LookedAt::default() };
    for history in histories {
        looked_at.add(laws_of::<A>(history));
    }
    looked_at
}

/// Holds the laws of event sourcing against an aggregate, with one history: see [`laws`] for them.
///
/// Made for generated histories, such as those of a property test; any event may come after any other.
///
/// # Panics
///
/// When a law is broken: with its name, the event, and the difference of the two states.
///
/// ```
/// # use annals::prelude::*;
/// use annals::testing::laws_of;
///
/// #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// enum CounterEvent {
///     Added { amount: u64 },
/// }
///
/// #[derive(Aggregate, Default, Debug, PartialEq, Serialize, Deserialize)]
/// #[aggregate(event = CounterEvent, snapshot(every = 100))]
/// struct Counter {
///     #[on(Added { amount } => += amount)]
///     total: u64,
/// }
///
/// for length in 0..10 {
///     let looked_at = laws_of::<Counter>((0..length).map(|amount| CounterEvent::Added { amount }));
///     assert_eq!(looked_at.splits as u64, length + 1);
/// }
/// ```
#[track_caller]
pub fn laws_of<A>(events: impl IntoIterator<Item = A::Event>) -> LookedAt
where
    A: Aggregate<Event: Clone + PartialEq + Debug> + PartialEq + Debug,
{
    let history = History::<A>::new(events);
    history.folds_twice_alike();
    history.comes_back_from_the_codec();
    LookedAt {
        events: history.events.len(),
        samples: 0,
        splits: history.splits_into_snapshot_and_rest(),
        undone: history.is_undone(),
    }
}

/// What one stream may hold.
struct History<A: Aggregate> {
    events: Vec<(A::Event, Metadata)>,
}

impl<A> History<A>
where
    A: Aggregate<Event: Clone + PartialEq + Debug> + PartialEq + Debug,
{
    fn new(events: impl IntoIterator<Item = A::Event>) -> Self {
        let events = events.into_iter().zip(1..);
        Self { events: events.map(|(event, number)| (event, metadata::<A>(number, Annotations::default()))).collect() }
    }

    /// The state after the first `length` events.
    fn state(&self, length: usize) -> A {
        let mut state = A::default();
        self.fold(&mut state, 0..length);
        state
    }

    fn fold(&self, state: &mut A, range: std::ops::Range<usize>) {
        for (event, metadata) in &self.events[range] {
            state.apply(event, metadata);
        }
    }

    #[track_caller]
    fn folds_twice_alike(&self) {
        let (mut first, mut second) = (A::default(), A::default());
        for (index, (event, metadata)) in self.events.iter().enumerate() {
            first.apply(event, metadata);
            second.apply(event, metadata);
            if first != second {
                self.broken("folding twice gives the same state", index, &states(&first, &second));
            }
        }
    }

    #[track_caller]
    fn comes_back_from_the_codec(&self) {
        for (index, (event, _)) in self.events.iter().enumerate() {
            // What is of an unknown type is kept as it is, and never written.
            if A::Event::DESCRIPTOR.unknown == Some(event.variant_index()) {
                continue;
            }
            if let Err(problem) = round_trip(event) {
                self.broken("an event comes back from the codec as it was", index, &problem);
            }
        }
    }

    #[track_caller]
    fn splits_into_snapshot_and_rest(&self) -> usize {
        const LAW: &str = "a snapshot and the events after it give the state of all events";
        let Some(snapshots) = A::SNAPSHOTS else { return 0 };
        let whole = self.state(self.events.len());
        for length in 0..=self.events.len() {
            let state = self.state(length);
            let last = length.saturating_sub(1);
            let written = match snapshots.write(&state) {
                Ok(written) => written,
                Err(reason) => self.broken(LAW, last, &format!("the state cannot be written: {reason}\n{state:#?}")),
            };
            let mut read = match snapshots.read(&written) {
                Ok(read) => read,
                Err(reason) => self.broken(LAW, last, &format!("`{}` does not read: {reason}", shortened(&written))),
            };
            self.fold(&mut read, length..self.events.len());
            if read != whole {
                let count = self.events.len() - length;
                let problem = format!(
                    "the snapshot after it is `{}`; with the {count} events after that\n{}",
                    shortened(&written),
                    states(&whole, &read)
                );
                self.broken(LAW, last, &problem);
            }
        }
        self.events.len() + 1
    }

    #[track_caller]
    fn is_undone(&self) -> usize {
        let mut undone = 0;
        for (index, (event, metadata)) in self.events.iter().enumerate() {
            let Undo::With(compensations) = event.clone().undo() else { continue };
            let before = self.state(index);
            let mut after = self.state(index + 1);
            for (compensation, number) in compensations.iter().zip(metadata.version.number() + 1..) {
                if let Err(problem) = round_trip(compensation) {
                    let problem = format!("it would be undone by {compensation:#?}\n{problem}");
                    self.broken("what undoes an event gives the state before it", index, &problem);
                }
                let annotations = Annotations::default().with_undoes(metadata.version);
                after.apply(compensation, &self::metadata::<A>(number, annotations));
            }
            if before != after {
                let problem = format!("undone by {compensations:#?}\n{}", states(&before, &after));
                self.broken("what undoes an event gives the state before it", index, &problem);
            }
            undone += 1;
        }
        undone
    }

    #[track_caller]
    fn broken(&self, law: &str, index: usize, problem: &str) -> ! {
        // Its own name says enough, and does not change when it moves.
        let name = type_name::<A>().split('<').next().unwrap_or_default();
        let aggregate = name.rsplit("::").next().unwrap_or(name);
        match self.events.get(index) {
            Some((event, _)) => panic!(
                "a law is broken by `{aggregate}`: {law}\nat event {} of {}, `{}`: {event:#?}\n{problem}",
                index + 1,
                self.events.len(),
                event.event_type(),
            ),
            None => panic!("a law is broken by `{aggregate}`: {law}\nwithout any event\n{problem}"),
        }
    }
}

/// The metadata of the event at a place. The time is always the same: it is no part of what may be undone.
fn metadata<A: Aggregate>(number: u64, annotations: Annotations) -> Metadata {
    let stream = StreamName::new(A::NAME, "1");
    Metadata::new(stream, Version::new(number), Position::from(number), Timestamp::UNIX_EPOCH, annotations)
}

fn states<A: Debug>(expected: &A, found: &A) -> String {
    format!(
        "the states differ (- expected, + found):\n{}",
        difference(&format!("{expected:#?}"), &format!("{found:#?}"))
    )
}

fn round_trip<E: Event + PartialEq + Debug>(event: &E) -> Result<(), String> {
    let payload = codec::encode(event).map_err(|error| error.to_string())?;
    let descriptor = event.descriptor();
    let again = codec::decode::<E>(descriptor.event_type, descriptor.schema_version, &payload);
    let again = again.map_err(|reason| format!("`{}` does not read: {reason}", shortened(&payload)))?;
    if *event != again {
        let (written, read) = (format!("{event:#?}"), format!("{again:#?}"));
        return Err(format!(
            "it was written as `{}` and reads as another (- expected, + found):\n{}",
            shortened(&payload),
            difference(&written, &read)
        ));
    }
    match codec::encode(&again) {
        Ok(second) if codec::says_the_same(&second, &payload) => Ok(()),
        Ok(second) => Err(format!(
            "it was written as `{}`, and what was read is written as `{}`",
            shortened(&payload),
            shortened(&second)
        )),
        Err(error) => Err(error.to_string()),
    }
}
