//! What generated code calls. Not a public interface: any of it may change in any release.

use crate::model::{
    Event, EventDescriptor, Identifier, Indexed, IntoDecision, IntoIndexed, IntoKeys, IntoRange, Keys, Metadata,
    Projection, Query, Snapshots, Undo, VariantDescriptor,
};
use serde::Deserialize;

pub use crate::{
    codec::shape::{Traced, shape_of},
    testing::lock::{Locked, LockedVariant, OldShape, lock},
};
pub use serde::{Serialize, de::DeserializeOwned};
/// The events that a command decides. Nothing else has this name: where the crate's path is wrong, rustc proposes no
/// other thing of that name.
pub use std::vec::Vec as Decided;
pub use std::{borrow::ToOwned, string::String, vec::Vec};

/// The events of an aggregate that does not say which: stands in until the user mends it.
#[derive(Debug, Serialize, serde::Deserialize)]
pub enum NoEvent {}

impl Event for NoEvent {
    const DESCRIPTOR: &'static EventDescriptor = &EventDescriptor::new("", &[]);

    fn variant_index(&self) -> usize {
        match *self {}
    }
}

/// The events or the rejection that a handler returned.
pub fn decision<E, R>(decision: impl IntoDecision<E, R>) -> Result<Vec<E>, R> {
    decision.into_decision()
}

/// What undoes an event.
pub fn undo<E, const N: usize>(events: [E; N]) -> Undo<E> {
    Undo::With(events.into())
}

/// The aggregate's id as the key of a row.
pub fn key_of_aggregate<K: Identifier>(metadata: &Metadata) -> Result<K, String> {
    let id = metadata.stream.id();
    id.parse().map_err(|error| {
        format!("the aggregate's id `{id}` does not read as the row's key, a `{}`: {error}", std::any::type_name::<K>())
    })
}

/// How a state is kept. One that serde cannot write and read is told at the key that asks for it.
#[must_use]
pub const fn snapshots<A: Serialize + for<'de> Deserialize<'de>>(every: u32, fold: u64) -> Snapshots<A> {
    Snapshots::new(every, fold)
}

/// A row without events and without a key. The row type has `Default` as any projection, or that is told at the type.
#[must_use]
pub fn new_row<P: Projection>() -> P {
    P::default()
}

/// The keys that a `#[row(…)]` names.
pub fn keys<K: Identifier, How>(keys: impl IntoKeys<K, How>) -> Keys<K> {
    keys.into_keys()
}

/// How a value that rows are found by is written: [`indexed`].
pub type Written<V> = fn(&V) -> &dyn Indexed;

/// The value of a field that rows are found by. One that cannot be written is told at the field's type, here alone.
#[must_use]
pub fn indexed<V: Indexed>(value: &V) -> &dyn Indexed {
    value
}

/// The rows that have this value in a field.
pub fn exact<P, V>(index: &'static str, value: impl IntoIndexed<V>, written: Written<V>) -> Query<P> {
    Query::exact(index, &[written(&value.into_indexed())])
}

/// The rows that have a value within this range in a field.
pub fn range<P, V>(index: &'static str, range: impl IntoRange<V>, written: Written<V>) -> Query<P> {
    let (from, to) = range.into_range();
    Query::between(index, &[], 1, (from.as_ref().map(written), to.as_ref().map(written)))
}

/// The rows that have this value in one field, and one within this range in another.
pub fn range_per<P, W, V>(
    index: &'static str,
    value: impl IntoIndexed<W>,
    value_written: Written<W>,
    range: impl IntoRange<V>,
    written: Written<V>,
) -> Query<P> {
    let (value, (from, to)) = (value.into_indexed(), range.into_range());
    let bounds = (from.as_ref().map(written), to.as_ref().map(written));
    Query::between(index, &[value_written(&value)], 2, bounds)
}

/// Fails to compile with this message where the event has no variant of this name.
pub const fn assert_variant(event: &EventDescriptor, name: &str, message: &str) {
    let mut at = 0;
    while at < event.variants.len() {
        if same(event.variants[at].name.as_bytes(), name.as_bytes()) {
            return;
        }
        at += 1;
    }
    // An event with mistakes of its own describes no variants, and is told of by itself.
    assert!(event.variants.is_empty(), "{}", message);
}

/// Fails to compile where two of a projection's enums read the same stored type.
pub const fn assert_disjoint(first: &EventDescriptor, second: &EventDescriptor) {
    let mut a = 0;
    while a < first.variants.len() {
        let mut b = 0;
        while b < second.variants.len() {
            assert!(
                !overlap(&first.variants[a], &second.variants[b]),
                "two event enums of this projection store events under the same type name; give one of them another `#[event(prefix = \"…\")]`"
            );
            b += 1;
        }
        a += 1;
    }
}

const fn overlap(first: &VariantDescriptor, second: &VariantDescriptor) -> bool {
    let mut a = 0;
    while a <= first.aliases.len() {
        let left = if a == 0 { first.event_type } else { first.aliases[a - 1] };
        let mut b = 0;
        while b <= second.aliases.len() {
            let right = if b == 0 { second.event_type } else { second.aliases[b - 1] };
            // The variant of unknown events has no name of its own.
            if !left.is_empty() && same(left.as_bytes(), right.as_bytes()) {
                return true;
            }
            b += 1;
        }
        a += 1;
    }
    false
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}
