//! Whether the order in which the appends lie fits to the moments at which calls began and ended.
//!
//! The appends of a partition happened in the order of its log. Each at a moment of its own: not before it was asked for, nor
//! before an earlier one, nor before a read was asked for that did not see it. The earliest such moments are the best guess;
//! where one of them comes after somebody already knew of the append, there is no guess that fits.

use super::{appends::Intervals, ground::Ground};
use crate::history::{
    call::Moment,
    violation::{Lies, Saw, Violation},
};

/// A look at a partition, or at a stream in it.
pub(super) struct Look {
    pub(super) partition: u16,
    pub(super) saw: Saw,
    pub(super) begun: Moment,
    pub(super) answered: Moment,
    /// How many appends of the partition had happened, at least.
    pub(super) at_least: usize,
    /// And at most, where that is known.
    pub(super) at_most: Option<usize>,
}

/// Why an append cannot have happened before some moment.
#[derive(Clone, Copy)]
enum Since<'a> {
    /// This append, before it in the log or itself, was asked for then.
    Asked(usize),
    /// A look that was asked for then did not see this append.
    Unseen(&'a Look, usize),
    /// This was asked for then, lay there, and was lost before the append came to its place.
    Lost(&'a Lies),
}

/// How it is known that an append had happened at some moment.
#[derive(Clone, Copy)]
enum Known<'a> {
    /// This append, which is it or lies behind it, was answered then.
    Answered(usize),
    /// A look that saw it was answered then.
    Seen(&'a Look),
}

pub(super) fn check(ground: &Ground<'_>, intervals: &Intervals, looks: &[Look], violations: &mut Vec<Violation>) {
    for (&partition, runs) in &ground.partitions {
        let looks: Vec<_> = looks.iter().filter(|look| look.partition == partition).collect();
        let lies = |index: usize| runs[index].lies();

        // The moment before which each append cannot have happened, and why.
        let mut earliest: Vec<(Moment, Since<'_>)> = (0..runs.len())
            .map(|index| {
                let begun = intervals.there.get(&(partition, index)).map_or(0, |(begun, _)| *begun);
                (begun, Since::Asked(index))
            })
            .collect();
        let mut not_before = |index: usize, moment, since| {
            if let Some(earliest) = earliest.get_mut(index).filter(|earliest| earliest.0 < moment) {
                *earliest = (moment, since);
            }
        };
        for look in &looks {
            if let Some(unseen) = look.at_most {
                not_before(unseen, look.begun, Since::Unseen(look, unseen));
            }
        }
        for lost in intervals.lost.iter().filter(|lost| lost.place.partition == partition) {
            let index = runs.partition_point(|run| run.last().log_id().number < lost.place.first.number);
            not_before(index, lost.begun, Since::Lost(&lost.lies));
        }
        for index in 1..earliest.len() {
            if earliest[index].0 < earliest[index - 1].0 {
                earliest[index] = earliest[index - 1];
            }
        }

        for (index, earliest) in earliest.iter().enumerate() {
            let answered = intervals.there.get(&(partition, index)).and_then(|(_, answered)| *answered);
            if let Some(at) = answered.filter(|at| *at < earliest.0) {
                violations.push(violation(*earliest, at, Known::Answered(index), lies));
            }
        }
        for look in looks {
            let Some(last) = look.at_least.checked_sub(1) else { continue };
            if look.answered < earliest[last].0 {
                violations.push(violation(earliest[last], look.answered, Known::Seen(look), lies));
            }
        }
    }
}

/// Both cannot be: that it did not happen before `begun`, and that it had happened at `answered`.
fn violation(
    (begun, since): (Moment, Since<'_>),
    answered: Moment,
    known: Known<'_>,
    lies: impl Fn(usize) -> Lies,
) -> Violation {
    match (since, known) {
        (Since::Asked(earlier), Known::Answered(later)) => {
            Violation::AppendOrder { earlier: lies(earlier), begun, later: lies(later), answered }
        }
        (Since::Unseen(look, missing), Known::Answered(append)) => Violation::StaleRead {
            seen: look.saw.clone(),
            begun,
            missing: lies(missing),
            answered_append: lies(append),
            answered,
        },
        (Since::Asked(append), Known::Seen(look)) => {
            Violation::EarlyRead { seen: look.saw.clone(), answered, append: lies(append), begun }
        }
        (Since::Unseen(later, missing), Known::Seen(earlier)) => Violation::ReadWentBack {
            earlier: earlier.saw.clone(),
            answered,
            later: later.saw.clone(),
            begun,
            missing: lies(missing),
        },
        (Since::Lost(lost), Known::Answered(kept)) => {
            Violation::Hole { lost: lost.clone(), begun, kept: lies(kept).to_string(), answered }
        }
        (Since::Lost(lost), Known::Seen(look)) => {
            Violation::Hole { lost: lost.clone(), begun, kept: look.saw.to_string(), answered }
        }
    }
}
