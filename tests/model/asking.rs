//! What a step asks for, read against what is there when it runs.

use super::{
    names::{KEYS, REQUESTS, TYPES, VALUES, pick, read_model, stream},
    operation::{Entries, Event, Expect, Named, On, Operation},
    program::Program,
};
use annals::{
    StreamName, Version,
    journal::{
        Append, Commit, EntryChange, Expected, Find, Fingerprint, IdempotencyKey, Lease, LogId, NewEvent, Once,
        ReadModel, RowChange, StoredEvent,
    },
};
use std::time::Duration;

impl Program<'_> {
    /// One that is there, or now and then one that is not.
    pub(super) fn partition(&self, number: u16) -> u16 {
        if number % 16 == 15 { self.model.partitions } else { number % self.model.partitions }
    }

    /// The append that a step asks for, if there is one.
    pub(super) fn to_append(&self, operation: &Operation) -> Option<Append> {
        match operation {
            Operation::Append { stream: number, expect, after, events } => {
                let stream = stream(*number);
                let actual = self.model.version(&stream).number();
                let expected = self.expected(&stream, *expect);
                let named = match expected {
                    Expected::Version(version) => self.named(&stream, version, *after),
                    _ => self.named(&stream, Version::new(actual), *after),
                };
                let append = Append::new(stream, expected, self.events(events));
                Some(match named {
                    Some(log_id) => append.after(log_id),
                    None => append,
                })
            }
            Operation::Again { which, more } => {
                let (mut append, _) = self.earlier(*which)?.clone();
                // Who expects anything is known again only at the end of the stream; behind others it is not promised.
                let last = self.model.stream(&append.stream).last();
                let is_last = last.is_some_and(|event| event.append_id() == append.id.as_str());
                if matches!(append.expected, Expected::Any | Expected::Existing) && !is_last {
                    return None;
                }
                if *more {
                    append.events.extend(append.events.clone());
                }
                Some(append)
            }
            Operation::Mend { which } => {
                let (append, there) = self.earlier(*which)?;
                let expected = Expected::Version(self.model.version(&append.stream));
                let mended = Append::new(append.stream.clone(), expected, append.events.clone());
                (!there).then(|| mended.with_id(append.id.clone()))
            }
            _ => None,
        }
    }

    fn expected(&self, stream: &StreamName, expect: Expect) -> Expected {
        let actual = self.model.version(stream).number();
        match expect {
            Expect::Right => Expected::Version(Version::new(actual)),
            Expect::Behind(by) => Expected::Version(Version::new(actual.saturating_sub(by.into()))),
            Expect::Ahead(by) => Expected::Version(Version::new(actual + u64::from(by))),
            Expect::Missing => Expected::Missing,
            Expect::Existing => Expected::Existing,
            Expect::Any => Expected::Any,
        }
    }

    /// Which command is asked of which stream under a key, if it can be one. A key has one command, until it is known what
    /// that led to: before, it may be taken for that command already, or not.
    pub(super) fn to_once(&self, operation: &Operation) -> Option<(StreamName, Once)> {
        let (key, other) = match operation {
            Operation::Once { key, other, .. }
            | Operation::Recall { key, other }
            | Operation::Nothing { key, other } => (*key, *other),
            _ => return None,
        };
        let once = |command: u8| {
            let key = IdempotencyKey::new(pick(&REQUESTS, key)).ok()?;
            Some(Once::new(key, Fingerprint::new(command.into()), Duration::from_hours(1)))
        };
        let own = (stream(key), once(key)?);
        if other && self.model.recall(&own.0, &own.1) != Ok(None) {
            return Some((stream(key + 1), once(key + 7)?));
        }
        Some(own)
    }

    /// An append of one event to a stream.
    pub(super) fn to_append_to(&self, stream: StreamName, expect: Expect) -> Append {
        let event = Event { kind: 0, schema_version: 1, annotated: false, times: 1 };
        let expected = self.expected(&stream, expect);
        Append::new(stream, expected, self.events(&[event]))
    }

    fn earlier(&self, which: u8) -> Option<&(Append, bool)> {
        self.asked.get(usize::from(which) % self.asked.len().max(1))
    }

    fn events(&self, events: &[Event]) -> Vec<NewEvent> {
        let mut new = Vec::new();
        for (number, event) in events.iter().enumerate() {
            for time in 0..event.times {
                let payload = format!(r#"{{"append":{},"event":{number},"time":{time}}}"#, self.asked.len());
                // The last type is one that no event can have.
                let mut one = NewEvent::new(pick(&TYPES[..TYPES.len() - 1], event.kind), payload);
                one.schema_version = event.schema_version;
                one.annotations = event.annotated.then(|| r#"{"actor":"clerk"}"#.into());
                new.push(one);
            }
        }
        new
    }

    pub(super) fn named(&self, stream: &StreamName, version: Version, named: Named) -> Option<LogId> {
        let event = version.number().checked_sub(1).and_then(|index| {
            self.model.stream(stream).get(usize::try_from(index).expect("a version of a test is small"))
        });
        let there = event.map(StoredEvent::log_id);
        match named {
            Named::None => None,
            Named::Right => there,
            Named::Wrong => {
                let there = there.unwrap_or(LogId::new(1, 1));
                Some(LogId::new(there.millis, there.number + 1))
            }
        }
    }

    pub(super) fn to_commit(&self, operation: &Operation) -> Commit {
        let Operation::Commit { model, partition, on, revision, checkpoint, changes, entries, parked, lease } =
            operation
        else {
            unreachable!("only commits are asked for");
        };
        let (model, partition) = (read_model(*model), self.partition(*partition));
        let there = self.model.checkpoints(&model).ok().and_then(|checkpoints| checkpoints.get(&partition).copied());
        let expected = match on {
            On::Right => there,
            On::Nothing => None,
            On::Other => Some(LogId::new(7, there.map_or(1, |there| there.number + 1))),
        };
        let at = self.model.revision(&model).unwrap_or_default();
        let entries = self.entries(&model, changes, *entries);
        let held = self.model.lease_of(&model, partition);
        let lease = match lease {
            None => None,
            Some(On::Right) => held,
            Some(On::Nothing) => Some(Lease::new(0)),
            Some(On::Other) => Some(Lease::new(held.map_or(0, Lease::number) + 1)),
        };
        let number = u64::from(*checkpoint);
        let commit = Commit::new(model, partition, expected, LogId::new(number, number), row_changes(changes));
        let mut commit = commit.with_entries(entries).with_parked(row_changes(parked));
        commit.lease = lease;
        match revision {
            None => commit,
            Some(On::Right) => commit.at_revision(at),
            Some(On::Nothing) => commit.at_revision(0),
            Some(On::Other) => commit.at_revision(at + 1),
        }
    }

    /// The changes of the entries of rows that are changed.
    fn entries(&self, model: &ReadModel, changes: &[(u8, Option<u8>)], entries: Entries) -> Vec<EntryChange> {
        if let Entries::None = entries {
            return Vec::new();
        }
        let before = self.model.entries(model, INDEX);
        let mut all = Vec::new();
        for (key, row) in changes {
            let key = pick(&KEYS, *key);
            let now = row.map(|row| format!("{}\0{key}", pick(&VALUES, row)));
            let gone = before.iter().filter(|entry| entry.split_once('\0').is_some_and(|(_, of)| of == key));
            let gone = gone.filter(|entry| Some(*entry) != now.as_ref());
            all.extend(gone.map(|entry| EntryChange::remove(INDEX, entry)));
            all.extend(now.clone().map(|entry| EntryChange::add(INDEX, entry)));
        }
        if let Entries::Other(value, key, there) = entries {
            // Now and then one that has no value.
            let end = if value % 8 == 7 { "" } else { "\0" };
            let entry = format!("{}{end}{}", pick(&VALUES, value), pick(&KEYS, key));
            all.push(if there { EntryChange::add(INDEX, entry) } else { EntryChange::remove(INDEX, entry) });
        }
        all
    }
}

/// The part of an index that a step asks for.
pub(super) fn to_find(operation: &Operation) -> Option<(ReadModel, Find)> {
    let Operation::Find { model, from, to, descending, limit } = operation else { return None };
    let bound =
        |number: u8| format!("{}{}", pick(&VALUES, number), if number.is_multiple_of(2) { "\0" } else { "\u{1}" });
    let mut find = Find::new(INDEX, 1, from.map(bound).unwrap_or_default(), super::names::limit(*limit));
    find.to = to.map(bound);
    find.descending = *descending;
    Some((read_model(*model), find))
}

/// The one index of every read model here.
const INDEX: &str = "value";

fn row_changes(changes: &[(u8, Option<u8>)]) -> Vec<RowChange> {
    let change = |(key, row): &(u8, Option<u8>)| match row {
        Some(row) => RowChange::write(pick(&KEYS, *key), format!(r#"{{"row":{row}}}"#)),
        None => RowChange::delete(pick(&KEYS, *key)),
    };
    changes.iter().map(change).collect()
}
