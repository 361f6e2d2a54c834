//! The search for answers that a type accepts.
//!
//! A type is asked again and again. Each place in it keeps what was asked for there and which answer it gets; after a
//! refusal another answer is tried, first where the refusal came from. Then every variant of every enum is given once,
//! and every field of every struct is left out once. The idea of asking `Deserialize` is that of `serde-reflection`.

use super::{
    Traced,
    error::{Error, Kind, missed},
    tree::{Request, Tree},
};
use std::{
    cell::RefCell,
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// How often a type is asked before the search gives up: in all, and for one set of answers.
const RUNS: usize = 20_000;
const RUNS_AT_ONCE: usize = 4_000;

/// Whether JSON is taken, or why not.
pub(super) type Check<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// Asks a type until it is known.
pub(super) fn trace(ask: &mut dyn FnMut(&RefCell<Tree>) -> Result<(), Error>, check: Check<'_>) -> Traced {
    let mut search = Search { tree: RefCell::new(Tree::new()), ask, check: None, left: RUNS };
    let settled = search.settle();
    search.explore_variants();
    if settled.is_ok() {
        search.leave_out_fields();
    }
    // What else must take the sample is asked last, since it says nothing of the shape.
    search.check = Some(check);
    let sample = match settled.and_then(|()| search.settle()) {
        Ok(()) => Ok(search.tree.borrow().json(0).to_string()),
        Err(error) => Err(error.to_string()),
    };
    let shape = search.tree.borrow().shape(0);
    Traced { shape, sample }
}

const PANICKED: &str = "its `Deserialize` panicked";

struct Search<'a> {
    tree: RefCell<Tree>,
    ask: &'a mut dyn FnMut(&RefCell<Tree>) -> Result<(), Error>,
    /// Who must take the answers as JSON, too.
    check: Option<Check<'a>>,
    left: usize,
}

impl Search<'_> {
    fn run(&mut self) -> Result<(), Error> {
        self.left = self.left.saturating_sub(1);
        self.tree.borrow_mut().trail.clear();
        missed();
        let refused = |reason| Err(Error { kind: Kind::Refused(reason), at: None });
        let asked = || {
            (self.ask)(&self.tree)?;
            let Some(check) = self.check else { return Ok(()) };
            let json = self.tree.borrow().json(0).to_string();
            check(&json).or_else(refused)
        };
        catch_unwind(AssertUnwindSafe(asked)).unwrap_or_else(|_| refused(PANICKED.to_owned()))
    }

    /// Changes answers until the type accepts them all.
    fn settle(&mut self) -> Result<(), Error> {
        let kept = self.left.saturating_sub(RUNS_AT_ONCE);
        self.left -= kept;
        let result = self.search();
        self.left += kept;
        result
    }

    fn search(&mut self) -> Result<(), Error> {
        let mut result = self.run();
        while let Err(error) = result {
            if self.left == 0 {
                return Err(error);
            }
            result = if self.tree.get_mut().mend(&error) {
                self.run()
            } else {
                match self.answer_otherwise(&error) {
                    Some(result) => result,
                    None if self.tree.get_mut().make_do_without(&error) => self.run(),
                    None => return Err(error),
                }
            };
        }
        Ok(())
    }

    /// Changes one answer so that the type goes on, if there is such a one.
    fn answer_otherwise(&mut self, error: &Error) -> Option<Result<(), Error>> {
        let asked = self.tree.get_mut().trail.len();
        for (place, is_list) in self.tree.get_mut().blamed(error.at) {
            let before = self.tree.get_mut().places[place].choice;
            for choice in 0.. {
                if !self.tree.get_mut().has(place, choice) {
                    break;
                }
                if choice == before {
                    continue;
                }
                if self.left == 0 {
                    break;
                }
                self.tree.get_mut().places[place].choice = choice;
                let result = self.run();
                let goes_on = match &result {
                    Ok(()) => true,
                    Err(_) if is_list => false,
                    Err(next) => {
                        let tree = self.tree.get_mut();
                        tree.trail.len() > asked
                            || tree.is_further_out(next.at, error.at)
                            || !matches!(next.kind, Kind::Refused(_))
                    }
                };
                if goes_on {
                    self.tree.get_mut().learn(place);
                    return Some(result);
                }
            }
            self.tree.get_mut().places[place].choice = before;
        }
        None
    }

    /// Gives every variant of every enum once.
    fn explore_variants(&mut self) {
        while let Some((place, variant)) = self.tree.get_mut().unexplored() {
            self.tree.get_mut().places[place].explored.insert(variant);
            self.aside(place, |search| {
                search.tree.get_mut().places[place].choice = variant;
                _ = search.settle();
            });
        }
    }

    /// Leaves every field of every struct out once.
    fn leave_out_fields(&mut self) {
        let places = self.tree.get_mut().places.len();
        for place in 0..places {
            let looked_at = &self.tree.get_mut().places[place];
            let (false, Some(Request::Struct(fields))) = (looked_at.shadow, looked_at.request) else { continue };
            self.aside(place, |search| {
                // It may not be asked any more, where what is around it refuses every answer.
                if search.settle().is_err() || !search.tree.get_mut().trail.contains(&place) {
                    return;
                }
                let mut optional = BTreeSet::new();
                for (field, name) in fields.iter().enumerate() {
                    if search.tree.get_mut().is_alias(place, name) {
                        continue;
                    }
                    search.tree.get_mut().places[place].omitted = Some(field);
                    if search.run().is_ok() {
                        optional.insert(field);
                    }
                }
                let place = &mut search.tree.get_mut().places[place];
                (place.omitted, place.optional) = (None, Some(optional));
            });
        }
    }

    /// Does something with the answers such that `place` is asked; afterwards they are as before.
    fn aside(&mut self, place: usize, work: impl FnOnce(&mut Self)) {
        let before: Vec<_> = self.tree.get_mut().places.iter().map(|place| (place.choice, place.one_of)).collect();
        self.tree.get_mut().lead_to(place);
        work(self);
        for (place, before) in self.tree.get_mut().places.iter_mut().zip(before) {
            (place.choice, place.one_of) = before;
        }
    }
}
