//! Reads a projection: its events, its key, its indexes, and how its rows follow the events.

use super::index::{self, Index};
use crate::{
    arm::{self, Arm, Events, Kind, Named},
    attr::{self, Grammar, Slot, Written, key},
    diag::Diag,
    fold::{self, Fold},
    krate::Krate,
};
use syn::{
    Attribute, DeriveInput, Field, Ident, LitStr, Meta, Path, PathArguments, Token, TypePath, parse::ParseStream,
    punctuated::Punctuated,
};

pub(super) const STRUCT: Grammar = Grammar {
    attribute: "projection",
    place: "a projection",
    keys: &[
        key("name", r#"name = "order-summary""#),
        key("events", "events(OrderEvent)"),
        key("ignore", "ignore(Viewed, Printed)"),
        key("single", "single"),
        key("version", "version = 2"),
        key("crate", "crate = ::annals"),
    ],
    elsewhere: &[
        attr::elsewhere("key", "as `#[key]` on a field"),
        attr::elsewhere("index", "as `#[index]` on a field"),
        attr::elsewhere("row", "as `#[row(…)]` beside it"),
        attr::elsewhere("remove", "as `#[remove(…)]` beside it"),
    ],
};

/// A projection, as far as it could be read.
pub(super) struct Model<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) krate: Krate,
    pub(super) name: Slot<LitStr>,
    pub(super) events: Slot<Vec<TypePath>>,
    pub(super) version: Slot<u32>,
    pub(super) written: Written,
    pub(super) key_fields: Vec<KeyField<'a>>,
    pub(super) indexes: Vec<Index<'a>>,
    pub(super) fold: Fold<'a>,
    pub(super) rows: Vec<Arm>,
    pub(super) removals: Vec<Arm>,
}

/// A field under `#[key]`.
pub(super) struct KeyField<'a> {
    pub(super) attribute: &'a Attribute,
    pub(super) field: &'a Field,
    pub(super) name: &'a Ident,
}

impl Model<'_> {
    /// The variants that delete a row.
    pub(super) fn removed(&self) -> impl Iterator<Item = &Named> {
        self.removals.iter().flat_map(|arm| &arm.named)
    }
}

pub(super) fn read<'a>(diag: &mut Diag, input: &'a DeriveInput) -> Model<'a> {
    let (mut krate, mut name, mut events, mut version) =
        (Krate::default(), Slot::default(), Slot::default(), Slot::default());
    let (mut ignore, mut single, mut given_krate) = (Slot::default(), Slot::default(), Slot::default());
    let sample = r#"#[projection(name = "order-summary", events(OrderEvent))]"#;
    let take = |diag: &mut Diag, entry: &attr::Entry<'_, '_>| match entry.name().as_str() {
        "name" => {
            let text = entry.string(diag);
            name.set(diag, &entry.key, text);
        }
        "events" => {
            let list = read_events(diag, entry);
            events.set(diag, &entry.key, list);
        }
        "ignore" => {
            let items = fold::read_ignore(diag, entry);
            ignore.set(diag, &entry.key, items);
        }
        "single" => {
            let flag = entry.flag(diag).then_some(());
            single.set(diag, &entry.key, flag);
        }
        "version" => {
            let number = entry.number(diag, "versions").map(|(_, number)| number);
            version.set(diag, &entry.key, number);
        }
        _ => {
            krate.read(diag, entry);
            given_krate.set(diag, &entry.key, Some(()));
        }
    };
    let written = attr::read_with(diag, &STRUCT, sample, &input.attrs, |_, _| Ok(false), take);
    let fields = fold::read_fields(diag, input, "Projection", "a row is a struct");
    let misplaced = [("projection", "on the struct"), ("row", "on the struct"), ("remove", "on the struct")];
    for field in &fields {
        attr::misplaced(diag, &field.attrs, "a field", &misplaced);
    }
    attr::misplaced(diag, &input.attrs, "the struct", &[("key", "on a field"), ("index", "on a field")]);
    let key_fields = fields.iter().filter_map(|field| read_key(diag, field)).collect();
    let indexes = index::read(diag, &fields);
    let mut paths: Vec<Path> = Vec::new();
    for TypePath { path, .. } in events.get().into_iter().flatten() {
        // An enum that is listed twice, which is reported, is one enum to the patterns.
        if !paths.iter().any(|known| bare(known) == bare(path)) {
            paths.push(path.clone());
        }
    }
    let ignore = ignore.get().map(Vec::as_slice).unwrap_or_default();
    let fold = Fold::read(diag, Events::new(&krate, paths), &input.attrs, &fields, ignore);
    let rows = arm::read(diag, &fold.events, &input.attrs, "row", Kind::Row);
    let removals = arm::read(diag, &fold.events, &input.attrs, "remove", Kind::Remove);
    Model { input, krate, name, events, version, written, key_fields, indexes, fold, rows, removals }
}

/// Reads `events(A, B)`.
fn read_events(diag: &mut Diag, entry: &attr::Entry<'_, '_>) -> Option<Vec<TypePath>> {
    let parse = |input: ParseStream<'_>| Punctuated::<_, Token![,]>::parse_terminated_with(input, fold::parse_event);
    let (events, parentheses) = entry.list(diag, "event enums", parse)?;
    if events.is_empty() {
        diag.push(syn::Error::new(parentheses, "expected at least one event enum\nhelp: write `events(OrderEvent)`"));
        return None;
    }
    Some(events.into_iter().collect())
}

/// The field, if it is under `#[key]`.
fn read_key<'a>(diag: &mut Diag, field: &'a Field) -> Option<KeyField<'a>> {
    let name = field.ident.as_ref()?;
    let mut found = None;
    for attribute in attr::named(&field.attrs, "key") {
        if !matches!(attribute.meta, Meta::Path(_)) {
            diag.error(&attribute.meta, "`key` takes no value\nhelp: write `#[key]`");
        }
        if found.is_some() {
            diag.error(attribute.path(), "`key` is given twice");
        }
        found = Some(KeyField { attribute, field, name });
    }
    found
}

/// The enum's path without type arguments: what two enums of one projection are told apart by.
pub(super) fn bare(path: &Path) -> String {
    let mut path = path.clone();
    for segment in &mut path.segments {
        segment.arguments = PathArguments::None;
    }
    attr::source(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        for key in STRUCT.keys {
            let input = format!("#[projection({0}, {0})] struct S {{}}", key.example);
            let input = syn::parse_str(&input).unwrap();
            let mut diag = Diag::new();
            read(&mut diag, &input);
            let told: Vec<_> = diag.finish().unwrap_err().into_iter().map(|error| error.to_string()).collect();
            assert_eq!(told, [format!("`{}` is given twice", key.name)]);
        }
    }
}
