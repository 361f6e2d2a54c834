//! The shape of a type as serde sees it: what its derived `Deserialize` asks for, and what it reads.

mod error;
mod invent;
mod judge;
mod mend;
mod payload;
mod search;
mod seen;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod values;

use super::variant;
use crate::model::Event;
use invent::Inventor;
use payload::InventorOfVariant;
use serde::de::DeserializeOwned;

/// What JSON a type reads, found by asking its `Deserialize`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Primitive(Primitive),
    /// Something that looks at what it finds: `serde_json::Value`, an untagged enum, an enum with a tag of its own.
    Any,
    Option(Box<Shape>),
    List(Box<Shape>),
    Tuple(Vec<Shape>),
    Map {
        key: Box<Shape>,
        value: Box<Shape>,
    },
    Struct(Struct),
    /// Sorted by name.
    Enum(Vec<Variant>),
    /// A type that comes round again inside itself, under its name.
    Recursive(String, Box<Shape>),
    /// Where it comes round again.
    Again(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Struct {
    /// Sorted by name.
    pub(crate) fields: Vec<Field>,
    /// Whether it reads further fields that cannot be seen: those of what is flattened into it.
    pub(crate) open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Further names that it is read under, sorted.
    pub(crate) aliases: Vec<String>,
    pub(crate) presence: Presence,
    pub(crate) shape: Shape,
}

/// Whether a field may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Needed,
    Optional,
    /// No value of its type could be invented, so nothing could be left out of one either.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) name: String,
    /// `None` for a variant without fields.
    pub(crate) content: Option<Shape>,
}

macro_rules! primitives {
    ($($variant:ident $name:literal)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Primitive {
            $($variant),*
        }

        impl Primitive {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }
        }
    };
}

primitives! {
    Bool "bool" U8 "u8" U16 "u16" U32 "u32" U64 "u64" U128 "u128" I8 "i8" I16 "i16" I32 "i32" I64 "i64" I128 "i128"
    F32 "f32" F64 "f64" Char "char" String "string" Bytes "bytes" Null "null"
}

/// What was found out about a type.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Traced {
    pub(crate) shape: Shape,
    /// JSON that the type reads; or why none could be invented.
    pub(crate) sample: Result<String, String>,
}

/// Asks a type for its shape, and for a sample that is taken by `takes` too. It never fails: what cannot be seen is
/// `any`.
#[doc(hidden)]
#[must_use]
pub fn shape_of<T: DeserializeOwned>(takes: &dyn Fn(&str) -> Result<(), String>) -> Traced {
    search::trace(&mut |tree| T::deserialize(Inventor::root(tree)).map(drop), &|json| {
        serde_json::from_str::<T>(json).map_err(|error| error.to_string())?;
        takes(json)
    })
}

/// Asks for the shape of what is stored of the variant `index` of an event.
pub(crate) fn shape_of_variant<E: Event>(index: usize) -> Traced {
    let variants = E::DESCRIPTOR.variants.len();
    search::trace(
        &mut |tree| E::deserialize(InventorOfVariant { index, inventor: Inventor::root(tree) }).map(drop),
        &|json| variant::decode::<E>(index, variants, json).map(drop).map_err(|error| error.to_string()),
    )
}

/// The shape of a type as a text: the same for as long as the type reads the same.
pub(crate) fn shape_text<T: DeserializeOwned>() -> String {
    shape_of::<T>(&|_| Ok(())).shape.to_string()
}
