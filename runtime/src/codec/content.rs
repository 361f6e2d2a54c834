//! Writes an enum's variant as its content alone, and refuses whatever is not a plain enum.

use super::strict::Strict;
use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeStruct, SerializeStructVariant},
};
use serde_json::Error;
use std::fmt::Display;

/// Writes the content of `value`, which is at the variant `index`.
pub(super) fn encode<T: Serialize>(value: &T, index: usize) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(128);
    value.serialize(Content { index, json: Strict::new(&mut serde_json::Serializer::new(&mut bytes)) })?;
    String::from_utf8(bytes).map_err(Error::custom)
}

type Json<'a> = Strict<&'a mut serde_json::Serializer<&'a mut Vec<u8>>>;

/// Takes one enum variant and writes what is in it.
struct Content<J> {
    index: usize,
    json: J,
}

impl<'a> Content<Json<'a>> {
    /// Passes the JSON writer on, if the enum is at the variant that [`Event`](crate::Event) says it is at.
    fn variant(self, index: u32) -> Result<Json<'a>, Error> {
        if usize::try_from(index) == Ok(self.index) { Ok(self.json) } else { Err(not_derived()) }
    }
}

fn not_derived() -> Error {
    Error::custom("an event's `Serialize` must be the derived one of a plain enum")
}

/// Refuses every kind of value that is not an enum variant.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$result, Error> {
            Err(not_derived())
        })*
    };
}

impl<'a> Serializer for Content<Json<'a>> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Fields<<Json<'a> as Serializer>::SerializeStruct>;

    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Result<(), Error> {
        SerializeStruct::end(self.variant(index)?.serialize_struct("", 0)?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self.variant(index)?)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        _: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        self.variant(index)?.serialize_struct(name, len).map(Fields)
    }

    refuse! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Error> {
        Err(not_derived())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<(), Error> {
        Err(not_derived())
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<(), Error> {
        Err(not_derived())
    }
}

/// The fields of a struct variant, written as those of a struct.
struct Fields<S>(S);

impl<S: SerializeStruct<Ok = (), Error = Error>> SerializeStructVariant for Fields<S> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<(), Error> {
        self.0.end()
    }
}
