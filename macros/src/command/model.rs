//! Reads what the user wrote about a command.

use super::{
    parameter::Parameters,
    rule::{self, Rules},
};
use crate::{
    attr::{self, Entry, Grammar, Key, Slot, elsewhere, key},
    diag::Diag,
    krate::Krate,
};
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Type, parse::Parse};

const ERROR: Key = key("error", "error = OrderError");
const CRATE: Key = key("crate", "crate = ::annals");
const CREATES: Key = key("creates", "creates");
const ANY: Key = key("any", "any");
const ID: Key = key("id", "id");

pub(super) const ENUM: Grammar = Grammar {
    attribute: "command",
    place: "a command enum",
    keys: &[ERROR, CRATE],
    elsewhere: &[elsewhere("creates", "on a variant"), elsewhere("any", "on a variant"), elsewhere("id", "on a field")],
};

pub(super) const STRUCT: Grammar = Grammar {
    attribute: "command",
    place: "a command struct",
    keys: &[ERROR, CRATE, CREATES, ANY],
    elsewhere: &[elsewhere("id", "on a field")],
};

pub(super) const VARIANT: Grammar = Grammar {
    attribute: "command",
    place: "a variant",
    keys: &[CREATES, ANY],
    elsewhere: &[elsewhere("error", "on the enum"), elsewhere("crate", "on the enum"), elsewhere("id", "on a field")],
};

pub(super) const FIELD: Grammar = Grammar {
    attribute: "command",
    place: "a field",
    keys: &[ID],
    elsewhere: &[
        elsewhere("creates", "on a variant, or on the command struct"),
        elsewhere("any", "on a variant, or on the command struct"),
        elsewhere("error", "on the command itself"),
        elsewhere("crate", "on the command itself"),
    ],
};

/// Every key of `#[command]`, wherever it belongs.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    [ERROR, CRATE, CREATES, ANY, ID].into_iter().map(|key| key.name)
}

/// Whether the word is a key of `#[command]`, and so no parameter.
pub(super) fn is_key(word: &str) -> bool {
    keys().any(|key| key == word)
}

/// A command as it was written.
pub(super) struct Model<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) krate: Krate,
    pub(super) parameters: Parameters,
    pub(super) error: Slot<Type>,
    /// Whether an `error` was written, readable or not.
    pub(super) declares_error: bool,
    /// The variants of an enum, or the one case that a struct is.
    pub(super) cases: Vec<Case<'a>>,
}

/// One thing that may be asked: a variant, or the whole struct.
pub(super) struct Case<'a> {
    /// The variant's name, or the struct's.
    pub(super) ident: &'a Ident,
    pub(super) is_variant: bool,
    pub(super) shape: &'a Fields,
    pub(super) existence: Option<(Ident, Existence)>,
    pub(super) fields: Vec<CommandField<'a>>,
    pub(super) rules: Rules,
}

impl Case<'_> {
    /// The field that carries the aggregate's id.
    pub(super) fn id(&self) -> Option<&CommandField<'_>> {
        self.fields.iter().find(|field| field.id.get().is_some())
    }
}

/// A named field.
pub(super) struct CommandField<'a> {
    pub(super) field: &'a Field,
    pub(super) ident: &'a Ident,
    /// `#[command(id)]`
    pub(super) id: Slot<()>,
}

/// What the command says about the aggregate's existence, where it is not the default.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Existence {
    New,
    Any,
}

pub(super) fn read<'a>(diag: &mut Diag, input: &'a DeriveInput) -> Model<'a> {
    let mut model = Model {
        input,
        krate: Krate::default(),
        parameters: Parameters::default(),
        error: Slot::default(),
        declares_error: false,
        cases: Vec::new(),
    };
    let (mut krate, mut existence) = (Slot::default(), None);
    let grammar = if matches!(input.data, Data::Struct(_)) { &STRUCT } else { &ENUM };
    attr::read_with(
        diag,
        grammar,
        "#[command(order: Order)]",
        &input.attrs,
        |diag, input| model.parameters.read(diag, input),
        |diag, entry| match entry.name().as_str() {
            "error" => {
                let ty = entry.value(diag, "a type", Type::parse);
                model.error.set(diag, &entry.key, ty);
                model.declares_error = true;
            }
            "crate" => {
                model.krate.read(diag, entry);
                krate.set(diag, &entry.key, Some(()));
            }
            _ => read_existence(diag, entry, &mut existence),
        },
    );
    match &input.data {
        Data::Struct(data) => {
            let rules = Rules::read(diag, &input.attrs);
            let fields = read_fields(diag, &data.fields, "on the struct");
            model.cases.push(Case {
                ident: &input.ident,
                is_variant: false,
                shape: &data.fields,
                existence,
                fields,
                rules,
            });
        }
        Data::Enum(data) => {
            rule::refuse(diag, &input.attrs, "a command enum", "on a variant");
            for variant in &data.variants {
                let existence = read_variant(diag, &variant.attrs);
                let rules = Rules::read(diag, &variant.attrs);
                let fields = read_fields(diag, &variant.fields, "on the variant");
                let (ident, shape) = (&variant.ident, &variant.fields);
                model.cases.push(Case { ident, is_variant: true, shape, existence, fields, rules });
            }
        }
        Data::Union(_) => {}
    }
    model
}

fn read_variant(diag: &mut Diag, attributes: &[Attribute]) -> Option<(Ident, Existence)> {
    let mut existence = None;
    attr::read(diag, &VARIANT, attributes, |diag, entry| read_existence(diag, entry, &mut existence));
    existence
}

/// Reads `creates` or `any`, of which a case has at most one.
fn read_existence(diag: &mut Diag, entry: &Entry<'_, '_>, existence: &mut Option<(Ident, Existence)>) {
    let found = if entry.name() == CREATES.name { Existence::New } else { Existence::Any };
    if !entry.flag(diag) {
        return;
    }
    match existence {
        None => *existence = Some((entry.key.clone(), found)),
        Some((_, first)) if *first == found => diag.error(&entry.key, format!("`{}` is given twice", entry.name())),
        Some((first, _)) => diag.error(
            &entry.key,
            format!(
                "`{first}` and `{}` exclude each other\nhelp: `any` also takes an aggregate that is new",
                entry.name()
            ),
        ),
    }
}

/// Reads the named fields; unnamed ones are refused by a check.
fn read_fields<'a>(diag: &mut Diag, fields: &'a Fields, belongs: &str) -> Vec<CommandField<'a>> {
    let mut found = Vec::new();
    for field in fields {
        rule::refuse(diag, &field.attrs, "a field", belongs);
        let mut id = Slot::default();
        attr::read(diag, &FIELD, &field.attrs, |diag, entry| {
            let flag = entry.flag(diag).then_some(());
            id.set(diag, &entry.key, flag);
        });
        if let Some(ident) = &field.ident {
            found.push(CommandField { field, ident, id });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        for (grammar, around) in [
            (&ENUM, "# enum C { #[emit(A)] A }"),
            (&STRUCT, "# #[emit(A)] struct C;"),
            (&VARIANT, "enum C { # #[emit(A)] A }"),
            (&FIELD, "struct C { # id: u8 }"),
        ] {
            for key in grammar.keys {
                let twice = format!("#[command({0}, {0})]", key.example);
                let input = syn::parse_str(&around.replacen('#', &twice, 1)).unwrap();
                let mut diag = Diag::new();
                read(&mut diag, &input);
                let told: Vec<_> = diag.finish().unwrap_err().into_iter().map(|error| error.to_string()).collect();
                assert_eq!(told, [format!("`{}` is given twice", key.name)], "{}", grammar.place);
            }
        }
    }
}
