//! What a type was seen to ask for, place by place, and which answer each place gets.

use super::{
    Primitive,
    error::{Error, Kind},
    values,
};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// How deep a type is followed.
const DEEPEST: usize = 64;

/// A type that has a name, by those of its visitor and of its value, type parameters included.
pub(super) type Named = (&'static str, &'static str);

/// What is asked for at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Primitive(Primitive),
    Any,
    Ignored,
    Option,
    List,
    Tuple(usize),
    Map,
    Struct(&'static [&'static str]),
    Enum(&'static [&'static str]),
    /// A variant without fields.
    Unit,
}

/// The way from a place to one inside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Some,
    Element(usize),
    Key,
    Value,
    Field(String),
    Variant(usize),
}

#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) parent: Option<usize>,
    pub(super) depth: usize,
    pub(super) children: Vec<(Step, usize)>,
    /// `None` where the search never came.
    pub(super) request: Option<Request>,
    /// Whether different things were asked for, according to what stood elsewhere.
    pub(super) mixed: bool,
    /// The types that stand here: an enum or a struct, and those that are nothing but it.
    pub(super) types: Vec<Named>,
    /// The name under which this comes round again.
    pub(super) recursive: Option<&'static str>,
    /// The name of what comes round again here.
    pub(super) again: Option<&'static str>,
    /// Whether it lies inside of what has come round again: there, nothing more than needed is given.
    pub(super) shadow: bool,
    /// Which answer it gets.
    pub(super) choice: usize,
    /// The answers to choose from, where the refusal of another said what they are.
    pub(super) one_of: Option<&'static [&'static str]>,
    /// The fields that are known of what has no list of them.
    pub(super) keys: Vec<&'static str>,
    /// Whether it asks for the names of fields without having a list of them: something is flattened into it.
    pub(super) open: bool,
    /// Names of fields that are other names of a field, with its name.
    pub(super) aliases: Vec<(&'static str, &'static str)>,
    /// The field that was given last.
    pub(super) last: Option<usize>,
    pub(super) omitted: Option<usize>,
    /// Whether fields could be left out of it, and those that may be absent.
    pub(super) optional: Option<BTreeSet<usize>>,
    pub(super) explored: BTreeSet<usize>,
}

/// The answers to choose from, where a refusal said what they are, and which of them is given.
type Answer = (Option<&'static [&'static str]>, usize);

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) places: Vec<Place>,
    /// Which answer a place in a type got to be read: where the type stands once more, that is tried first.
    learned: HashMap<(Named, Vec<Step>), Answer>,
    /// The places in the order in which they asked, in this run.
    pub(super) trail: Vec<usize>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { places: vec![Place::default()], learned: HashMap::new(), trail: Vec::new() }
    }

    /// The place one step further.
    pub(super) fn child(&mut self, at: usize, step: Step) -> usize {
        if let Some((_, child)) = self.places[at].children.iter().find(|(known, _)| *known == step) {
            return *child;
        }
        let child = self.places.len();
        let parent = &self.places[at];
        let place = Place { parent: Some(at), depth: parent.depth + 1, shadow: parent.shadow, ..Place::default() };
        self.places.push(place);
        self.places[at].children.push((step, child));
        if let Some(&(one_of, choice)) = self.in_type(child).and_then(|key| self.learned.get(&key)) {
            (self.places[child].one_of, self.places[child].choice) = (one_of, choice);
        }
        child
    }

    /// The answer of this place is one that is read.
    pub(super) fn learn(&mut self, at: usize) {
        let place = &self.places[at];
        let answer = (place.one_of, place.choice);
        if matches!(place.request, Some(Request::Primitive(_) | Request::Any))
            && let Some(key) = self.in_type(at)
        {
            self.learned.insert(key, answer);
        }
    }

    /// The nearest type with a name around a place, and the way from there.
    fn in_type(&self, at: usize) -> Option<(Named, Vec<Step>)> {
        let (mut inner, mut steps) = (at, Vec::new());
        while let Some(outer) = self.places[inner].parent {
            steps.push(self.step_to(outer, inner)?.clone());
            if let Some(&named) = self.places[outer].types.last() {
                return Some((named, steps));
            }
            inner = outer;
        }
        None
    }

    fn step_to(&self, outer: usize, inner: usize) -> Option<&Step> {
        self.places[outer].children.iter().find(|(_, child)| *child == inner).map(|(step, _)| step)
    }

    /// Something is asked for.
    pub(super) fn ask(&mut self, at: usize, request: Request) -> Result<(), Error> {
        self.trail.push(at);
        let place = &mut self.places[at];
        place.mixed |= place.request.is_some_and(|known| known != request);
        place.request = Some(request);
        if place.depth > DEEPEST { Err(Error::new(Kind::Recursion, at)) } else { Ok(()) }
    }

    /// A type with a name is asked for.
    pub(super) fn enter(&mut self, at: usize, of: Named, name: &'static str) -> Result<(), Error> {
        let above = |tree: &Self, from: usize| {
            let mut next = tree.places[from].parent;
            while let Some(place) = next {
                if tree.places[place].types.contains(&of) {
                    return Some(place);
                }
                next = tree.places[place].parent;
            }
            None
        };
        if let Some(first) = above(self, at) {
            if above(self, first).is_some() {
                return Err(Error::new(Kind::Recursion, at));
            }
            if !self.places[at].shadow {
                self.places[at].again = Some(*self.places[first].recursive.get_or_insert(name));
                self.places[at].shadow = true;
            }
        }
        if !self.places[at].types.contains(&of) {
            self.places[at].types.push(of);
        }
        Ok(())
    }

    /// The answer at a place that asks for a primitive or for anything.
    pub(super) fn value(&self, at: usize) -> Value {
        let place = &self.places[at];
        if let Some(texts) = place.one_of {
            return texts.get(place.choice).map_or(Value::Null, |&text| Value::from(text));
        }
        let value = match place.request {
            Some(Request::Primitive(primitive)) => values::of_primitive(primitive, place.choice),
            Some(Request::Any) => values::of_any(place.choice),
            _ => None,
        };
        value.unwrap_or(Value::Null)
    }

    /// How many elements a list gets, an option or a map entries.
    pub(super) fn length(&self, at: usize) -> usize {
        let place = &self.places[at];
        let choice = if place.shadow && place.choice < 2 { 1 - place.choice } else { place.choice };
        values::LENGTHS.get(choice).copied().unwrap_or(0)
    }

    /// The variant that an enum gets.
    pub(super) fn variant(&mut self, at: usize) -> usize {
        let choice = self.places[at].choice;
        self.places[at].explored.insert(choice);
        choice
    }

    /// The next field that a struct gets, from `from` on.
    pub(super) fn field(&mut self, at: usize, fields: &[&'static str], from: usize) -> Option<usize> {
        let place = &self.places[at];
        let next = (from..fields.len()).find(|&field| {
            place.omitted != Some(field) && !place.aliases.iter().any(|(alias, _)| *alias == fields[field])
        });
        self.places[at].last = next;
        next
    }

    /// The field at the place `index` of what has no list of them.
    pub(super) fn key(&self, at: usize, index: usize) -> Option<&'static str> {
        self.places[at].keys.get(index).copied()
    }

    /// Whether it asks for the names of fields without having a list of them.
    pub(super) fn is_open(&self, at: usize) -> bool {
        self.places[at].open
    }

    /// Somebody who asks for a map takes its keys for names of fields.
    pub(super) fn open(&mut self, at: usize) {
        self.places[at].open = true;
    }

    pub(super) fn is_alias(&self, at: usize, field: &str) -> bool {
        self.places[at].aliases.iter().any(|(alias, _)| *alias == field)
    }

    /// Whether there is such a choice of an answer.
    pub(super) fn has(&self, at: usize, choice: usize) -> bool {
        if let Some(texts) = self.places[at].one_of {
            return choice < texts.len();
        }
        match self.places[at].request {
            Some(Request::Primitive(primitive)) => values::of_primitive(primitive, choice).is_some(),
            Some(Request::Any) => values::of_any(choice).is_some(),
            Some(Request::List) => choice < values::LENGTHS.len(),
            _ => false,
        }
    }

    pub(super) fn is_inside(&self, place: usize, outer: usize) -> bool {
        let mut next = Some(place);
        while let Some(place) = next {
            if place == outer {
                return true;
            }
            next = self.places[place].parent;
        }
        false
    }

    /// Gives the answers around a place such that it is asked.
    pub(super) fn lead_to(&mut self, place: usize) {
        let mut inner = place;
        while let Some(outer) = self.places[inner].parent {
            match self.step_to(outer, inner) {
                Some(Step::Variant(variant)) => self.places[outer].choice = *variant,
                Some(Step::Some | Step::Key | Step::Value) => self.places[outer].choice = 0,
                Some(Step::Element(_)) if self.length(outer) == 0 => self.places[outer].choice = 0,
                _ => {}
            }
            inner = outer;
        }
    }

    /// A variant that was not given yet.
    pub(super) fn unexplored(&self) -> Option<(usize, usize)> {
        self.places.iter().enumerate().filter(|(_, place)| !place.shadow).find_map(|(at, place)| {
            let Some(Request::Enum(variants)) = place.request else { return None };
            (0..variants.len()).find(|variant| !place.explored.contains(variant)).map(|variant| (at, variant))
        })
    }

    pub(super) fn inside(&self, at: usize, step: &Step) -> Option<usize> {
        self.places[at].children.iter().find(|(known, _)| known == step).map(|(_, child)| *child)
    }
}
