//! Reads an event enum: its variants, their stored names, and what may bear them.

use super::undo::Undo;
use crate::{
    attr::{self, Entry, Grammar, Slot, Written, elsewhere, key},
    diag::Diag,
    krate::Krate,
};
use syn::{
    Data, DeriveInput, Field, Fields, Ident, LitInt, LitStr, Token, Type,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

pub(super) const ENUM: Grammar = Grammar {
    attribute: "event",
    place: "an event enum",
    keys: &[
        key("prefix", r#"prefix = "Order""#),
        key("retired", r#"retired("OrderPromised")"#),
        key("unlocked", "unlocked"),
        key("lock", r#"lock = "OrderEvent""#),
        key("crate", "crate = ::annals"),
    ],
    elsewhere: &[
        elsewhere("name", "on a variant"),
        elsewhere("alias", "on a variant"),
        elsewhere("version", "on a variant"),
        elsewhere("upcast", "on a variant"),
        elsewhere("unknown", "on a variant"),
    ],
};

pub(super) const VARIANT: Grammar = Grammar {
    attribute: "event",
    place: "a variant",
    keys: &[
        key("name", r#"name = "OrderPlaced""#),
        key("alias", r#"alias = "OrderMade""#),
        key("version", "version = 2"),
        key("upcast", "upcast(1 => CreatedV1)"),
        key("unknown", "unknown"),
    ],
    elsewhere: &[
        elsewhere("prefix", "on the enum"),
        elsewhere("retired", "on the enum"),
        elsewhere("lock", "on the enum"),
        elsewhere("unlocked", "on the enum"),
        elsewhere("crate", "on the enum"),
    ],
};

/// An event enum, as far as it could be read.
pub(super) struct Model<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) krate: Krate,
    pub(super) prefix: Slot<LitStr>,
    /// The stored type names that happened of old.
    pub(super) retired: Vec<LitStr>,
    /// The section of `annals.lock`, where it is not called like the enum.
    pub(super) lock: Slot<LitStr>,
    /// Whether the enum has no part in `annals.lock`.
    pub(super) unlocked: Slot<()>,
    pub(super) variants: Vec<Variant<'a>>,
}

/// A variant whose shape can be stored.
pub(super) struct Variant<'a> {
    pub(super) source: &'a syn::Variant,
    pub(super) name: Slot<LitStr>,
    pub(super) aliases: Vec<LitStr>,
    pub(super) version: Slot<(LitInt, u32)>,
    /// `upcast(1 => CreatedV1)`, as written.
    pub(super) upcasts: Slot<Vec<Upcast>>,
    pub(super) written: Written,
    /// Whether it takes the events of types that the enum does not know.
    pub(super) unknown: Slot<()>,
    pub(super) undo: Undo,
    pub(super) shape: Shape<'a>,
}

/// The shape of an older schema version.
pub(super) struct Upcast {
    pub(super) literal: LitInt,
    /// The version, where it reads as one.
    pub(super) version: Option<u32>,
    pub(super) ty: Type,
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

    /// The name of the enum's section in `annals.lock`.
    pub(super) fn section(&self) -> String {
        self.lock.get().map_or_else(|| self.input.ident.unraw().to_string(), LitStr::value)
    }

    /// The variants that have a stored name: all but the one that takes the unknown events.
    pub(super) fn known(&self) -> impl Iterator<Item = &Variant<'_>> {
        self.variants.iter().filter(|variant| variant.unknown.key().is_none())
    }

    /// The variants that an event can be made of by `From`: their payload's type is that of no other variant.
    pub(super) fn conversions(&self) -> Vec<(&Ident, &Type)> {
        let payloads: Vec<_> = self
            .variants
            .iter()
            .filter_map(|variant| match variant.shape {
                Shape::Newtype(field) if variant.unknown.get().is_none() => Some((variant.ident(), &field.ty)),
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

    /// The version of the payload's shape.
    pub(super) fn schema_version(&self) -> u32 {
        self.version.get().map_or(1, |(_, version)| *version)
    }

    /// The shapes of the older versions, the oldest first.
    pub(super) fn upcasts(&self) -> Vec<&Upcast> {
        let mut upcasts: Vec<_> = self.upcasts.get().into_iter().flatten().collect();
        upcasts.sort_by_key(|upcast| upcast.version);
        upcasts
    }
}

pub(super) fn read<'a>(diag: &mut Diag, input: &'a DeriveInput) -> Model<'a> {
    let mut model = Model {
        input,
        krate: Krate::default(),
        prefix: Slot::default(),
        retired: Vec::new(),
        lock: Slot::default(),
        unlocked: Slot::default(),
        variants: Vec::new(),
    };
    let (mut krate, mut retired) = (Slot::default(), Slot::default());
    attr::read(diag, &ENUM, &input.attrs, |diag, entry| match entry.name().as_str() {
        "prefix" => {
            let prefix = entry.string(diag);
            model.prefix.set(diag, &entry.key, prefix);
        }
        "retired" => {
            let names = read_retired(diag, entry);
            model.retired.extend(names.iter().flatten().cloned());
            retired.set(diag, &entry.key, names);
        }
        "lock" => {
            let section = entry.string(diag);
            model.lock.set(diag, &entry.key, section);
        }
        "unlocked" => {
            let flag = entry.flag(diag).then_some(());
            model.unlocked.set(diag, &entry.key, flag);
        }
        _ => {
            model.krate.read(diag, entry);
            krate.set(diag, &entry.key, Some(()));
        }
    });
    attr::misplaced(diag, &input.attrs, "the enum", &[("undo", "on a variant")]);
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

/// Reads `retired("OrderPromised", …)`.
fn read_retired(diag: &mut Diag, entry: &Entry<'_, '_>) -> Option<Vec<LitStr>> {
    let parse = |input: ParseStream<'_>| {
        Punctuated::<LitStr, Token![,]>::parse_terminated(input).map_err(|error| {
            let message = "expected a stored type name in quotes\nhelp: write `retired(\"OrderPromised\")`";
            syn::Error::new(error.span(), message)
        })
    };
    let (names, parentheses) = entry.list(diag, "stored type names", parse)?;
    if names.is_empty() {
        let message = "expected at least one stored type name\nhelp: name it, or leave `retired` out";
        diag.push(syn::Error::new(parentheses, message));
    }
    Some(names.into_iter().collect())
}

fn read_variant<'a>(diag: &mut Diag, source: &'a syn::Variant) -> Option<Variant<'a>> {
    let (mut name, mut aliases) = (Slot::default(), Vec::new());
    let (mut version, mut upcasts, mut unknown) = (Slot::default(), Slot::default(), Slot::default());
    let written = attr::read(diag, &VARIANT, &source.attrs, |diag, entry| match entry.name().as_str() {
        "name" => {
            let text = entry.string(diag);
            name.set(diag, &entry.key, text);
        }
        "alias" => aliases.extend(entry.string(diag)),
        "version" => {
            let number = entry.number(diag, "schema versions");
            version.set(diag, &entry.key, number);
        }
        "upcast" => {
            let steps = read_upcasts(diag, entry);
            upcasts.set(diag, &entry.key, steps);
        }
        _ => {
            let flag = entry.flag(diag).then_some(());
            unknown.set(diag, &entry.key, flag);
        }
    });
    let undo = Undo::read(diag, &source.attrs);
    for field in &source.fields {
        let known = [("event", "on the enum or on a variant"), ("undo", "on a variant")];
        attr::misplaced(diag, &field.attrs, "a field", &known);
    }
    let shape = read_shape(diag, source)?;
    Some(Variant { source, name, aliases, version, upcasts, written, unknown, undo, shape })
}

/// Reads `upcast(1 => CreatedV1, …)`.
fn read_upcasts(diag: &mut Diag, entry: &Entry<'_, '_>) -> Option<Vec<Upcast>> {
    let parse = |input: ParseStream<'_>| Punctuated::<Upcast, Token![,]>::parse_terminated(input);
    let (mut upcasts, parentheses) = entry.list(diag, "the shapes of older versions", parse)?;
    if upcasts.is_empty() {
        let message = "expected at least one step\nhelp: write `upcast(1 => CreatedV1)`, or leave `upcast` out";
        diag.push(syn::Error::new(parentheses, message));
    }
    for upcast in &mut upcasts {
        upcast.version = diag.absorb(attr::number(&upcast.literal, "schema versions"));
    }
    Some(upcasts.into_iter().collect())
}

impl Parse for Upcast {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const HELP: &str = "help: write `upcast(1 => CreatedV1)`";
        let number = input.parse().map_err(|error: syn::Error| {
            syn::Error::new(error.span(), format!("expected the number of an older schema version\n{HELP}"))
        });
        let literal: LitInt = number?;
        if !input.peek(Token![=>]) {
            let message = format!("expected `=>` and the type that has the shape of version {literal}\n{HELP}");
            return Err(attr::error_at(input, message));
        }
        let _: Token![=>] = input.parse()?;
        let quotes = if input.peek(LitStr) { ", without quotes" } else { "" };
        let error = attr::error_at(input, format!("expected a type\n{HELP}{quotes}"));
        let ty = input.parse().map_err(|_| error)?;
        Ok(Self { literal, version: None, ty })
    }
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
