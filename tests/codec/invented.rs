//! Events of every shape can be invented from their types alone, and go through the codec.

use crate::events::{AttributeEvent, SampleEvent};
use annals::{Aggregate, Event, Metadata, testing::laws};
use std::{fmt::Debug, marker::PhantomData};

/// What happened, and nothing more.
#[derive(Debug, PartialEq)]
struct Told<E> {
    of: PhantomData<E>,
    last: String,
}

impl<E> Default for Told<E> {
    fn default() -> Self {
        Self { of: PhantomData, last: String::new() }
    }
}

impl<E: Event + Debug> Aggregate for Told<E> {
    type Id = String;
    type Event = E;
    const NAME: &'static str = "told";

    fn apply(&mut self, event: &E, _: &Metadata) {
        self.last = format!("{event:?}");
    }
}

#[test]
fn an_event_of_every_kind_can_be_invented() {
    assert_eq!(laws::<Told<SampleEvent>>().events, SampleEvent::DESCRIPTOR.variants.len());
}

#[test]
fn whatever_serde_is_told_of_its_fields() {
    assert_eq!(laws::<Told<AttributeEvent>>().events, AttributeEvent::DESCRIPTOR.variants.len());
}
