//! Reads an event enum: its variants, their stored names, and what may bear them.

use crate::{
    attr::{self, Grammar, Slot, elsewhere, key},
    diag::Diag,
    krate::Krate,
};
use syn::{Data, DeriveInput, Field, Fields, Ident, LitStr, Type, ext::IdentExt};

pub(super) const ENUM: Grammar = Grammar {
    attribute: "event",
    place: "an event enum",
    keys: &[key("prefix", r#"prefix = "Order""#), key("crate", "crate = ::annals")],
    elsewhere: &[elsewhere("name", "on a variant"), elsewhere("alias", "on a variant")],
};

pub(super) const VARIANT: Grammar = Grammar {
    attribute: "event",
    place: "a variant",
    keys: &[key("name", r#"name = "OrderPlaced""#), key("alias", r#"alias = "OrderMade""#)],
    elsewhere: &[elsewhere("prefix", "on the enum"), elsewhere("crate", "on the enum")],
};

/// An event enum, as far as it could be read.
pub(super) struct Model<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) krate: Krate,
    pub(super) prefix: Slot<LitStr>,
    pub(super) variants: Vec<Variant<'a>>,
}

/// A variant whose shape can be stored.
pub(super) struct Variant<'a> {
    pub(super) source: &'a syn::Variant,
    pub(super) name: Slot<LitStr>,
    pub(super) aliases: Vec<LitStr>,
    pub(super) shape: Shape<'a>,
}

/// How the fields of a variant are written.
pub(super) enum Shape<'a> {
    Unit,
    Newtype(&'a Field),
    Struct,
}

impl Model<'_> {
    /// What the stored names of all variants begin with.
    pub(super) fn prefix(&self) -> String {
        if let Some(prefix) = self.prefix.get() {
            return prefix.value();
        }
        let name = self.input.ident.unraw().to_string();
        let stem = name.strip_suffix("Events").or_else(|| name.strip_suffix("Event")).unwrap_or_default();
        if stem.is_empty() { name } else { stem.to_owned() }
    }

    /// The name under which events of this variant are stored.
    pub(super) fn event_type(&self, variant: &Variant<'_>) -> String {
        match variant.name.get() {
            Some(name) => name.value(),
            None => self.prefix() + &variant.ident().unraw().to_string(),
        }
    }

    /// The variants that an event can be made of by `From`: their payload's type is that of no other variant.
    pub(super) fn conversions(&self) -> Vec<(&Ident, &Type)> {
        let payloads: Vec<_> = self
            .variants
            .iter()
            .filter_map(|variant| match variant.shape {
                Shape::Newtype(field) => Some((variant.ident(), &field.ty)),
                _ => None,
            })
            .collect();
        let occurs = |ty: &Type| payloads.iter().filter(|(_, other)| attr::source(other) == attr::source(ty)).count();
        payloads.iter().filter(|(_, ty)| !self.may_be_any_type(ty) && occurs(ty) == 1).copied().collect()
    }

    /// Whether the type begins with a type parameter: it may turn out to be that of another variant, or the enum itself.
    fn may_be_any_type(&self, ty: &Type) -> bool {
        let Type::Path(path) = attr::ungroup(ty) else { return false };
        let first = path.path.segments.first().map(|segment| &segment.ident);
        path.qself.is_some() || self.input.generics.type_params().any(|parameter| Some(&parameter.ident) == first)
    }
}

impl<'a> Variant<'a> {
    pub(super) fn ident(&self) -> &'a Ident {
        &self.source.ident
    }
}

pub(super) fn read<'a>(diag: &mut Diag, input: &'a DeriveInput) -> Model<'a> {
    let mut model = Model { input, krate: Krate::default(), prefix: Slot::default(), variants: Vec::new() };
    let mut krate = Slot::default();
    attr::read(diag, &ENUM, &input.attrs, |diag, entry| {
        if entry.name() == "prefix" {
            let prefix = entry.string(diag);
            model.prefix.set(diag, &entry.key, prefix);
        } else {
            model.krate.read(diag, entry);
            krate.set(diag, &entry.key, Some(()));
        }
    });
    match &input.data {
        Data::Enum(data) => {
            model.variants = data.variants.iter().filter_map(|variant| read_variant(diag, variant)).collect();
        }
        Data::Struct(data) => diag.error(
            data.struct_token,
            "`Event` can only be derived for an enum\nhelp: give each event its own variant of one enum",
        ),
        Data::Union(data) => diag.error(data.union_token, "`Event` cannot be derived for a union\nhelp: use an enum"),
    }
    model
}

fn read_variant<'a>(diag: &mut Diag, source: &'a syn::Variant) -> Option<Variant<'a>> {
    let (mut name, mut aliases) = (Slot::default(), Vec::new());
    attr::read(diag, &VARIANT, &source.attrs, |diag, entry| {
        let text = entry.string(diag);
        if entry.name() == "name" {
            name.set(diag, &entry.key, text);
        } else {
            aliases.extend(text);
        }
    });
    for field in &source.fields {
        attr::misplaced(diag, &field.attrs, "a field", &[("event", "on the enum or on a variant")]);
    }
    let shape = read_shape(diag, source)?;
    Some(Variant { source, name, aliases, shape })
}

fn read_shape<'a>(diag: &mut Diag, source: &'a syn::Variant) -> Option<Shape<'a>> {
    let ident = &source.ident;
    let problem = match &source.fields {
        Fields::Unit => return Some(Shape::Unit),
        Fields::Named(_) => return Some(Shape::Struct),
        Fields::Unnamed(fields) => match fields.unnamed.iter().collect::<Vec<_>>().as_slice() {
            [payload] => return Some(Shape::Newtype(payload)),
            [] => format!("`{ident}()` has no field to store\nhelp: write `{ident}` or `{ident} {{}}`"),
            many => format!(
                "`{ident}` has {} fields without names, which would be stored by their place\nhelp: name them: `{ident} {{ … }}`",
                many.len()
            ),
        },
    };
    diag.error(&source.fields, problem);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        for (grammar, around) in [(&ENUM, "# enum E { A }"), (&VARIANT, "enum E { # A }")] {
            // An alias may be given several times.
            for key in grammar.keys.iter().filter(|key| key.name != "alias") {
                let twice = format!("#[event({0}, {0})]", key.example);
                let input = syn::parse_str(&around.replacen('#', &twice, 1)).unwrap();
                let mut diag = Diag::new();
                read(&mut diag, &input);
                let told: Vec<_> = diag.finish().unwrap_err().into_iter().map(|error| error.to_string()).collect();
                assert_eq!(told, [format!("`{}` is given twice", key.name)], "{}", grammar.place);
            }
        }
        let input = syn::parse_str("enum E { #[event(alias = \"a\", alias = \"b\")] A }").unwrap();
        let mut diag = Diag::new();
        let aliases: Vec<_> = read(&mut diag, &input).variants[0].aliases.iter().map(LitStr::value).collect();
        diag.finish().unwrap();
        assert_eq!(aliases, ["a", "b"]);
    }
}
