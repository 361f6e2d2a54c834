//! A shape as a text, and back.

use super::{Field, Presence, Primitive, Shape, Struct, Variant};
use std::{
    fmt::{self, Display, Formatter},
    str::FromStr,
};

/// How deep a text may be nested.
const DEEPEST: usize = 200;
/// How long an array may be.
const LONGEST: usize = 65_536;
/// From how many elements on a tuple of equal ones is written as an array.
const ARRAY: usize = 3;

impl Display for Shape {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Primitive(primitive) => f.write_str(primitive.name()),
            Self::Any => f.write_str("any"),
            Self::Option(shape) => write!(f, "option {}", Nested(shape)),
            Self::List(shape) => write!(f, "[{}]", Nested(shape)),
            Self::Tuple(shapes) => match shapes.as_slice() {
                [first, rest @ ..] if shapes.len() >= ARRAY && rest.iter().all(|shape| shape == first) => {
                    write!(f, "[{}; {}]", Nested(first), shapes.len())
                }
                [only] => write!(f, "({},)", Nested(only)),
                _ => {
                    f.write_str("(")?;
                    separated(f, ", ", shapes, |f, shape| Nested(shape).fmt(f))?;
                    f.write_str(")")
                }
            },
            Self::Map { key, value } if **key == Self::Primitive(Primitive::String) => {
                write!(f, "{{*: {}}}", Nested(value))
            }
            Self::Map { key, value } => write!(f, "{{* {}: {}}}", Nested(key), Nested(value)),
            Self::Struct(shape) => shape.fmt(f),
            Self::Enum(variants) => {
                f.write_str(if variants.is_empty() { "enum" } else { "enum " })?;
                separated(f, " | ", variants, |f, variant| variant.fmt(f))
            }
            Self::Recursive(name, shape) => write!(f, "~{} = {shape}", Name(name)),
            Self::Again(name) => write!(f, "~{}", Name(name)),
        }
    }
}

impl Display for Struct {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        separated(f, ", ", &self.fields, |f, field| field.fmt(f))?;
        f.write_str(match (self.open, self.fields.is_empty()) {
            (false, _) => "}",
            (true, true) => "..}",
            (true, false) => ", ..}",
        })
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Name(&self.name).fmt(f)?;
        for alias in &self.aliases {
            write!(f, " | {}", Name(alias))?;
        }
        let mark = match self.presence {
            Presence::Needed => "",
            Presence::Optional => "?",
            Presence::Unknown => "??",
        };
        write!(f, "{mark}: {}", Nested(&self.shape))
    }
}

impl Display for Variant {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Name(&self.name).fmt(f)?;
        match &self.content {
            None => Ok(()),
            Some(shape @ Shape::Struct(_)) => write!(f, " {shape}"),
            Some(Shape::Tuple(shapes)) if shapes.len() != 1 => {
                f.write_str("(")?;
                separated(f, ", ", shapes, |f, shape| Nested(shape).fmt(f))?;
                f.write_str(")")
            }
            Some(shape @ Shape::Tuple(_)) => shape.fmt(f),
            Some(shape) => write!(f, "({shape})"),
        }
    }
}

/// A shape inside another: in parentheses where it would not end by itself.
struct Nested<'a>(&'a Shape);

impl Display for Nested<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            shape @ (Shape::Enum(_) | Shape::Recursive(..)) => write!(f, "({shape})"),
            shape => shape.fmt(f),
        }
    }
}

/// A name: in quotes where it is none of Rust.
struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let is_plain = self.0.starts_with(is_first) && self.0.chars().all(is_later);
        if is_plain { f.write_str(self.0) } else { serde_json::Value::from(self.0).fmt(f) }
    }
}

fn is_first(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_'
}

fn is_later(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn separated<T>(
    f: &mut Formatter<'_>,
    separator: &str,
    parts: &[T],
    mut write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write(f, part)?;
    }
    Ok(())
}

/// A text that is no shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {}", found(rest))]
pub(crate) struct NoShape {
    expected: &'static str,
    /// What stands from there on.
    rest: String,
}

fn found(rest: &str) -> String {
    if rest.is_empty() { "the end".to_owned() } else { format!("`{}`", crate::codec::shortened(rest)) }
}

impl FromStr for Shape {
    type Err = NoShape;

    fn from_str(text: &str) -> Result<Self, NoShape> {
        let mut reader = Reader { rest: text.trim(), depth: 0 };
        let shape = reader.shape()?;
        if reader.rest.is_empty() { Ok(shape) } else { reader.refuse("the end") }
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn refuse<T>(&self, expected: &'static str) -> Result<T, NoShape> {
        Err(NoShape { expected, rest: self.rest.to_owned() })
    }

    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default().trim_start();
    }

    fn takes(&mut self, mark: char) -> bool {
        let takes = self.rest.starts_with(mark);
        if takes {
            self.skip(mark.len_utf8());
        }
        takes
    }

    fn demand(&mut self, mark: char, expected: &'static str) -> Result<(), NoShape> {
        if self.takes(mark) { Ok(()) } else { self.refuse(expected) }
    }

    fn word(&self) -> &str {
        let end = self.rest.find(|letter| !is_later(letter)).unwrap_or(self.rest.len());
        if self.rest.starts_with(is_first) { &self.rest[..end] } else { "" }
    }

    fn name(&mut self) -> Result<String, NoShape> {
        if self.rest.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
            let Some(Ok(name)) = values.next() else { return self.refuse("a name in quotes") };
            let length = values.byte_offset();
            self.skip(length);
            return Ok(name);
        }
        let name = self.word().to_owned();
        if name.is_empty() {
            return self.refuse("a name");
        }
        self.skip(name.len());
        Ok(name)
    }

    fn boxed(&mut self) -> Result<Box<Shape>, NoShape> {
        self.shape().map(Box::new)
    }

    fn shape(&mut self) -> Result<Shape, NoShape> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.refuse("a shape that is less deep");
        }
        let shape = self.whole()?;
        self.depth -= 1;
        Ok(shape)
    }

    fn whole(&mut self) -> Result<Shape, NoShape> {
        if self.takes('[') {
            return self.list();
        }
        if self.takes('(') {
            return self.parenthesised();
        }
        if self.takes('{') {
            return self.braced();
        }
        if self.takes('~') {
            let name = self.name()?;
            return Ok(if self.takes('=') { Shape::Recursive(name, self.boxed()?) } else { Shape::Again(name) });
        }
        let word = self.word().to_owned();
        let primitive = Primitive::ALL.iter().find(|primitive| primitive.name() == word);
        match (word.as_str(), primitive) {
            (_, Some(primitive)) => {
                self.skip(word.len());
                Ok(Shape::Primitive(*primitive))
            }
            ("any", _) => {
                self.skip(word.len());
                Ok(Shape::Any)
            }
            ("option", _) => {
                self.skip(word.len());
                Ok(Shape::Option(self.boxed()?))
            }
            ("enum", _) => {
                self.skip(word.len());
                self.variants()
            }
            _ => self.refuse("a shape, such as `string` or `{a: u64}`"),
        }
    }

    fn list(&mut self) -> Result<Shape, NoShape> {
        let shape = self.shape()?;
        if !self.takes(';') {
            self.demand(']', "`]`")?;
            return Ok(Shape::List(Box::new(shape)));
        }
        let end = self.rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.rest.len());
        match self.rest[..end].parse() {
            Ok(length) if length <= LONGEST => {
                self.skip(end);
                self.demand(']', "`]`")?;
                Ok(Shape::Tuple(vec![shape; length]))
            }
            _ => self.refuse("a length of at most 65536"),
        }
    }

    /// A shape in parentheses, or a tuple.
    fn parenthesised(&mut self) -> Result<Shape, NoShape> {
        let mut shapes = Vec::new();
        let mut has_comma = false;
        while !self.takes(')') {
            if !shapes.is_empty() && !has_comma {
                return self.refuse("`,` or `)`");
            }
            shapes.push(self.shape()?);
            has_comma = self.takes(',');
        }
        Ok(match shapes.pop() {
            Some(only) if shapes.is_empty() && !has_comma => only,
            last => {
                shapes.extend(last);
                Shape::Tuple(shapes)
            }
        })
    }

    /// A map or a struct.
    fn braced(&mut self) -> Result<Shape, NoShape> {
        if self.takes('*') {
            let key =
                if self.rest.starts_with(':') { Box::new(Shape::Primitive(Primitive::String)) } else { self.boxed()? };
            self.demand(':', "`:`")?;
            let value = self.boxed()?;
            self.demand('}', "`}`")?;
            return Ok(Shape::Map { key, value });
        }
        let mut shape = Struct::default();
        let mut has_comma = true;
        while !self.takes('}') {
            if !has_comma || shape.open {
                return self.refuse("`,` or `}`");
            }
            if self.rest.starts_with("..") {
                self.skip(2);
                shape.open = true;
            } else {
                shape.fields.push(self.field()?);
            }
            has_comma = self.takes(',');
        }
        shape.fields.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Shape::Struct(shape))
    }

    fn field(&mut self) -> Result<Field, NoShape> {
        let name = self.name()?;
        let mut aliases = Vec::new();
        while self.takes('|') {
            aliases.push(self.name()?);
        }
        aliases.sort();
        let presence = match (self.takes('?'), self.takes('?')) {
            (false, _) => Presence::Needed,
            (true, false) => Presence::Optional,
            (true, true) => Presence::Unknown,
        };
        self.demand(':', "`:`")?;
        Ok(Field { name, aliases, presence, shape: self.shape()? })
    }

    fn variants(&mut self) -> Result<Shape, NoShape> {
        let mut variants = Vec::new();
        if self.rest.starts_with(is_first) || self.rest.starts_with('"') {
            variants.push(self.variant()?);
            while self.takes('|') {
                variants.push(self.variant()?);
            }
        }
        variants.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Shape::Enum(variants))
    }

    fn variant(&mut self) -> Result<Variant, NoShape> {
        let name = self.name()?;
        let content = if self.takes('(') {
            Some(self.parenthesised()?)
        } else if self.takes('{') {
            Some(self.braced()?)
        } else {
            None
        };
        Ok(Variant { name, content })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::{collection, prelude::*};

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z_][a-z0-9_]{0,4}", ".{0,4}"]
    }

    /// Any shape that a type may have.
    pub(crate) fn shapes() -> impl Strategy<Value = Shape> {
        let leaf = prop_oneof![
            proptest::sample::select(Primitive::ALL).prop_map(Shape::Primitive),
            Just(Shape::Any),
            name().prop_map(Shape::Again),
        ];
        leaf.prop_recursive(4, 40, 5, |shape| {
            let presence = proptest::sample::select(vec![Presence::Needed, Presence::Optional, Presence::Unknown]);
            let field = (collection::vec(name(), 0..3), presence, shape.clone());
            let fields = (collection::btree_map(name(), field, 0..4), any::<bool>()).prop_map(|(fields, open)| {
                let field = |(name, (mut aliases, presence, shape)): (String, (Vec<String>, Presence, Shape))| {
                    aliases.sort();
                    Field { name, aliases, presence, shape }
                };
                Shape::Struct(Struct { fields: fields.into_iter().map(field).collect(), open })
            });
            let variants = collection::btree_map(name(), proptest::option::of(shape.clone()), 0..4);
            let variant = |(name, content)| Variant { name, content };
            prop_oneof![
                shape.clone().prop_map(|shape| Shape::Option(Box::new(shape))),
                shape.clone().prop_map(|shape| Shape::List(Box::new(shape))),
                collection::vec(shape.clone(), 0..4).prop_map(Shape::Tuple),
                (shape.clone(), 0..5_usize).prop_map(|(shape, length)| Shape::Tuple(vec![shape; length])),
                (shape.clone(), shape.clone())
                    .prop_map(|(key, value)| Shape::Map { key: Box::new(key), value: Box::new(value) }),
                shape.clone().prop_map(|value| Shape::Map {
                    key: Box::new(Shape::Primitive(Primitive::String)),
                    value: Box::new(value)
                }),
                fields,
                variants.prop_map(move |variants| Shape::Enum(variants.into_iter().map(variant).collect())),
                (name(), shape).prop_map(|(name, shape)| Shape::Recursive(name, Box::new(shape))),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_shape_comes_back_from_its_text(shape in shapes()) {
            let text = shape.to_string();
            prop_assert!(!text.contains('\n'), "{text}");
            prop_assert_eq!(text.parse(), Ok(shape), "{}", text);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[a-z~={}(){}|,:;?\\[\\]\"*. 0-9]{0,40}") {
            _ = text.parse::<Shape>();
        }
    }

    #[test]
    fn a_text_that_is_no_shape_says_where() {
        let refused = |text: &str| text.parse::<Shape>().unwrap_err().to_string();
        assert_eq!(refused(""), "expected a shape, such as `string` or `{a: u64}`, found the end");
        assert_eq!(refused("{a: u65}"), "expected a shape, such as `string` or `{a: u64}`, found `u65}`");
        assert_eq!(refused("{a u64}"), "expected `:`, found `u64}`");
        assert_eq!(refused("[u8; 70000]"), "expected a length of at most 65536, found `70000]`");
        assert_eq!(refused("u64 u64"), "expected the end, found `u64`");
        assert_eq!(refused("(u8 u8)"), "expected `,` or `)`, found `u8)`");
        assert_eq!(refused("{\"a: u8}"), "expected a name in quotes, found `\"a: u8}`");
        assert_eq!(refused("enum A | 1"), "expected a name, found `1`");
        assert!(refused(&"[".repeat(100_000)).starts_with("expected a shape that is less deep"));
    }
}
