//! A serializer in front of another that refuses what JSON would not give back.
//!
//! `serde_json` writes a number that is not finite as `null`, and so `Some` of nothing, which reads as `None`; it writes
//! a key of an object twice, and deeper than it reads. What does not come back as it was must not be stored, so all of
//! that is an error here, at the writer's.

use serde::{
    Serialize, Serializer,
    ser::{
        Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};
use std::{collections::BTreeSet, fmt::Display};

/// How many arrays and objects `serde_json` reads inside one another.
const DEEPEST: u8 = 127;

/// Passes everything on to `inner`, but for what would not come back.
pub(super) struct Strict<S> {
    inner: S,
    depth: u8,
    in_some: bool,
}

impl<S: Serializer> Strict<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, depth: 0, in_some: false }
    }

    /// The inner serializer, for a `null`.
    fn null(self) -> Result<S, S::Error> {
        if self.in_some {
            Err(S::Error::custom("JSON has only one `null` for `Some` of nothing and for `None`"))
        } else {
            Ok(self.inner)
        }
    }

    /// Goes `levels` deeper.
    fn deeper(self, levels: u8) -> Result<(S, u8), S::Error> {
        let depth = self.depth.saturating_add(levels);
        if depth > DEEPEST {
            return Err(S::Error::custom(format_args!("it is nested more than {DEEPEST} levels deep")));
        }
        Ok((self.inner, depth))
    }
}

/// A value inside another: checked as deep as it lies.
struct Inside<'a, T: ?Sized> {
    value: &'a T,
    depth: u8,
    in_some: bool,
}

impl<T: Serialize + ?Sized> Serialize for Inside<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Strict { inner: serializer, depth: self.depth, in_some: self.in_some })
    }
}

/// What an array or object under way needs.
pub(super) struct Compound<C> {
    inner: C,
    depth: u8,
}

impl<C> Compound<C> {
    fn inside<'a, T: ?Sized>(&self, value: &'a T) -> Inside<'a, T> {
        Inside { value, depth: self.depth, in_some: false }
    }
}

macro_rules! forward {
    ($($method:ident($argument:ty);)*) => {
        $(fn $method(self, value: $argument) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        })*
    };
}

impl<S: Serializer> Serializer for Strict<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<S::SerializeSeq>;
    type SerializeTuple = Compound<S::SerializeTuple>;
    type SerializeTupleStruct = Compound<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Compound<S::SerializeTupleVariant>;
    type SerializeMap = Entries<S::SerializeMap>;
    type SerializeStruct = Compound<S::SerializeStruct>;
    type SerializeStructVariant = Compound<S::SerializeStructVariant>;

    forward! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        if value.is_finite() { self.inner.serialize_f32(value) } else { Err(not_finite(value)) }
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        if value.is_finite() { self.inner.serialize_f64(value) } else { Err(not_finite(value)) }
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.null()?.serialize_none()
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.null()?.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.null()?.serialize_unit_struct(name)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Inside { value, depth: self.depth, in_some: true })
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_struct(name, &Inside { value, depth: self.depth, in_some: self.in_some })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let (inner, depth) = self.deeper(1)?;
        inner.serialize_newtype_variant(name, index, variant, &Inside { value, depth, in_some: false })
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let (inner, depth) = self.deeper(1)?;
        Ok(Compound { inner: inner.serialize_seq(len)?, depth })
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        let (inner, depth) = self.deeper(1)?;
        Ok(Compound { inner: inner.serialize_tuple(len)?, depth })
    }

    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        let (inner, depth) = self.deeper(1)?;
        Ok(Compound { inner: inner.serialize_tuple_struct(name, len)?, depth })
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let (inner, depth) = self.deeper(2)?;
        Ok(Compound { inner: inner.serialize_tuple_variant(name, index, variant, len)?, depth })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let (inner, depth) = self.deeper(1)?;
        Ok(Entries { compound: Compound { inner: inner.serialize_map(len)?, depth }, keys: BTreeSet::new() })
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        let (inner, depth) = self.deeper(1)?;
        Ok(Compound { inner: inner.serialize_struct(name, len)?, depth })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let (inner, depth) = self.deeper(2)?;
        Ok(Compound { inner: inner.serialize_struct_variant(name, index, variant, len)?, depth })
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

fn not_finite<E: Error>(value: impl Display) -> E {
    E::custom(format_args!("JSON has no number `{value}`"))
}

macro_rules! compound {
    ($($name:ident::$method:ident;)*) => {
        $(impl<C: $name> $name for Compound<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                let value = self.inside(value);
                self.inner.$method(&value)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        })*
    };
}

compound! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! compound_of_fields {
    ($($name:ident)*) => {
        $(impl<C: $name> $name for Compound<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), C::Error> {
                let value = self.inside(value);
                self.inner.serialize_field(key, &value)
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(key)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        })*
    };
}

compound_of_fields! { SerializeStruct SerializeStructVariant }

/// What a map under way needs: the keys of a struct are known to differ, those of a map are not. A flattened struct is
/// written as a map.
pub(super) struct Entries<C> {
    compound: Compound<C>,
    keys: BTreeSet<String>,
}

impl<C: SerializeMap> SerializeMap for Entries<C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        let inside = self.compound.inside(key);
        self.compound.inner.serialize_key(&inside)?;
        let key = serde_json::to_string(key).map_err(C::Error::custom)?;
        match self.keys.replace(key) {
            None => Ok(()),
            Some(key) => Err(C::Error::custom(format_args!("one object would have the key `{key}` twice"))),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let value = self.compound.inside(value);
        self.compound.inner.serialize_value(&value)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.compound.inner.end()
    }
}
