//! The state that one stream's events add up to.

use super::{Event, Identifier, Metadata, Snapshots};

/// The state that the events of one stream add up to. Usually derived: `#[derive(Aggregate)]`.
///
/// A stream is folded from [`Default`], event by event. `apply` must not fail and must depend on nothing but its
/// arguments: the same events give the same state, today and in ten years.
///
/// By hand, it is this:
///
/// ```
/// use annals::{Aggregate, Event, Metadata};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum CounterEvent {
///     Added { amount: u64 },
/// }
///
/// #[derive(Default)]
/// struct Counter {
///     total: u64,
/// }
///
/// impl Aggregate for Counter {
///     type Id = String;
///     type Event = CounterEvent;
///     const NAME: &'static str = "counter";
///
///     fn apply(&mut self, event: &CounterEvent, _: &Metadata) {
///         let CounterEvent::Added { amount } = event;
///         self.total += amount;
///     }
/// }
///
/// assert!(Counter::SNAPSHOTS.is_none()); // unless the impl says so: see `Snapshots`
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "expected a type with `#[derive(Aggregate)]`"
)]
pub trait Aggregate: Default + Send + Sync + 'static {
    /// What names one aggregate among its kind.
    type Id: Identifier;
    /// The events of the stream.
    type Event: Event;
    /// The kind's name, as stored: the first part of every stream's name. Never changes once events are stored.
    ///
    /// Letters, digits, `_` and `.`; no `-`, which separates it from the id.
    const NAME: &'static str;
    /// How its state is kept as snapshots; `None` where every load folds every event.
    const SNAPSHOTS: Option<Snapshots<Self>> = None;

    /// Takes one event into the state.
    fn apply(&mut self, event: &Self::Event, metadata: &Metadata);
}
