//! The contents of a journal as appends, in the order in which they happened.

use crate::history::{contents::Contents, violation::Lies};
use annals::{
    StreamName, Version,
    journal::{Appended, StoredEvent},
};
use std::collections::{BTreeMap, HashMap};

/// Every append that lies in the journal.
pub(super) struct Ground<'a> {
    pub(super) contents: &'a Contents,
    /// The appends of each partition in the order of its log.
    pub(super) partitions: BTreeMap<u16, Vec<Run<'a>>>,
    /// Where the runs of an append id are: partition, and index there.
    appends: HashMap<&'a str, Vec<Place>>,
    /// Where the runs of a stream are, in the order of their versions.
    streams: HashMap<&'a StreamName, Vec<Place>>,
}

/// The partition and the index there of an append.
pub(super) type Place = (u16, usize);

/// Events of one append, one after another in their stream.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) events: &'a [StoredEvent],
}

impl<'a> Run<'a> {
    pub(super) fn first(&self) -> &'a StoredEvent {
        &self.events[0]
    }

    pub(super) fn last(&self) -> &'a StoredEvent {
        &self.events[self.events.len() - 1]
    }

    pub(super) fn lies(&self) -> Lies {
        Lies {
            append: self.first().append_id().to_owned(),
            stream: self.first().stream().clone(),
            first: self.first().version(),
            last: self.last().version(),
        }
    }

    /// The place as an acknowledgement tells it.
    pub(super) fn appended(&self) -> Appended {
        let first = self.first();
        let count = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        Appended::new(first.position().partition(), first.log_id(), first.version(), count)
    }
}

impl<'a> Ground<'a> {
    pub(super) fn new(contents: &'a Contents) -> Self {
        let mut partitions = BTreeMap::<u16, Vec<Run<'a>>>::new();
        for stream in contents.streams.values() {
            for events in stream.events.chunk_by(|one, next| one.append_id() == next.append_id()) {
                partitions.entry(events[0].position().partition()).or_default().push(Run { events });
            }
        }
        let (mut appends, mut streams) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for (&partition, runs) in &mut partitions {
            runs.sort_by_key(|run| run.first().log_id().number);
            for (index, run) in runs.iter().enumerate() {
                appends.entry(run.first().append_id()).or_default().push((partition, index));
                streams.entry(run.first().stream()).or_default().push((partition, index));
            }
        }
        Self { contents, partitions, appends, streams }
    }

    pub(super) fn run(&self, (partition, index): Place) -> Run<'a> {
        self.partitions[&partition][index]
    }

    /// Every append id that is there, with all places where it is.
    pub(super) fn appends(&self) -> impl Iterator<Item = (&'a str, &[Place])> {
        self.appends.iter().map(|(id, places)| (*id, &places[..]))
    }

    pub(super) fn places(&self, append: &str) -> &[Place] {
        self.appends.get(append).map_or(&[], Vec::as_slice)
    }

    /// The first place of this append id in this stream.
    pub(super) fn place(&self, append: &str, stream: &StreamName) -> Option<Place> {
        self.places(append).iter().copied().find(|place| self.run(*place).first().stream() == stream)
    }

    /// The appends of a stream, in the order of its versions.
    pub(super) fn of_stream(&self, stream: &StreamName) -> &[Place] {
        self.streams.get(stream).map_or(&[], Vec::as_slice)
    }

    /// The event of a stream at this version.
    pub(super) fn event(&self, stream: &StreamName, version: Version) -> Option<&'a StoredEvent> {
        let index = usize::try_from(version.number().checked_sub(1)?).ok()?;
        self.contents.streams.get(stream)?.events.get(index)
    }
}

/// An event for a message.
pub(super) fn tell(event: Option<&StoredEvent>) -> String {
    const LONGEST: usize = 100;
    let Some(event) = event else { return "nothing".to_owned() };
    let mut payload: String = event.payload().chars().take(LONGEST).collect();
    if payload.len() < event.payload().len() {
        payload.push('…');
    }
    let (event_type, append, log_id) = (event.event_type(), event.append_id(), event.log_id());
    format!("a `{event_type}` of append `{append}` at log id {log_id} with {payload}")
}
