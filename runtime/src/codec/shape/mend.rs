//! How the answers are changed after one was refused.

use super::{
    Primitive,
    error::{Error, Kind, missed},
    tree::{Request, Tree},
    values,
};
use std::collections::BTreeSet;

/// How many fields of a flattened struct are found out.
const KEYS: usize = 64;

impl Tree {
    /// The places whose answers may have been refused, the likeliest first, and whether each is a list.
    ///
    /// The error came from inside of `at`, and often right behind the answer. What stands in a list is likelier to blame
    /// than its length.
    pub(super) fn blamed(&self, at: Option<usize>) -> Vec<(usize, bool)> {
        let mut seen = BTreeSet::new();
        let inside = self.trail.iter().rev().copied().filter(|&place| at.is_none_or(|at| self.is_inside(place, at)));
        let places = inside.filter(|&place| seen.insert(place));
        let (lists, others): (Vec<_>, Vec<_>) =
            places.map(|place| (place, self.places[place].request == Some(Request::List))).partition(|place| place.1);
        others.into_iter().chain(lists).collect()
    }

    /// Changes what the error says has to be changed, if it does.
    pub(super) fn mend(&mut self, error: &Error) -> bool {
        match (&error.kind, error.at) {
            (Kind::Recursion, Some(at)) => self.close_above(at),
            (Kind::Opened, _) => true,
            (Kind::Missing(field), at) => self.add_key(field, at),
            (Kind::Duplicate(field), Some(at)) => self.add_alias(field, at),
            (Kind::OneOf(found, texts), at) => self.choose_one_of(found, texts, at),
            (Kind::Refused(_), at) => match missed().into_iter().find(|field| self.misses(field)) {
                Some(field) => self.add_key(field, at),
                None => false,
            },
            _ => false,
        }
    }

    /// Answers with one of these texts where another was refused.
    fn choose_one_of(&mut self, found: &str, texts: &'static [&'static str], at: Option<usize>) -> bool {
        let refused = |&place: &usize| {
            let takes_text =
                matches!(self.places[place].request, Some(Request::Any | Request::Primitive(Primitive::String)));
            takes_text && self.places[place].one_of.is_none() && self.value(place) == found
        };
        let inside = |&place: &usize| at.is_none_or(|at| self.is_inside(place, at));
        let place = self.trail.iter().rev().copied().filter(inside).find(refused);
        let Some(place) = place.filter(|_| !texts.is_empty()) else { return false };
        (self.places[place].one_of, self.places[place].choice) = (Some(texts), 0);
        self.learn(place);
        true
    }

    /// Whether the last that takes any fields lacks this one.
    fn misses(&self, field: &str) -> bool {
        self.last_open(None).is_some_and(|at| !self.places[at].keys.contains(&field))
    }

    /// The last place inside `at` that takes any fields.
    fn last_open(&self, at: Option<usize>) -> Option<usize> {
        let takes_any = |&place: &usize| match self.places[place].request {
            Some(Request::Map) => self.places[place].open,
            Some(Request::Any) => self.places[place].choice == values::OBJECT && self.places[place].one_of.is_none(),
            _ => false,
        };
        at.filter(takes_any).or_else(|| {
            let inside = |place: usize| at.is_none_or(|at| self.is_inside(place, at));
            self.trail.iter().rev().copied().filter(takes_any).find(|&place| inside(place))
        })
    }

    /// Whether something went wrong around where it did before: what is inside is read first.
    pub(super) fn is_further_out(&self, at: Option<usize>, before: Option<usize>) -> bool {
        at != before && before.is_some_and(|before| at.is_none_or(|at| self.is_inside(before, at)))
    }

    fn add_key(&mut self, field: &'static str, at: Option<usize>) -> bool {
        let Some(at) = self.last_open(at) else { return false };
        let keys = &mut self.places[at].keys;
        let is_new = keys.len() < KEYS && !keys.contains(&field);
        if is_new {
            keys.push(field);
        }
        is_new
    }

    fn add_alias(&mut self, field: &'static str, at: usize) -> bool {
        let place = &self.places[at];
        let (Some(Request::Struct(fields)), Some(last)) = (place.request, place.last) else { return false };
        // The names of one field stand side by side.
        let alias = if fields[last] == field {
            (0..last).rev().map(|index| fields[index]).find(|name| !self.is_alias(at, name))
        } else {
            Some(fields[last])
        };
        let Some(alias) = alias else { return false };
        self.places[at].aliases.push((alias, field));
        true
    }

    /// Empties the nearest thing around a place that may be empty, or gives another variant of it.
    fn close_above(&mut self, at: usize) -> bool {
        let mut next = self.places[at].parent;
        while let Some(above) = next {
            if self.close(above) {
                return true;
            }
            next = self.places[above].parent;
        }
        false
    }

    fn close(&mut self, at: usize) -> bool {
        match self.places[at].request {
            Some(Request::Option | Request::List | Request::Map) if !self.places[at].open && self.length(at) > 0 => {
                self.places[at].choice = usize::from(!self.places[at].shadow);
                true
            }
            Some(Request::Enum(variants)) if self.places[at].choice + 1 < variants.len() => {
                self.places[at].choice += 1;
                true
            }
            _ => false,
        }
    }

    /// Leaves out what refuses every answer.
    pub(super) fn make_do_without(&mut self, error: &Error) -> bool {
        let Some(at) = error.at.or_else(|| self.trail.last().copied()) else { return false };
        self.close(at) || self.close_above(at)
    }
}
