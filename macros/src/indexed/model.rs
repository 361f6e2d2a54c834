//! Reads a type that rows are found by, and refuses one whose values have no one order.

use crate::{
    attr::{self, Grammar, Slot, key},
    diag::Diag,
    krate::Krate,
};
use syn::{Data, DataEnum, DataStruct, DeriveInput, Field, Fields, Ident, Member};

pub(super) const TYPE: Grammar = Grammar {
    attribute: "indexed",
    place: "a type that rows are found by",
    keys: &[key("crate", "crate = ::annals")],
    elsewhere: &[],
};

/// A type that rows are found by, as far as it could be read.
pub(super) struct Model<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) krate: Krate,
    pub(super) order: Order<'a>,
}

/// What the order of the values is.
pub(super) enum Order<'a> {
    /// That of the variants.
    Variants(Vec<&'a Ident>),
    /// That of the only field.
    Field(Member, &'a Field),
    /// None, which was reported.
    Unknown,
}

pub(super) fn read<'a>(diag: &mut Diag, input: &'a DeriveInput) -> Model<'a> {
    let (mut krate, mut given_krate) = (Krate::default(), Slot::default());
    attr::read(diag, &TYPE, &input.attrs, |diag, entry| {
        krate.read(diag, entry);
        given_krate.set(diag, &entry.key, Some(()));
    });
    let order = match &input.data {
        Data::Enum(data) => read_enum(diag, data),
        Data::Struct(data) => read_struct(diag, input, data),
        Data::Union(data) => {
            diag.error(data.union_token, "`Indexed` cannot be derived for a union\nhelp: use an enum or a struct");
            Order::Unknown
        }
    };
    Model { input, krate, order }
}

/// A variant is stored as its place, which says nothing of fields.
fn read_enum<'a>(diag: &mut Diag, data: &'a DataEnum) -> Order<'a> {
    for variant in &data.variants {
        misplaced(diag, &variant.attrs, "a variant");
        for field in &variant.fields {
            misplaced(diag, &field.attrs, "a field");
        }
        if !variant.fields.is_empty() {
            let message = format!(
                "variant `{}` has a field, and an enum is stored as the place of its variant alone\nhelp: index what the field holds as a field of the row, or write `impl Indexed` by hand",
                variant.ident
            );
            diag.error(&variant.fields, message);
        }
    }
    Order::Variants(data.variants.iter().map(|variant| &variant.ident).collect())
}

/// A struct of one field is stored as that field.
fn read_struct<'a>(diag: &mut Diag, input: &'a DeriveInput, data: &'a DataStruct) -> Order<'a> {
    for field in &data.fields {
        misplaced(diag, &field.attrs, "a field");
    }
    match (data.fields.members().next(), data.fields.iter().next(), data.fields.len()) {
        (Some(member), Some(field), 1) => return Order::Field(member, field),
        (_, _, 0) => {
            let name = &input.ident;
            let message =
                format!("`{name}` has no field to find rows by\nhelp: give it one: `struct {name}(String);`");
            match &data.fields {
                Fields::Unit => diag.error(name, message),
                fields => diag.error(fields, message),
            }
        }
        (_, _, several) => diag.error(
            &data.fields,
            format!(
                "a struct of {several} fields has no one order\nhelp: index each as a field of the row, or write `impl Indexed` by hand"
            ),
        ),
    }
    Order::Unknown
}

fn misplaced(diag: &mut Diag, attributes: &[syn::Attribute], place: &str) {
    attr::misplaced(diag, attributes, place, &[("indexed", "on the type")]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        for key in TYPE.keys {
            let input = format!("#[indexed({0}, {0})] struct S(u8);", key.example);
            let input = syn::parse_str(&input).unwrap();
            let mut diag = Diag::new();
            read(&mut diag, &input);
            let told: Vec<_> = diag.finish().unwrap_err().into_iter().map(|error| error.to_string()).collect();
            assert_eq!(told, [format!("`{}` is given twice", key.name)]);
        }
    }
}
