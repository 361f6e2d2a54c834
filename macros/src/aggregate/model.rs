//! Reads an aggregate: its events, its id and name, and how its fields follow the events.

use super::snapshot::{self, Snapshot};
use crate::{
    arm::Events,
    attr::{self, Grammar, Slot, Written, elsewhere, key},
    diag::Diag,
    fold::{self, Fold},
    krate::Krate,
    name,
};
use syn::{DeriveInput, LitStr, Type, TypePath, ext::IdentExt, parse::Parse};

pub(super) const STRUCT: Grammar = Grammar {
    attribute: "aggregate",
    place: "an aggregate",
    keys: &[
        key("event", "event = OrderEvent"),
        key("id", "id = OrderId"),
        key("name", r#"name = "order""#),
        key("ignore", "ignore(Viewed, Printed)"),
        key("snapshot", "snapshot(every = 100)"),
        key("crate", "crate = ::annals"),
    ],
    elsewhere: &[elsewhere("every", "in `snapshot(…)`"), elsewhere("version", "in `snapshot(…)`")],
};

/// An aggregate, as far as it could be read.
pub(super) struct Model<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) krate: Krate,
    pub(super) event: Slot<TypePath>,
    pub(super) id: Slot<Type>,
    pub(super) name: Slot<LitStr>,
    pub(super) snapshot: Slot<Snapshot>,
    pub(super) written: Written,
    pub(super) fold: Fold<'a>,
}

impl Model<'_> {
    /// The name under which the aggregate's streams are stored.
    pub(super) fn name(&self) -> String {
        self.name.get().map_or_else(|| name::snake_case(&self.input.ident.unraw().to_string()), LitStr::value)
    }
}

pub(super) fn read<'a>(diag: &mut Diag, input: &'a DeriveInput) -> Model<'a> {
    let (mut krate, mut event, mut id, mut name) =
        (Krate::default(), Slot::default(), Slot::default(), Slot::default());
    let (mut ignore, mut snapshot, mut given_krate) = (Slot::default(), Slot::default(), Slot::default());
    let written = attr::read(diag, &STRUCT, &input.attrs, |diag, entry| match entry.name().as_str() {
        "event" => {
            let ty = entry.value(diag, "the path of an event enum", fold::parse_event);
            event.set(diag, &entry.key, ty);
        }
        "id" => {
            let ty = entry.value(diag, "a type", Type::parse);
            id.set(diag, &entry.key, ty);
        }
        "name" => {
            let text = entry.string(diag);
            name.set(diag, &entry.key, text);
        }
        "ignore" => {
            let items = fold::read_ignore(diag, entry);
            ignore.set(diag, &entry.key, items);
        }
        "snapshot" => {
            let found = snapshot::read(diag, entry);
            snapshot.set(diag, &entry.key, found);
        }
        _ => {
            krate.read(diag, entry);
            given_krate.set(diag, &entry.key, Some(()));
        }
    });
    let ignore = ignore.get().map(Vec::as_slice).unwrap_or_default();
    let path = event.get().map(|event: &TypePath| event.path.clone());
    let fields =
        fold::read_fields(diag, input, "Aggregate", "use a struct, with a field that says which state it is in");
    for field in &fields {
        attr::misplaced(diag, &field.attrs, "a field", &[("aggregate", "on the struct")]);
    }
    let fold = Fold::read(diag, Events::new(&krate, path), &input.attrs, &fields, ignore);
    Model { input, krate, event, id, name, snapshot, written, fold }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        for key in STRUCT.keys {
            let input = format!("#[aggregate({0}, {0})] struct S {{}}", key.example);
            let input = syn::parse_str(&input).unwrap();
            let mut diag = Diag::new();
            read(&mut diag, &input);
            let told: Vec<_> = diag.finish().unwrap_err().into_iter().map(|error| error.to_string()).collect();
            assert_eq!(told, [format!("`{}` is given twice", key.name)]);
        }
    }
}
