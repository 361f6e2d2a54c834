//! What was seen of a type, as a shape and as a sample.

use super::{
    Field, Presence, Primitive, Shape, Struct, Variant,
    tree::{Request, Step, Tree},
};
use serde_json::Value;

impl Tree {
    /// The answers as JSON.
    pub(super) fn json(&self, at: usize) -> Value {
        let place = &self.places[at];
        let child = |step: Step| self.inside(at, &step).map_or(Value::Null, |child| self.json(child));
        let keyed = |keys: &[&'static str]| {
            keys.iter().map(|&key| (key.to_owned(), child(Step::Field(key.to_owned())))).collect::<Value>()
        };
        match place.request {
            None | Some(Request::Ignored | Request::Unit) => Value::Null,
            Some(Request::Primitive(_)) => self.value(at),
            Some(Request::Any) => match self.value(at) {
                Value::Object(_) => keyed(&place.keys),
                value => value,
            },
            Some(Request::Option) if self.length(at) == 0 => Value::Null,
            Some(Request::Option) => child(Step::Some),
            Some(Request::List) => (0..self.length(at)).map(|_| child(Step::Element(0))).collect(),
            Some(Request::Tuple(length)) => (0..length).map(|index| child(Step::Element(index))).collect(),
            Some(Request::Map) if place.open => keyed(&place.keys),
            Some(Request::Map) => {
                let key = match child(Step::Key) {
                    Value::String(key) => key,
                    key => key.to_string(),
                };
                (0..self.length(at).min(1)).map(|_| (key.clone(), child(Step::Value))).collect()
            }
            Some(Request::Struct(fields)) => {
                let given: Vec<_> = fields.iter().copied().filter(|field| !self.is_alias(at, field)).collect();
                keyed(&given)
            }
            Some(Request::Enum(variants)) => {
                let name = variants.get(place.choice).copied().unwrap_or_default();
                let content = self.inside(at, &Step::Variant(place.choice));
                match content {
                    Some(content) if self.places[content].request != Some(Request::Unit) => {
                        Value::from_iter([(name.to_owned(), self.json(content))])
                    }
                    _ => Value::from(name),
                }
            }
        }
    }

    /// What was seen.
    pub(super) fn shape(&self, at: usize) -> Shape {
        let place = &self.places[at];
        if let Some(name) = place.again {
            return Shape::Again(name.to_owned());
        }
        let shape = if place.mixed { Shape::Any } else { self.shape_of_request(at) };
        match place.recursive {
            Some(name) => Shape::Recursive(name.to_owned(), Box::new(shape)),
            None => shape,
        }
    }

    fn shape_of_request(&self, at: usize) -> Shape {
        let place = &self.places[at];
        let child = |step: Step| self.inside(at, &step).map_or(Shape::Any, |child| self.shape(child));
        match place.request {
            None | Some(Request::Any | Request::Ignored) => Shape::Any,
            Some(Request::Unit) => Shape::Primitive(Primitive::Null),
            Some(Request::Primitive(primitive)) => Shape::Primitive(primitive),
            Some(Request::Option) => Shape::Option(Box::new(child(Step::Some))),
            Some(Request::List) => Shape::List(Box::new(child(Step::Element(0)))),
            Some(Request::Tuple(length)) => {
                Shape::Tuple((0..length).map(|index| child(Step::Element(index))).collect())
            }
            Some(Request::Map) if place.open => {
                let required = |&name: &&str| Field {
                    name: name.to_owned(),
                    aliases: Vec::new(),
                    presence: Presence::Needed,
                    shape: child(Step::Field(name.to_owned())),
                };
                let mut fields: Vec<_> = place.keys.iter().map(required).collect();
                fields.sort_by(|a, b| a.name.cmp(&b.name));
                Shape::Struct(Struct { fields, open: true })
            }
            Some(Request::Map) => Shape::Map { key: Box::new(child(Step::Key)), value: Box::new(child(Step::Value)) },
            Some(Request::Struct(names)) => {
                let given = names.iter().enumerate().filter(|(_, name)| !self.is_alias(at, name));
                let field = |(index, &name): (usize, &&'static str)| {
                    let aliases = place.aliases.iter().filter(|(_, field)| *field == name);
                    let mut aliases: Vec<_> = aliases.map(|(alias, _)| (*alias).to_owned()).collect();
                    aliases.sort();
                    Field {
                        name: name.to_owned(),
                        aliases,
                        presence: match &place.optional {
                            None => Presence::Unknown,
                            Some(optional) if optional.contains(&index) => Presence::Optional,
                            Some(_) => Presence::Needed,
                        },
                        shape: child(Step::Field(name.to_owned())),
                    }
                };
                let mut fields: Vec<_> = given.map(field).collect();
                fields.sort_by(|a, b| a.name.cmp(&b.name));
                Shape::Struct(Struct { fields, open: false })
            }
            Some(Request::Enum(names)) => {
                let variant = |(index, &name): (usize, &&'static str)| {
                    let content = self.inside(at, &Step::Variant(index));
                    let is_unit = content.is_some_and(|content| self.places[content].request == Some(Request::Unit));
                    let content = (!is_unit).then(|| child(Step::Variant(index)));
                    Variant { name: name.to_owned(), content }
                };
                let mut variants: Vec<_> = names.iter().enumerate().map(variant).collect();
                variants.sort_by(|a, b| a.name.cmp(&b.name));
                Shape::Enum(variants)
            }
        }
    }
}
