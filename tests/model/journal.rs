//! What a journal is: the promises of [`annals::journal::Journal`] as a program that keeps everything in plain lists, and
//! does one thing after another.

use super::{
    answers::{Part, Told, Wrong},
    leases::Shares,
    read_models::Rows,
};
use annals::{
    Position, StreamName, Version,
    journal::{
        After, Append, Appended, Build, Checkpoint, Conflict, Expected, Fingerprint, LogId, LogRead, Once, Remembered,
        Restored, Snapshot, StoredEvent,
    },
};
use std::collections::BTreeMap;

/// A journal.
pub(crate) struct Model {
    pub(crate) partitions: u16,
    logs: BTreeMap<u16, Vec<StoredEvent>>,
    streams: BTreeMap<StreamName, Vec<StoredEvent>>,
    snapshots: BTreeMap<StreamName, Snapshot>,
    owners: BTreeMap<String, String>,
    /// What commands led to that were asked under idempotency keys: of which stream, and which command.
    keys: BTreeMap<String, (StreamName, Fingerprint, Remembered)>,
    pub(super) read_models: BTreeMap<String, Rows>,
    pub(super) builds: Vec<Build>,
    pub(super) leases: BTreeMap<String, Shares>,
}

impl Model {
    pub(crate) fn new(partitions: u16) -> Self {
        let (logs, streams, snapshots, owners, keys, read_models, builds, leases) = Default::default();
        Self { partitions, logs, streams, snapshots, owners, keys, read_models, builds, leases }
    }

    pub(crate) fn stream(&self, stream: &StreamName) -> &[StoredEvent] {
        self.streams.get(stream).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn log(&self, partition: u16) -> &[StoredEvent] {
        self.logs.get(&partition).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn version(&self, stream: &StreamName) -> Version {
        Version::new(self.stream(stream).len() as u64)
    }

    /// The 64-bit FNV-1a hash of the name, modulo the number of partitions.
    pub(crate) fn partition(&self, stream: &StreamName) -> u16 {
        let hash = stream
            .as_str()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        u16::try_from(hash % u64::from(self.partitions)).unwrap()
    }

    /// Whether the event at this version has this log id.
    fn has(&self, stream: &StreamName, version: Version, log_id: LogId) -> bool {
        let index = version.number().checked_sub(1);
        index.and_then(|index| self.stream(stream).get(place(index))).is_some_and(|event| event.log_id() == log_id)
    }

    /// Appends at the time `now`, which the journal's clock told, and no earlier than the newest event.
    pub(crate) fn append(&mut self, append: &Append, now: u64) -> Result<Told, Wrong> {
        if append.events.is_empty() {
            return Err(Wrong::Invalid);
        }
        let Some(once) = &append.once else { return self.append_anew(append, now) };
        if let Some(what) = self.recall(&append.stream, once)? {
            return Ok(Told::Remembered(what));
        }
        let told = self.append_anew(append, now)?;
        if let Told::Appended(appended) = told {
            self.remember(&append.stream, once, Remembered::Appended(appended))?;
        }
        Ok(told)
    }

    /// What is known of a command under its key.
    pub(crate) fn recall(&self, stream: &StreamName, once: &Once) -> Result<Option<Remembered>, Wrong> {
        match self.keys.get(once.key.as_str()) {
            None => Ok(None),
            Some((asked, command, what)) if asked == stream && *command == once.command => Ok(Some(*what)),
            Some((asked, ..)) => Err(Wrong::KeyTaken(asked.clone())),
        }
    }

    pub(crate) fn remember(&mut self, stream: &StreamName, once: &Once, what: Remembered) -> Result<Remembered, Wrong> {
        if let Some(known) = self.recall(stream, once)? {
            return Ok(known);
        }
        self.keys.insert(once.key.as_str().to_owned(), (stream.clone(), once.command, what));
        Ok(what)
    }

    fn append_anew(&mut self, append: &Append, now: u64) -> Result<Told, Wrong> {
        let actual = self.version(&append.stream);
        if let (Expected::Version(version), Some(log_id)) = (append.expected, append.after)
            && !self.has(&append.stream, version, log_id)
        {
            return Ok(Told::Conflict { actual, missed: Vec::new(), rewound: true });
        }
        // Its own events, if it was done before: behind the version that it expects, or at the end of the stream.
        let stream = self.stream(&append.stream);
        let is_own = |event: &&StoredEvent| event.append_id() == append.id.as_str();
        let (known, own) = match append.expected {
            Expected::Version(version) => {
                (version, stream.iter().skip(place(version.number())).take_while(is_own).count())
            }
            Expected::Missing => (Version::NONE, stream.iter().take_while(is_own).count()),
            Expected::Existing | Expected::Any => {
                let own = stream.iter().rev().take_while(is_own).count();
                (Version::new((stream.len() - own) as u64), own)
            }
        };
        if own > 0 {
            let first = stream[place(known.number())].log_id();
            let appended =
                Appended::new(self.partition(&append.stream), first, known.next(), u32::try_from(own).unwrap());
            return if own == append.events.len() { Ok(Told::Duplicate(appended)) } else { Err(Wrong::Invalid) };
        }
        let as_expected = match append.expected {
            Expected::Version(version) => version == actual,
            Expected::Missing => actual == Version::NONE,
            Expected::Existing => actual > Version::NONE,
            Expected::Any => true,
        };
        if !as_expected {
            let missed = stream.iter().skip(place(known.number())).take(Conflict::MOST_MISSED).cloned().collect();
            return Ok(Told::Conflict { actual, missed, rewound: false });
        }
        Ok(Told::Appended(self.add(append, actual, now)))
    }

    fn add(&mut self, append: &Append, last: Version, now: u64) -> Appended {
        let partition = self.partition(&append.stream);
        let log = self.logs.entry(partition).or_default();
        let stream = self.streams.entry(append.stream.clone()).or_default();
        let newest = log.last().map_or(LogId::new(0, 0), StoredEvent::log_id);
        let (mut log_id, mut version) = (LogId::new(now.max(newest.millis), newest.number), last);
        let first = LogId::new(log_id.millis, newest.number + 1);
        for event in &append.events {
            log_id.number += 1;
            version = version.next();
            let text = format!("{log_id} {}", event.write(&append.id).unwrap());
            let event = StoredEvent::read(append.stream.clone(), version, partition, text.into()).unwrap();
            log.push(event.clone());
            stream.push(event);
        }
        Appended::new(partition, first, last.next(), u32::try_from(append.events.len()).unwrap())
    }

    pub(crate) fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, Wrong> {
        at_least_one(limit)?;
        Ok(self.stream(stream).iter().skip(place(after.number())).take(limit).cloned().collect())
    }

    pub(crate) fn read_log(&self, read: &LogRead) -> Result<Part, Wrong> {
        self.is_partition(read.partition)?;
        at_least_one(read.limit)?;
        let skipped = match read.after {
            After::Start | After::LogId(LogId { number: 0, .. }) => 0,
            After::Position(number) => place(number),
            After::LogId(log_id) => self.after_seen(read.partition, Checkpoint::new(log_id))?,
            After::Checkpoint(checkpoint) => self.after_seen(read.partition, checkpoint)?,
        };
        let log = self.log(read.partition);
        let rest = log.get(skipped..).unwrap_or_default();
        let looked_at = &rest[..rest.len().min(read.limit)];
        let wanted = looked_at.iter().filter(|event| {
            let of_type = read.types.as_ref().is_none_or(|types| types.iter().any(|name| name == event.event_type()));
            of_type || read.aggregates.iter().any(|name| *name == event.stream().aggregate())
        });
        Ok(Part {
            events: wanted.cloned().collect(),
            last: looked_at.last().map(StoredEvent::log_id),
            end: looked_at.len() == rest.len(),
            full: looked_at.len() == read.limit,
        })
    }

    /// The place after an entry that was seen, if it is there.
    fn after_seen(&self, partition: u16, seen: Checkpoint) -> Result<usize, Wrong> {
        let number = seen.log_id.number;
        match self.log(partition).get(place(number - 1)).map(StoredEvent::checkpoint) {
            Some(found) if found == seen || Checkpoint::new(found.log_id) == seen => Ok(place(number)),
            _ => Err(Wrong::Rewound(Position::new(partition, number))),
        }
    }

    pub(crate) fn head(&self, partition: u16) -> Result<Option<LogId>, Wrong> {
        self.is_partition(partition)?;
        Ok(self.log(partition).last().map(StoredEvent::log_id))
    }

    /// The snapshot of a stream, if it has this fingerprint and is one of the history that the stream has.
    fn snapshot(&self, stream: &StreamName, fingerprint: Fingerprint) -> Option<&Snapshot> {
        let snapshot = self.snapshots.get(stream)?;
        let fits = snapshot.fingerprint == fingerprint && self.has(stream, snapshot.version, snapshot.log_id);
        fits.then_some(snapshot)
    }

    pub(crate) fn restore(
        &self,
        stream: &StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> Result<Restored, Wrong> {
        let snapshot = self.snapshot(stream, fingerprint).cloned();
        let after = snapshot.as_ref().map_or(Version::NONE, |snapshot| snapshot.version);
        Ok(Restored::new(snapshot, self.read_stream(stream, after, limit)?))
    }

    pub(crate) fn write_snapshot(&mut self, snapshot: Snapshot) -> Result<bool, Wrong> {
        if snapshot.version == Version::NONE {
            return Err(Wrong::Invalid);
        }
        let newer =
            self.snapshot(&snapshot.stream, snapshot.fingerprint).filter(|kept| kept.version > snapshot.version);
        if newer.is_some() {
            return Ok(false);
        }
        self.snapshots.insert(snapshot.stream.clone(), snapshot);
        Ok(true)
    }

    pub(crate) fn claim(&mut self, aggregate: &str, types: &[String]) -> Result<(), Wrong> {
        if aggregate.is_empty() || types.iter().any(|name| name.is_empty() || name.contains(' ')) {
            return Err(Wrong::Invalid);
        }
        for name in types {
            if let Some(owner) = self.owners.get(name).filter(|owner| *owner != aggregate) {
                return Err(Wrong::TypeTaken(name.clone(), owner.clone()));
            }
        }
        self.owners.extend(types.iter().map(|name| (name.clone(), aggregate.to_owned())));
        Ok(())
    }

    pub(crate) fn owners(&self, types: &[String]) -> Vec<Option<String>> {
        types.iter().map(|name| self.owners.get(name).cloned()).collect()
    }

    pub(super) fn is_partition(&self, partition: u16) -> Result<(), Wrong> {
        if partition < self.partitions { Ok(()) } else { Err(Wrong::Invalid) }
    }
}

pub(super) fn at_least_one(limit: usize) -> Result<(), Wrong> {
    if limit > 0 { Ok(()) } else { Err(Wrong::Invalid) }
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
