//! A deserializer without input: it writes down what it is asked for, and answers with what the search has chosen.
//!
//! It asks visitors as `serde_json` does, so that what a type accepts here it accepts as JSON.

use super::{
    Primitive,
    error::{Error, Kind},
    tree::{Request, Step, Tree},
};
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer, StrDeserializer},
    },
};
use serde_json::Value;
use std::{any::type_name, cell::RefCell};

/// How many types may be nothing but one another.
const NEWTYPES: u8 = 64;

/// Answers at one place.
#[derive(Clone, Copy)]
pub(super) struct Inventor<'a> {
    tree: &'a RefCell<Tree>,
    pub(super) at: usize,
    newtypes: u8,
}

impl<'a> Inventor<'a> {
    pub(super) fn root(tree: &'a RefCell<Tree>) -> Self {
        Self { tree, at: 0, newtypes: 0 }
    }

    fn child(self, step: Step) -> Self {
        Self { tree: self.tree, at: self.tree.borrow_mut().child(self.at, step), newtypes: 0 }
    }

    pub(super) fn ask(self, request: Request) -> Result<(), Error> {
        self.tree.borrow_mut().ask(self.at, request)
    }

    /// A type with a name is read by a `V`.
    pub(super) fn enter<'de, V: Visitor<'de>>(self, name: &'static str) -> Result<(), Error> {
        self.tree.borrow_mut().enter(self.at, (type_name::<V>(), type_name::<V::Value>()), name)
    }

    fn length(self) -> usize {
        self.tree.borrow().length(self.at)
    }

    fn primitive<'de, V: Visitor<'de>>(self, primitive: Primitive, visitor: V) -> Result<V::Value, Error> {
        self.ask(Request::Primitive(primitive))?;
        let value = self.tree.borrow().value(self.at);
        visit(value, primitive, visitor).map_err(|error| error.through(self.at))
    }

    pub(super) fn tuple<'de, V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.ask(Request::Tuple(length))?;
        visitor
            .visit_seq(Elements { inventor: self, next: 0, length, same: false })
            .map_err(|error| error.through(self.at))
    }

    pub(super) fn fields<'de, V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.ask(Request::Struct(fields))?;
        visitor
            .visit_map(Fields { inventor: self, names: fields, next: 0, given: 0 })
            .map_err(|error| error.through(self.at))
    }
}

/// Gives a visitor a value, as `serde_json` does.
fn visit<'de, V: Visitor<'de>>(value: Value, primitive: Primitive, visitor: V) -> Result<V::Value, Error> {
    match value {
        Value::Null => visitor.visit_unit(),
        Value::Bool(value) => visitor.visit_bool(value),
        Value::Number(number) => match (primitive, number.as_u64(), number.as_i64()) {
            (Primitive::U128, Some(value), _) => visitor.visit_u128(value.into()),
            (Primitive::I128, _, Some(value)) => visitor.visit_i128(value.into()),
            (Primitive::F32 | Primitive::F64, ..) | (_, None, None) => {
                visitor.visit_f64(number.as_f64().unwrap_or_default())
            }
            (_, Some(value), _) => visitor.visit_u64(value),
            (_, None, Some(value)) => visitor.visit_i64(value),
        },
        Value::String(text) if primitive == Primitive::Bytes => visitor.visit_bytes(text.as_bytes()),
        Value::String(text) => visitor.visit_str(&text),
        Value::Array(values) => {
            let bytes = values.iter().filter_map(Value::as_u64);
            visitor.visit_seq(SeqDeserializer::<_, Error>::new(bytes))
        }
        Value::Object(_) => visitor.visit_map(MapDeserializer::<_, Error>::new(std::iter::empty::<(&str, &str)>())),
    }
}

macro_rules! primitives {
    ($($method:ident $primitive:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.primitive(Primitive::$primitive, visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Inventor<'_> {
    type Error = Error;

    primitives! {
        deserialize_bool Bool
        deserialize_u8 U8 deserialize_u16 U16 deserialize_u32 U32 deserialize_u64 U64 deserialize_u128 U128
        deserialize_i8 I8 deserialize_i16 I16 deserialize_i32 I32 deserialize_i64 I64 deserialize_i128 I128
        deserialize_f32 F32 deserialize_f64 F64
        deserialize_char Char deserialize_str String deserialize_string String deserialize_identifier String
        deserialize_bytes Bytes deserialize_byte_buf Bytes
        deserialize_unit Null
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.ask(Request::Any)?;
        let value = self.tree.borrow().value(self.at);
        let result = match value {
            Value::Object(_) => visitor.visit_map(Keys { inventor: self, next: 0 }),
            value => visit(value, Primitive::String, visitor),
        };
        result.map_err(|error| error.through(self.at))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.ask(Request::Ignored)?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.ask(Request::Option)?;
        let result = if self.length() == 0 { visitor.visit_none() } else { visitor.visit_some(self.child(Step::Some)) };
        result.map_err(|error| error.through(self.at))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.enter::<V>(name)?;
        if self.newtypes == NEWTYPES {
            return Err(Error::new(Kind::Recursion, self.at));
        }
        visitor.visit_newtype_struct(Self { newtypes: self.newtypes + 1, ..self })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.ask(Request::List)?;
        let elements = Elements { inventor: self, next: 0, length: self.length(), same: true };
        visitor.visit_seq(elements).map_err(|error| error.through(self.at))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.enter::<V>(name)?;
        self.tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.ask(Request::Map)?;
        let result = if self.tree.borrow().is_open(self.at) {
            visitor.visit_map(Keys { inventor: self, next: 0 })
        } else {
            visitor.visit_map(Entries { inventor: self, left: self.length().min(1) })
        };
        result.map_err(|error| error.through(self.at))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.enter::<V>(name)?;
        self.fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.enter::<V>(name)?;
        self.ask(Request::Enum(variants))?;
        visitor.visit_enum(Choice { inventor: self, variants }).map_err(|error| error.through(self.at))
    }
}

/// The elements of a list or of a tuple.
struct Elements<'a> {
    inventor: Inventor<'a>,
    next: usize,
    length: usize,
    same: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.next == self.length {
            return Ok(None);
        }
        let index = if self.same { 0 } else { self.next };
        self.next += 1;
        seed.deserialize(self.inventor.child(Step::Element(index))).map(Some)
    }
}

/// The entries of a map.
struct Entries<'a> {
    inventor: Inventor<'a>,
    left: usize,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(Key(self.inventor)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.inventor.child(Step::Value))
    }
}

/// The key of a map. Who takes it for the name of a field shows that it is none.
struct Key<'a>(Inventor<'a>);

macro_rules! forward_to_key {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.0.child(Step::Key).$method(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Error;

    forward_to_key! {
        deserialize_any deserialize_bool deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_seq deserialize_map
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        self.0.tree.borrow_mut().open(self.0.at);
        Err(Error::new(Kind::Opened, self.0.at))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.0.child(Step::Key).deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.child(Step::Key).deserialize_tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.child(Step::Key).deserialize_tuple_struct(name, length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.child(Step::Key).deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.child(Step::Key).deserialize_enum(name, variants, visitor)
    }
}

/// The fields of a struct.
struct Fields<'a> {
    inventor: Inventor<'a>,
    names: &'static [&'static str],
    next: usize,
    given: usize,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let next = self.inventor.tree.borrow_mut().field(self.inventor.at, self.names, self.next);
        let Some(field) = next else { return Ok(None) };
        (self.given, self.next) = (field, field + 1);
        seed.deserialize(text(self.names[field])).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.inventor.child(Step::Field(self.names[self.given].to_owned())))
    }
}

/// The fields that are known of what has no list of them.
struct Keys<'a> {
    inventor: Inventor<'a>,
    next: usize,
}

impl<'de> MapAccess<'de> for Keys<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let key = self.inventor.tree.borrow().key(self.inventor.at, self.next);
        self.next += 1;
        key.map(|key| seed.deserialize(text(key))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let key = self.inventor.tree.borrow().key(self.inventor.at, self.next.saturating_sub(1));
        seed.deserialize(self.inventor.child(Step::Field(key.unwrap_or_default().to_owned())))
    }
}

fn text(text: &'static str) -> StrDeserializer<'static, Error> {
    text.into_deserializer()
}

/// One variant of an enum.
struct Choice<'a> {
    inventor: Inventor<'a>,
    variants: &'static [&'static str],
}

impl<'a, 'de> EnumAccess<'de> for Choice<'a> {
    type Error = Error;
    type Variant = Inventor<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Inventor<'a>), Error> {
        let variant = self.inventor.tree.borrow_mut().variant(self.inventor.at);
        let Some(name) = self.variants.get(variant) else {
            return Err(Error::new(
                Kind::Refused("an enum without variants has no value".to_owned()),
                self.inventor.at,
            ));
        };
        let value = seed.deserialize(text(name)).map_err(|error| error.through(self.inventor.at))?;
        Ok((value, self.inventor.child(Step::Variant(variant))))
    }
}

impl<'de> VariantAccess<'de> for Inventor<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.ask(Request::Unit)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.fields(fields, visitor)
    }
}
