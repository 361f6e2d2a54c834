//! Each append by itself: there once and whole where it was acknowledged, at most once where its outcome is unknown, and
//! not at all where it did not happen.

use super::{
    Loss, Summary,
    ground::{Ground, Place, Run, tell},
};
use crate::history::{
    call::{Call, History, Moment, Outcome},
    violation::{Lies, Violation},
};
use annals::journal::{Append, Appended, LogId, NewEvent, StoredEvent, Verdict};
use std::collections::{HashMap, HashSet};

/// When the appends can have happened.
#[derive(Default)]
pub(super) struct Intervals {
    /// For each append that is there: when it was first asked for, and when it was known to have happened.
    pub(super) there: HashMap<Place, (Moment, Option<Moment>)>,
    /// The acknowledgements that are no longer true.
    pub(super) lost: Vec<Lost>,
    /// The streams in which an append that may have happened is not there.
    pub(super) unsure: HashSet<annals::StreamName>,
}

/// An acknowledgement that is no longer true.
pub(super) struct Lost {
    pub(super) lies: Lies,
    pub(super) place: Appended,
    /// When it was asked for.
    pub(super) begun: Moment,
}

type AppendCall = Call<Append, Verdict>;

pub(super) fn check(
    history: &History,
    ground: &Ground<'_>,
    loss: Loss,
    summary: &mut Summary,
    violations: &mut Vec<Violation>,
) -> Intervals {
    let mut asked = HashMap::<&str, Vec<&AppendCall>>::new();
    for call in &history.appends {
        asked.entry(call.asked.id.as_str()).or_default().push(call);
        match call.answer.as_ref().map(|(_, answer)| answer) {
            Some(Ok(Verdict::Appended(_))) => summary.appended += 1,
            Some(Ok(Verdict::Duplicate(_) | Verdict::Remembered(_))) => summary.duplicates += 1,
            Some(Ok(Verdict::Conflict(_))) => summary.conflicts += 1,
            Some(Err(_)) if !call.may_have_happened() => summary.failed += 1,
            Some(Err(_)) | None => summary.unknown += 1,
        }
    }
    let mut intervals = Intervals::default();
    for (id, places) in ground.appends() {
        check_present(ground, places, asked.get(id).map_or(&[], Vec::as_slice), &mut intervals, violations);
    }
    for (id, calls) in &asked {
        check_acknowledged(ground, id, calls, loss, (&mut *summary, &mut intervals), violations);
        let acknowledged = calls.iter().any(|call| matches!(call.outcome(), Outcome::Happened(..)));
        if !acknowledged && !ground.places(id).is_empty() {
            summary.unknown_and_there += 1;
        }
    }
    intervals
}

/// Checks what is there under one append id against what was asked.
fn check_present(
    ground: &Ground<'_>,
    places: &[Place],
    calls: &[&AppendCall],
    intervals: &mut Intervals,
    violations: &mut Vec<Violation>,
) {
    let run = ground.run(places[0]);
    for again in &places[1..] {
        let again = ground.run(*again).first();
        let (stream, again) = (again.stream().clone(), again.version());
        violations.push(Violation::Twice { first: run.lies(), stream, again });
    }
    let calls: Vec<_> = calls.iter().filter(|call| call.asked.stream == *run.first().stream()).collect();
    let Some(last) = calls.last() else {
        violations.push(Violation::Alien { append: run.lies() });
        return;
    };
    let possible: Vec<_> = calls.iter().filter(|call| call.may_have_happened()).collect();
    let Some(first) = possible.first() else {
        let told = match last.outcome() {
            Outcome::Conflict(_, conflict) => format!("a conflict at version {}", conflict.actual),
            Outcome::Failed(error) => error.to_string(),
            Outcome::Remembered => "that its command had happened before".to_owned(),
            Outcome::Happened(..) | Outcome::Unknown => String::new(),
        };
        violations.push(Violation::Denied { append: run.lies(), told });
        return;
    };
    if !possible.iter().any(|call| difference(run, &call.asked.events).is_none()) {
        let acknowledged = possible.iter().find(|call| matches!(call.outcome(), Outcome::Happened(..)));
        violations.extend(difference(run, &acknowledged.unwrap_or(first).asked.events));
    }
    for (event, number) in run.events.iter().zip(run.first().log_id().number..) {
        let expected = LogId::new(run.first().log_id().millis, number);
        if event.log_id() != expected {
            let (append, version, found) = (run.lies(), event.version(), event.log_id());
            violations.push(Violation::Scattered { append, version, expected, found });
            break;
        }
    }
    let begun = possible.iter().map(|call| call.begun).min().unwrap_or_default();
    let answered = possible.iter().filter_map(|call| match call.outcome() {
        Outcome::Happened(at, place) if *place == run.appended() => Some(at),
        _ => None,
    });
    intervals.there.insert(places[0], (begun, answered.min()));
}

/// How what lies there differs from what was given.
fn difference(run: Run<'_>, given: &[NewEvent]) -> Option<Violation> {
    let (expected, found) = (given.len(), run.events.len());
    if found > expected && expected > 0 {
        let again = &run.events[expected];
        let first = Run { events: &run.events[..expected] }.lies();
        return Some(Violation::Twice { first, stream: again.stream().clone(), again: again.version() });
    }
    if found != expected {
        return Some(Violation::Torn { append: run.lies(), expected, found });
    }
    let (stored, given) = run.events.iter().zip(given).find(|(stored, given)| !same(stored, given))?;
    Some(Violation::Changed {
        append: run.lies(),
        version: stored.version(),
        expected: format!("{given:?}"),
        found: tell(Some(stored)),
    })
}

fn same(stored: &StoredEvent, given: &NewEvent) -> bool {
    stored.event_type() == given.event_type
        && stored.schema_version() == given.schema_version
        && stored.annotations() == given.annotations.as_deref()
        && stored.payload() == given.payload
}

/// Checks the acknowledgements under one append id against what is there.
fn check_acknowledged(
    ground: &Ground<'_>,
    id: &str,
    calls: &[&AppendCall],
    loss: Loss,
    (summary, intervals): (&mut Summary, &mut Intervals),
    violations: &mut Vec<Violation>,
) {
    let mut appended: Option<&Appended> = None;
    let mut lost_events = None;
    for call in calls {
        let Append { stream, events, .. } = &call.asked;
        let place = ground.place(id, stream);
        if place.is_none() && call.may_have_happened() {
            intervals.unsure.insert(stream.clone());
        }
        let Outcome::Happened(_, acknowledged) = call.outcome() else { continue };
        if matches!(call.answer, Some((_, Ok(Verdict::Appended(_))))) {
            if let Some(first) = appended.filter(|first| loss == Loss::None || *first == acknowledged) {
                violations.push(Violation::AppendedAgain {
                    append: id.to_owned(),
                    stream: stream.clone(),
                    first: first.first_version,
                    again: acknowledged.first_version,
                });
            }
            appended = Some(acknowledged);
        }
        let lies = Lies {
            append: id.to_owned(),
            stream: stream.clone(),
            first: acknowledged.first_version,
            last: *acknowledged.versions().end(),
        };
        let found = place.map(|place| ground.run(place));
        if found.is_some_and(|run| run.appended() == *acknowledged) {
            continue;
        }
        // What was lost may have been appended again by another call.
        let by_another = |run: Run<'_>| {
            let others = calls.iter().filter(|other| !std::ptr::eq(**other, *call));
            others.map(|other| other.outcome()).any(|outcome| match outcome {
                Outcome::Happened(_, place) => *place == run.appended(),
                Outcome::Unknown => true,
                Outcome::Conflict(..) | Outcome::Remembered | Outcome::Failed(_) => false,
            })
        };
        match (loss, found) {
            (_, Some(run)) if loss == Loss::None || !by_another(run) => {
                violations.push(Violation::Elsewhere {
                    append: run.lies(),
                    expected: *acknowledged,
                    found: run.appended(),
                });
            }
            (Loss::None, None) => {
                let found = tell(ground.event(stream, acknowledged.first_version));
                violations.push(Violation::Lost { append: lies, expected: acknowledged.first, found });
            }
            (_, found) => {
                if found.is_none() {
                    lost_events = Some(events.len());
                }
                intervals.unsure.insert(stream.clone());
                // It may have happened with an earlier call of the same id.
                let begun = calls.iter().filter(|call| call.may_have_happened()).map(|call| call.begun).min();
                let begun = begun.unwrap_or(call.begun);
                intervals.lost.push(Lost { lies, place: *acknowledged, begun });
            }
        }
    }
    if let Some(events) = lost_events {
        summary.lost_appends += 1;
        summary.lost_events += events;
    }
}
