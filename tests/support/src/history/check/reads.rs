//! What reads gave: the events that lie there, whole appends, and how far they went.

use super::{
    Loss, Summary,
    appends::Intervals,
    ground::{Ground, Place, tell},
    order::Look,
};
use crate::history::{
    call::{Call, History, Moment, StreamRead},
    violation::{Saw, Violation},
};
use annals::{
    StreamName, Version,
    journal::{After, Checkpoint, JournalError, LogBatch, LogRead, StoredEvent},
};
use std::collections::HashSet;

/// Checks the reads, and gives the looks that they are.
pub(super) fn check(
    history: &History,
    ground: &Ground<'_>,
    intervals: &Intervals,
    loss: Loss,
    summary: &mut Summary,
    violations: &mut Vec<Violation>,
) -> Vec<Look> {
    let mut looks = Vec::new();
    let asked: HashSet<&str> = history.appends.iter().map(|call| call.asked.id.as_str()).collect();
    let unsure = |stream: &StreamName| loss == Loss::Suffix && intervals.unsure.contains(stream);
    for call in &history.versions {
        let Some((at, found)) = answered(call) else { continue };
        summary.reads += 1;
        // The version alone does not tell of which history it is.
        if !unsure(&call.asked) {
            let saw = Saw::Version { client: call.client, stream: call.asked.clone(), found: *found };
            looks.extend(Versions::of(ground, &call.asked).exactly(*found, saw, (call.begun, at), violations));
        }
    }
    for call in &history.streams {
        let Some((at, events)) = answered(call) else { continue };
        summary.reads += 1;
        // What differs may have been lost since; but somebody sent it.
        let unsure = unsure(&call.asked.stream) && events.iter().all(|event| asked.contains(event.append_id()));
        looks.extend(stream_read(call, at, events, ground, unsure, violations));
    }
    let unsure = |partition| intervals.lost.iter().any(|lost| lost.place.partition == partition);
    let unsure = |partition| loss == Loss::Suffix && (unsure(partition) || !intervals.unsure.is_empty());
    for call in &history.logs {
        let Some((at, batch)) = answered(call) else { continue };
        summary.reads += 1;
        let unsure = unsure(call.asked.partition) && batch.events.iter().all(|event| asked.contains(event.append_id()));
        looks.extend(log_read(call, at, batch, ground, unsure, violations));
    }
    looks
}

fn answered<A, R>(call: &Call<A, R>) -> Option<(Moment, &R)> {
    let (at, answer): &(Moment, Result<R, JournalError>) = call.answer.as_ref()?;
    Some((*at, answer.as_ref().ok()?))
}

/// The appends of one stream, to find out how many of its partition's a version stands for.
pub(super) struct Versions<'a> {
    ground: &'a Ground<'a>,
    places: &'a [Place],
}

impl<'a> Versions<'a> {
    pub(super) fn of(ground: &'a Ground<'a>, stream: &StreamName) -> Self {
        Self { ground, places: ground.of_stream(stream) }
    }

    /// How many of the stream's appends end at this version or before.
    fn ended(&self, version: Version) -> usize {
        self.places.partition_point(|place| self.ground.run(*place).last().version() <= version)
    }

    /// How many appends of the partition had happened at most when `ended` of the stream had.
    fn at_most(&self, ended: usize) -> Option<usize> {
        self.places.get(ended).map(|(_, index)| *index)
    }

    /// A look that found the stream at this version, and no further.
    pub(super) fn exactly(
        &self,
        found: Version,
        saw: Saw,
        (begun, answered): (Moment, Moment),
        violations: &mut Vec<Violation>,
    ) -> Option<Look> {
        let ended = self.ended(found);
        let last = ended.checked_sub(1).and_then(|last| self.places.get(last));
        if last.map_or(Version::NONE, |place| self.ground.run(*place).last().version()) != found {
            violations.push(match self.places.get(ended) {
                Some(within) => Violation::TornRead { seen: saw, append: self.ground.run(*within).lies() },
                None => Violation::ReadDiffers {
                    seen: saw,
                    place: found.number(),
                    expected: tell(None),
                    found: "an event".to_owned(),
                },
            });
            return None;
        }
        let partition = self.places.first()?.0;
        let at_least = last.map_or(0, |(_, index)| index + 1);
        Some(Look { partition, saw, begun, answered, at_least, at_most: self.at_most(ended) })
    }
}

fn stream_read(
    call: &Call<StreamRead, Vec<StoredEvent>>,
    answered: Moment,
    events: &[StoredEvent],
    ground: &Ground<'_>,
    unsure: bool,
    violations: &mut Vec<Violation>,
) -> Option<Look> {
    let StreamRead { stream, after, limit } = &call.asked;
    let end = after.after(events.len() as u64);
    let saw = Saw::Stream { client: call.client, stream: stream.clone(), found: end };
    for (index, event) in (1..).zip(events) {
        let version = after.after(index);
        let there = ground.event(stream, version);
        if there != Some(event) || index > *limit as u64 {
            if !unsure || index > *limit as u64 {
                let (place, expected, found) = (version.number(), tell(there), tell(Some(event)));
                violations.push(Violation::ReadDiffers { seen: saw, place, expected, found });
            }
            return None;
        }
    }
    let versions = Versions::of(ground, stream);
    let moments = (call.begun, answered);
    if events.len() < *limit && !events.is_empty() {
        return versions.exactly(end, saw, moments, violations);
    }
    if unsure && events.is_empty() {
        return None;
    }
    let partition = versions.places.first()?.0;
    let look = |at_least, at_most| Look { partition, saw, begun: call.begun, answered, at_least, at_most };
    if events.is_empty() {
        // The stream was not longer than that.
        return Some(look(0, versions.at_most(versions.ended(*after))));
    }
    // It may have been longer. Of the append that the last event is of, all had happened.
    let ended = versions.places.partition_point(|place| ground.run(*place).first().version() <= end);
    Some(look(versions.places[ended - 1].1 + 1, None))
}

fn log_read(
    call: &Call<LogRead, LogBatch>,
    answered: Moment,
    batch: &LogBatch,
    ground: &Ground<'_>,
    unsure: bool,
    violations: &mut Vec<Violation>,
) -> Option<Look> {
    let read = &call.asked;
    let partition = read.partition;
    let after = match read.after {
        After::Start => 0,
        After::Position(number) => number,
        After::LogId(id) | After::Checkpoint(Checkpoint { log_id: id, .. }) => id.number,
    };
    let end = batch.last.map_or(after, |last| last.number);
    let saw = Saw::Log { client: call.client, partition, found: end };
    let log = ground.contents.log(partition);
    if let Some((place, expected, found)) = difference(read, after, batch, log) {
        if !unsure {
            violations.push(Violation::ReadDiffers { seen: saw, place, expected, found });
        }
        return None;
    }
    let runs = ground.partitions.get(&partition)?;
    // How many appends end at this position or before, and how many begin there.
    let ended = runs.partition_point(|run| run.last().log_id().number <= end);
    let begun = runs.partition_point(|run| run.first().log_id().number <= end);
    let look = |at_least, at_most| Look { partition, saw: saw.clone(), begun: call.begun, answered, at_least, at_most };
    match batch.last {
        None if unsure => None,
        None => Some(look(0, Some(ended))),
        Some(_) if !batch.end => Some(look(begun, None)),
        Some(_) if ended == begun => Some(look(begun, Some(ended))),
        Some(_) => {
            violations.push(Violation::TornRead { seen: saw.clone(), append: runs[ended].lies() });
            None
        }
    }
}

/// The first place at which a batch is not what the log has there: what was expected, and what was found.
fn difference(read: &LogRead, after: u64, batch: &LogBatch, log: &[StoredEvent]) -> Option<(u64, String, String)> {
    let Some(last) = batch.last else {
        let found = batch.events.first()?;
        return Some((found.log_id().number, tell(None), tell(Some(found))));
    };
    let index = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let looked_at = index(last.number.saturating_sub(after));
    if last.number <= after || looked_at > read.limit || (looked_at < read.limit && !batch.end) {
        let expected = format!("at most {} entries, and the end where there are fewer", read.limit);
        return Some((last.number, expected, format!("{looked_at} entries, the end: {}", batch.end)));
    }
    let there = log.get(index(last.number) - 1);
    if there.map(StoredEvent::log_id) != Some(last) {
        return Some((last.number, tell(there), format!("the log id {last}")));
    }
    let mut wanted =
        log[index(after)..index(last.number)].iter().filter(|event| read.wants(event.event_type(), event.stream()));
    let mut found = batch.events.iter();
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return None,
            (wanted, found) if wanted == found => {}
            (wanted, found) => {
                let place = wanted.or(found).map_or(after, |event| event.log_id().number);
                return Some((place, tell(wanted), tell(found)));
            }
        }
    }
}
