//! How the events lie, whoever sent them: dense, growing, and the same in log and stream.

use super::ground::tell;
use crate::history::{contents::Contents, violation::Violation};
use annals::{StreamName, Version, journal::StoredEvent};
use std::collections::BTreeMap;

pub(super) fn check(contents: &Contents) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut logged = BTreeMap::<&StreamName, Vec<&StoredEvent>>::new();
    for (partition, log) in (0..).zip(&contents.logs) {
        check_log(partition, &log.events, &mut violations);
        let expected = log.events.last().map(StoredEvent::log_id);
        if log.head != expected {
            violations.push(Violation::Head { partition, expected, found: log.head });
        }
        for event in &log.events {
            logged.entry(event.stream()).or_default().push(event);
        }
    }
    for (name, stream) in &contents.streams {
        let in_log = logged.remove(name).unwrap_or_default();
        check_stream(name, &stream.events, &in_log, &mut violations);
        let expected = stream.events.last().map_or(Version::NONE, StoredEvent::version);
        if stream.version != expected {
            violations.push(Violation::StreamVersion { stream: name.clone(), expected, found: stream.version });
        }
    }
    // What remains are streams of the log that do not exist.
    for (name, in_log) in logged {
        check_stream(name, &[], &in_log, &mut violations);
    }
    violations
}

fn check_log(partition: u16, log: &[StoredEvent], violations: &mut Vec<Violation>) {
    for (expected, event) in (1..).zip(log) {
        let found = event.log_id().number;
        if found != expected {
            // All that follow would differ too.
            violations.push(Violation::PositionGap { partition, expected, found });
            break;
        }
    }
    for pair in log.windows(2) {
        let (before, found) = (pair[0].log_id(), pair[1].log_id());
        if found <= before {
            violations.push(Violation::LogIdBack { partition, before, found });
        }
    }
}

fn check_stream(name: &StreamName, events: &[StoredEvent], in_log: &[&StoredEvent], violations: &mut Vec<Violation>) {
    for (expected, event) in (1..).map(Version::new).zip(events) {
        if event.version() != expected {
            violations.push(Violation::VersionGap { stream: name.clone(), expected, found: event.version() });
            break;
        }
    }
    let mut partitions = events.iter().map(|event| event.position().partition());
    if let Some(expected) = partitions.next()
        && let Some(event) = events.iter().find(|event| event.position().partition() != expected)
    {
        let (version, found) = (event.version(), event.position().partition());
        violations.push(Violation::TwoPartitions { stream: name.clone(), version, expected, found });
    }
    let most = events.len().max(in_log.len());
    let differing = (0..most).find(|&index| events.get(index) != in_log.get(index).copied());
    if let Some(index) = differing {
        let version = Version::new(index as u64 + 1);
        let (logged, found) = (tell(in_log.get(index).copied()), tell(events.get(index)));
        violations.push(Violation::LogAndStreamDiffer { stream: name.clone(), version, logged, found });
    }
}
