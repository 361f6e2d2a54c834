//! Asks for what is stored of an event: the content of one variant, as [`codec::variant`](super::super::variant) reads it.

use super::{
    error::{Error, Kind},
    invent::Inventor,
    tree::Request,
};
use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor, value::U32Deserializer},
    forward_to_deserialize_any,
};

/// Claims to be an event at the variant `index`, and answers for its content.
pub(super) struct InventorOfVariant<'a> {
    pub(super) index: usize,
    pub(super) inventor: Inventor<'a>,
}

impl<'de> Deserializer<'de> for InventorOfVariant<'_> {
    type Error = Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.inventor.enter::<V>(name)?;
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        let message = "an event's `Deserialize` must be the derived one of a plain enum".to_owned();
        Err(Error::new(Kind::Refused(message), self.inventor.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'a, 'de> EnumAccess<'de> for InventorOfVariant<'a> {
    type Error = Error;
    type Variant = Payload<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Payload<'a>), Error> {
        let index: U32Deserializer<Error> = u32::try_from(self.index).unwrap_or(u32::MAX).into_deserializer();
        Ok((seed.deserialize(index)?, Payload(self.inventor)))
    }
}

/// What is stored of an event: an object, even without fields.
pub(super) struct Payload<'a>(Inventor<'a>);

impl<'de> VariantAccess<'de> for Payload<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.0.ask(Request::Struct(&[]))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.0.fields(fields, visitor)
    }
}
