//! What an append was told of its stream: that it was as expected, or how it was instead.

use super::{
    Loss,
    appends::Intervals,
    ground::{Ground, tell},
    order::Look,
    reads::Versions,
};
use crate::history::{
    call::{Call, History, Moment, Outcome},
    violation::{Saw, Violation},
};
use annals::{
    Version,
    journal::{Append, Appended, Conflict, Expected, Verdict},
};

/// Checks the answers, and gives the looks at streams that the conflicts are.
pub(super) fn check(
    history: &History,
    ground: &Ground<'_>,
    intervals: &Intervals,
    loss: Loss,
    violations: &mut Vec<Violation>,
) -> Vec<Look> {
    let mut looks = Vec::new();
    for call in &history.appends {
        match call.outcome() {
            Outcome::Happened(_, place) => violations.extend(unexpected(&call.asked, place)),
            Outcome::Conflict(at, conflict) => {
                let before = violations.len();
                violations.extend(causeless(&call.asked, conflict, ground, loss));
                violations.extend(forgotten(&call.asked, conflict, ground, loss));
                let agrees = match missed(&call.asked, conflict, ground) {
                    // It may have brought what was lost since.
                    Some(_) if loss == Loss::Suffix && intervals.unsure.contains(&call.asked.stream) => false,
                    Some(violation) => {
                        violations.push(violation);
                        false
                    }
                    None => true,
                };
                if agrees && before == violations.len() {
                    looks.extend(look(call, at, conflict, ground, (intervals, loss), violations));
                }
            }
            Outcome::Remembered | Outcome::Failed(_) | Outcome::Unknown => {}
        }
    }
    looks
}

/// An append that was let in though its stream was not as expected.
fn unexpected(append: &Append, place: &Appended) -> Option<Violation> {
    let found = place.first_version;
    let fine = match append.expected {
        Expected::Version(version) => found == version.next(),
        Expected::Missing => found == Version::new(1),
        Expected::Existing => found > Version::new(1),
        Expected::Any => found >= Version::new(1),
    };
    let violation = || Violation::Expectation {
        append: append.id.as_str().to_owned(),
        stream: append.stream.clone(),
        expected: append.expected,
        found,
    };
    (!fine).then(violation)
}

/// A conflict though the stream was as expected.
fn causeless(append: &Append, conflict: &Conflict, ground: &Ground<'_>, loss: Loss) -> Option<Violation> {
    let actual = conflict.actual;
    let fine = match (append.expected, append.after) {
        // Where something is lost, another event may have been there.
        (Expected::Version(version), Some(after)) if conflict.rewound => {
            let there = ground.event(&append.stream, version).filter(|_| version <= actual);
            loss == Loss::Suffix || there.is_none_or(|event| event.log_id() != after)
        }
        _ if conflict.rewound => false,
        (Expected::Version(version), _) => actual != version,
        (Expected::Missing, _) => actual != Version::NONE,
        (Expected::Existing, _) => actual == Version::NONE,
        (Expected::Any, _) => false,
    };
    let violation = || Violation::CauselessConflict {
        append: append.id.as_str().to_owned(),
        stream: append.stream.clone(),
        expected: append.expected,
        found: actual,
    };
    (!fine).then(violation)
}

/// The version after which a conflict brings what was missed.
fn known(append: &Append) -> Option<Version> {
    match append.expected {
        Expected::Version(version) => Some(version),
        Expected::Missing => Some(Version::NONE),
        Expected::Existing | Expected::Any => None,
    }
}

/// A conflict of an append with itself: its own events lie where it expected to put them.
fn forgotten(append: &Append, conflict: &Conflict, ground: &Ground<'_>, loss: Loss) -> Option<Violation> {
    let known = known(append).filter(|known| conflict.actual > *known && !conflict.rewound && loss == Loss::None)?;
    let place = ground.place(append.id.as_str(), &append.stream)?;
    let run = ground.run(place);
    (run.first().version() == known.next()).then(|| Violation::Forgotten { append: run.lies(), found: conflict.actual })
}

/// The first missed event that is not the stream's.
fn missed(append: &Append, conflict: &Conflict, ground: &Ground<'_>) -> Option<Violation> {
    let known = known(append).filter(|_| !conflict.rewound).unwrap_or(conflict.actual);
    let count = conflict.actual.number().saturating_sub(known.number());
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(Conflict::MOST_MISSED);
    (0..count.max(conflict.missed.len())).find_map(|index| {
        let version = known.after(index as u64 + 1);
        let expected = ground.event(&append.stream, version).filter(|_| index < count);
        let found = conflict.missed.get(index);
        (expected != found || expected.is_none()).then(|| Violation::Missed {
            append: append.id.as_str().to_owned(),
            stream: append.stream.clone(),
            version,
            expected: tell(expected),
            found: tell(found),
        })
    })
}

fn look(
    call: &Call<Append, Verdict>,
    answered: Moment,
    conflict: &Conflict,
    ground: &Ground<'_>,
    (intervals, loss): (&Intervals, Loss),
    violations: &mut Vec<Violation>,
) -> Option<Look> {
    let Append { stream, id, .. } = &call.asked;
    let saw = Saw::Conflict {
        client: call.client,
        stream: stream.clone(),
        append: id.as_str().to_owned(),
        found: conflict.actual,
    };
    // The version alone does not tell of which history it is; events do.
    let tells_events = conflict.missed.last().is_some_and(|last| last.version() == conflict.actual);
    if loss == Loss::Suffix && !tells_events && intervals.unsure.contains(stream) {
        return None;
    }
    Versions::of(ground, stream).exactly(conflict.actual, saw, (call.begun, answered), violations)
}
