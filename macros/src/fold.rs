//! How a struct follows events: its `#[on]`, its fields' `#[on]`, and what it ignores; for aggregates and projections alike.

use crate::{
    arm::{self, Arm, Events, Kind, Named},
    attr::{self, Entry},
    diag::Diag,
};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Field, Fields, Ident, LitStr, Path, Token, Type, TypePath,
    ext::IdentExt,
    parse::ParseStream,
    punctuated::Punctuated,
    token::{Brace, Paren},
};

/// What a struct does with each event.
pub(crate) struct Fold<'a> {
    pub(crate) events: Events,
    fields: Vec<(&'a Ident, Vec<Arm>)>,
    after: Vec<Arm>,
    pub(crate) ignored: Ignored,
}

/// What is left out knowingly.
pub(crate) struct Ignored {
    /// `ignore(A, B)`
    pub(crate) variants: Vec<Named>,
    /// `ignore(_)`
    pub(crate) rest: Option<Token![_]>,
}

impl Ignored {
    /// The variants as generated code names them.
    pub(crate) fn quiet(&self) -> Vec<Named> {
        self.variants.iter().cloned().map(Named::quiet).collect()
    }
}

/// An item of `ignore(…)`, as it was written.
pub(crate) enum Ignore {
    Variant(Path),
    Rest(Token![_]),
}

/// Reads `ignore(A, B)`.
pub(crate) fn read_ignore(diag: &mut Diag, entry: &Entry<'_, '_>) -> Option<Vec<Ignore>> {
    let parse = |input: ParseStream<'_>| Punctuated::<_, Token![,]>::parse_terminated_with(input, parse_ignore);
    let (items, parentheses) = entry.list(diag, "variants", parse)?;
    if items.is_empty() {
        diag.push(syn::Error::new(parentheses, "expected at least one variant\nhelp: name it, or leave `ignore` out"));
    }
    Some(items.into_iter().collect())
}

/// Reads the path of an event enum.
pub(crate) fn parse_event(input: ParseStream<'_>) -> syn::Result<TypePath> {
    let quotes = if input.peek(LitStr) { ", without quotes" } else { "" };
    let error =
        attr::error_at(input, format!("expected the path of an event enum\nhelp: write `events(OrderEvent)`{quotes}"));
    match input.parse().as_ref().map(attr::ungroup) {
        Ok(Type::Path(path)) if path.qself.is_none() => Ok(path.clone()),
        _ => Err(error),
    }
}

fn parse_ignore(input: ParseStream<'_>) -> syn::Result<Ignore> {
    if input.peek(Token![_]) {
        return input.parse().map(Ignore::Rest);
    }
    let quotes = if input.peek(LitStr) { ", without quotes" } else { "" };
    let error =
        attr::error_at(input, format!("expected the name of a variant\nhelp: write `ignore(Viewed, Printed)`{quotes}"));
    let Ok(path) = Path::parse_mod_style(input) else { return Err(error) };
    if input.peek(Brace) || input.peek(Paren) {
        let name = attr::source(&path);
        return Err(attr::error_at(input, format!("a variant is ignored as a whole\nhelp: write `{name}` alone")));
    }
    Ok(Ignore::Variant(path))
}

/// The fields of a struct that can follow events; `derive` is the derive's name.
pub(crate) fn read_fields<'a>(diag: &mut Diag, input: &'a DeriveInput, derive: &str, instead: &str) -> Vec<&'a Field> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return fields.named.iter().collect(),
            Fields::Unit => {}
            Fields::Unnamed(fields) => diag.error(
                fields,
                format!("`{derive}` needs fields with names\nhelp: write `struct {} {{ … }}`", input.ident),
            ),
        },
        Data::Enum(data) => {
            diag.error(data.enum_token, format!("`{derive}` can only be derived for a struct\nhelp: {instead}"));
        }
        Data::Union(data) => {
            diag.error(data.union_token, format!("`{derive}` cannot be derived for a union\nhelp: use a struct"));
        }
    }
    Vec::new()
}

/// The type is stored or kept beyond a call, so it borrows from nobody; `what` is what it is, as in `an aggregate`.
pub(crate) fn owns_its_data(diag: &mut Diag, input: &DeriveInput, what: &str) {
    for parameter in input.generics.lifetimes() {
        let lifetime = &parameter.lifetime;
        let message =
            format!("{what} must own its data, it cannot borrow `{lifetime}`\nhelp: use `String` instead of `&str`");
        diag.error(lifetime, message);
    }
}

impl<'a> Fold<'a> {
    /// Reads every `#[on]` of the struct and its fields, and resolves what is ignored.
    pub(crate) fn read(
        diag: &mut Diag,
        events: Events,
        attributes: &[Attribute],
        fields: &[&'a Field],
        ignore: &[Ignore],
    ) -> Self {
        let read_field = |field: &&'a Field| {
            let arms = arm::read(diag, &events, &field.attrs, "on", Kind::Field);
            Some((field.ident.as_ref()?, arms))
        };
        let fields = fields.iter().filter_map(read_field).filter(|(_, arms)| !arms.is_empty()).collect();
        let after = arm::read(diag, &events, attributes, "on", Kind::Struct);
        let ignored = resolve_ignored(diag, &events, ignore);
        Self { events, fields, after, ignored }
    }

    /// The variants that something happens to, and what that is.
    pub(crate) fn handled(&self) -> impl Iterator<Item = (String, &Named)> {
        let fields = self.fields.iter().flat_map(|(field, arms)| {
            let place = format!("field `{}` follows it", field.unraw());
            arms.iter().flat_map(|arm| &arm.named).map(move |named| (place.clone(), named))
        });
        let after = self.after.iter().flat_map(|arm| &arm.named);
        fields.chain(after.map(|named| ("an `#[on]` of the struct follows it".to_owned(), named)))
    }

    /// What is ignored is not handled; `further` handles variants beside the `#[on]`s.
    pub(crate) fn check<'b>(&'b self, diag: &mut Diag, further: impl Iterator<Item = (String, &'b Named)>) {
        let ignored = &self.ignored.variants;
        let handled: Vec<_> = self.handled().chain(further).collect();
        for (index, named) in ignored.iter().enumerate() {
            let name = named.name();
            if let Some((place, _)) = handled.iter().find(|(_, handled)| handled.is(named)) {
                let message = format!("`{name}` is ignored, but {place}\nhelp: take it out of `ignore(…)`");
                diag.error(named.ident(), message);
            }
            if ignored.iter().take(index).any(|other| other.is(named)) {
                diag.error(named.ident(), format!("`{name}` is ignored twice\nhelp: remove one"));
            }
        }
    }

    /// The match that makes rustc find a variant that nobody named.
    pub(crate) fn exhaustive<'b>(&'b self, further: impl Iterator<Item = &'b Named>) -> TokenStream {
        let handled = self.handled().map(|(_, named)| named).chain(further);
        let ignored = self.ignored.quiet();
        let mut named: Vec<_> = handled.collect();
        named.extend(&ignored);
        self.events.exhaustive(&named, self.ignored.rest.is_some())
    }

    /// What happens to the fields, in their order, and then what the struct's own `#[on]`s run.
    pub(crate) fn updates(&self) -> TokenStream {
        let fields = self.fields.iter().map(|(field, arms)| {
            // One match a field: an arm that an earlier one hides is found by rustc.
            let arms = arms.iter().map(|arm| arm.change(field));
            quote!(match __event { #(#arms)* _ => {} })
        });
        let after = self.after.iter().map(|arm| {
            let arm = arm.run();
            quote!(match __event { #arm _ => {} })
        });
        quote!(#(#fields)* #(#after)*)
    }
}

fn resolve_ignored(diag: &mut Diag, events: &Events, ignore: &[Ignore]) -> Ignored {
    let mut ignored = Ignored { variants: Vec::new(), rest: None };
    for item in ignore {
        match item {
            Ignore::Variant(path) => ignored.variants.extend(events.resolve(diag, path)),
            Ignore::Rest(underscore) if ignored.rest.is_some() => {
                diag.error(underscore, "`_` is given twice\nhelp: write `ignore(_)`");
            }
            Ignore::Rest(underscore) => ignored.rest = Some(*underscore),
        }
    }
    ignored
}
