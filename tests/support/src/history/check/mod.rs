//! Whether what the clients were told and what lies in the journal can be those of a journal that keeps its promises.
//!
//! One partition is one object: its appends happen one after another, in the order of its log, and whoever looks at one of
//! its streams or at the log sees it between two of them. Since every append lies at a place of its own, there is only one
//! order to look at, and whether it fits to the moments of the calls is decided exactly, in one pass.

mod answers;
mod appends;
mod ground;
mod layout;
mod order;
mod reads;

use super::{call::History, contents::Contents, violation::Violation};
use ground::Ground;

/// What a run may lose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loss {
    /// Nothing that was acknowledged.
    #[default]
    None,
    /// The newest entries of a partition, as when a server is killed that does not sync every write, or when a replica takes
    /// over that was behind. What is left is the beginning of what was there, and what was appended since.
    Suffix,
}

/// What a run that is free of violations consisted of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How many appends were answered as done then and there.
    pub appended: usize,
    /// How many were answered as done before.
    pub duplicates: usize,
    /// How many were answered with a conflict.
    pub conflicts: usize,
    /// How many failed, and did not happen.
    pub failed: usize,
    /// How many may have happened: their outcome is unknown, or nobody waited for it.
    pub unknown: usize,
    /// How many reads were answered.
    pub reads: usize,
    /// How many events lie in the journal.
    pub events: usize,
    /// Of how many appends that may have happened, and were never acknowledged, the events are there.
    pub unknown_and_there: usize,
    /// How many appends were acknowledged and are lost.
    pub lost_appends: usize,
    /// How many events those had.
    pub lost_events: usize,
}

/// Checks a run that may lose nothing.
///
/// # Errors
///
/// All that is wrong, as far as it can be told: where events lie wrongly, reads are not looked at.
pub fn check(history: &History, contents: &Contents) -> Result<Summary, Vec<Violation>> {
    check_with(history, contents, Loss::None)
}

/// Checks a run that may lose what `loss` says.
///
/// # Errors
///
/// As [`check`].
pub fn check_with(history: &History, contents: &Contents, loss: Loss) -> Result<Summary, Vec<Violation>> {
    let mut violations = layout::check(contents);
    let ground = Ground::new(contents);
    let mut summary = Summary { events: contents.events().count(), ..Summary::default() };
    let intervals = appends::check(history, &ground, loss, &mut summary, &mut violations);
    if violations.is_empty() {
        let mut looks = answers::check(history, &ground, &intervals, loss, &mut violations);
        looks.extend(reads::check(history, &ground, &intervals, loss, &mut summary, &mut violations));
        order::check(&ground, &intervals, &looks, &mut violations);
    }
    if violations.is_empty() { Ok(summary) } else { Err(violations) }
}
