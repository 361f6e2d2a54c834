//! `#[index]`, `#[index(range)]`, `#[index(range, per = user_id)]`: what rows are found by, and the finders.

use super::model::Model;
use crate::{
    attr::{self, Grammar, key},
    diag::Diag,
    implementation::{self, relocate},
    krate::Krate,
    suggest,
};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Field, Ident, Meta, ext::IdentExt, parse::Parse};

const KEYS: Grammar = Grammar {
    attribute: "index",
    place: "a field",
    keys: &[key("range", "range"), key("per", "range, per = user_id")],
    elsewhere: &[],
};

/// An index that a field declares: by its own value, or within each value of another field.
pub(super) struct Index<'a> {
    attribute: &'a Attribute,
    field: Named<'a>,
    range: bool,
    /// What was written behind `per =`.
    per: Option<Ident>,
    /// The field that it names.
    within: Option<Named<'a>>,
}

/// A field with its name.
#[derive(Clone, Copy)]
struct Named<'a> {
    field: &'a Field,
    name: &'a Ident,
}

impl<'a> Named<'a> {
    fn of(field: &'a Field) -> Option<Self> {
        field.ident.as_ref().map(|name| Self { field, name })
    }

    fn text(self) -> String {
        self.name.unraw().to_string()
    }
}

/// Reads every `#[index]` of the fields.
pub(super) fn read<'a>(diag: &mut Diag, fields: &[&'a Field]) -> Vec<Index<'a>> {
    let mut indexes = Vec::new();
    for field in fields.iter().filter_map(|field| Named::of(field)) {
        for attribute in attr::named(&field.field.attrs, KEYS.attribute) {
            indexes.push(read_one(diag, fields, field, attribute));
        }
    }
    indexes
}

fn read_one<'a>(diag: &mut Diag, fields: &[&'a Field], field: Named<'a>, attribute: &'a Attribute) -> Index<'a> {
    let mut index = Index { attribute, field, range: false, per: None, within: None };
    if matches!(attribute.meta, Meta::Path(_)) {
        return index;
    }
    let (mut range, mut per) = (attr::Slot::default(), attr::Slot::default());
    let written = attr::read(diag, &KEYS, std::slice::from_ref(attribute), |diag, entry| {
        if entry.name() == "range" {
            let flag = entry.flag(diag).then_some(());
            range.set(diag, &entry.key, flag);
        } else {
            let name = entry.value(diag, "the name of a field", <Ident as Parse>::parse);
            per.set(diag, &entry.key, name);
        }
    });
    index.range = written.has("range");
    if let Some(key) = per.key().filter(|_| written.lacks("range")) {
        diag.error(
            key,
            "`per` orders the rows of each value, by ranges\nhelp: write `#[index(range, per = …)]`; where single values are enough, write `#[index]` on both fields",
        );
    }
    index.within = per.get().and_then(|name| look_up(diag, fields, field, name));
    index.per = per.get().cloned();
    index
}

/// The field that `per` names, or nothing after a report.
fn look_up<'a>(diag: &mut Diag, fields: &[&'a Field], field: Named<'a>, name: &Ident) -> Option<Named<'a>> {
    let known: Vec<_> = fields.iter().filter_map(|field| Named::of(field)).collect();
    let Some(found) = known.iter().find(|known| known.name.unraw() == name.unraw()) else {
        let names: Vec<_> = known.iter().filter(|known| known.name != field.name).map(|known| known.text()).collect();
        let wanted = name.unraw().to_string();
        let help = match suggest::closest(&wanted, names.iter().map(String::as_str)) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "name another field of the row".to_owned(),
        };
        diag.error(name, format!("the row has no field `{wanted}`\nhelp: {help}"));
        return None;
    };
    if found.name == field.name {
        diag.error(
            name,
            format!(
                "`{}` is the field itself, so each of its values stands alone\nhelp: write `#[index(range)]`",
                found.text()
            ),
        );
        return None;
    }
    Some(*found)
}

impl Index<'_> {
    /// The index' name, as stored.
    fn name(&self) -> String {
        let field = self.field.text();
        self.within.map_or_else(|| field.clone(), |within| format!("{}.{field}", within.text()))
    }

    /// The name of the function that asks it.
    fn finder(&self) -> String {
        let field = self.field.text();
        self.within.map_or_else(|| format!("by_{field}"), |within| format!("by_{}_and_{field}", within.text()))
    }

    /// The fields whose values make an entry, in their order.
    fn fields(&self) -> impl Iterator<Item = Named<'_>> {
        self.within.into_iter().chain([self.field])
    }

    /// Whether what was written says what the index is.
    fn is_known(&self) -> bool {
        self.per.is_none() || self.within.is_some()
    }
}

/// The rules that indexes must keep.
pub(super) fn check(diag: &mut Diag, model: &Model<'_>) {
    if model.written.has("single") {
        for index in &model.indexes {
            diag.error(
                index.attribute.path(),
                "the only row of `single` is got without looking for it\nhelp: remove `#[index]`, or `single`",
            );
        }
        return;
    }
    names_are_storable(diag, model);
    keys_find_by_range(diag, model);
    values_come_back(diag, model);
    finders_differ(diag, model);
}

/// An index is stored under the names of its fields.
fn names_are_storable(diag: &mut Diag, model: &Model<'_>) {
    for field in fields(model) {
        let name = field.text();
        if !name.is_ascii() {
            let message = format!(
                "rows cannot be found by `{name}`: an index is stored under the field's name\nhelp: use ASCII letters, digits and `_`"
            );
            diag.error(field.name, message);
        }
    }
}

/// A row is got by its key, and there is one of each; what an index adds is ranges of keys.
fn keys_find_by_range(diag: &mut Diag, model: &Model<'_>) {
    let is_key = |name: &Ident| model.key_fields.iter().any(|key| key.name == name);
    for index in &model.indexes {
        let name = index.field.text();
        if is_key(index.field.name) && !index.range && index.per.is_none() {
            let message = format!(
                "`{name}` is the key, by which a row is got anyway\nhelp: remove `#[index]`, or write `#[index(range)]` for ranges of keys"
            );
            diag.error(index.attribute.path(), message);
        }
        if let (Some(per), Some(within)) = (&index.per, index.within)
            && is_key(within.name)
        {
            let message = format!(
                "`{}` is the key, so each of its values has one row\nhelp: write `#[index(range)]`",
                within.text()
            );
            diag.error(per, message);
        }
    }
}

/// What a row is found by is stored with it, or the row would be found by something else once it was read back.
fn values_come_back(diag: &mut Diag, model: &Model<'_>) {
    for field in fields(model) {
        for key in attr::foreign_keys(&field.field.attrs, "serde") {
            if ["skip", "skip_serializing", "skip_deserializing"].iter().any(|skip| key == skip) {
                let message = format!(
                    "`#[serde({key})]` would leave a field that rows are found by out of the stored row\nhelp: remove it, or take the index away"
                );
                diag.error(&key, message);
            }
        }
    }
}

/// Each index is declared once, and each finder finds by one.
fn finders_differ(diag: &mut Diag, model: &Model<'_>) {
    let known = |index: &&Index<'_>| index.is_known();
    for (at, index) in model.indexes.iter().enumerate().filter(|(_, index)| index.is_known()) {
        let mut earlier = model.indexes.iter().take(at).filter(known);
        let Some(other) = earlier.find(|other| other.finder() == index.finder()) else { continue };
        let finder = index.finder();
        let message = if other.name() != index.name() {
            format!(
                "two finders would be called `{finder}`: of the indexes `{}` and `{}`\nhelp: rename a field",
                other.name(),
                index.name()
            )
        } else if other.range == index.range {
            format!("the index `{}` is declared twice\nhelp: remove one", index.name())
        } else {
            format!(
                "`#[index(range)]` finds single values too: `{finder}(a..=a)`\nhelp: remove the other `#[index]` of this field"
            )
        };
        diag.error(index.attribute.path(), message);
    }
}

/// The fields that rows are found by, each once.
fn fields<'a>(model: &'a Model<'_>) -> Vec<Named<'a>> {
    let mut fields: Vec<Named<'_>> = Vec::new();
    for field in model.indexes.iter().flat_map(Index::fields) {
        if !fields.iter().any(|known| known.name == field.name) {
            fields.push(field);
        }
    }
    fields
}

/// The types that rows are found by, each with the trait that it has.
pub(super) fn bounds(model: &Model<'_>) -> Vec<(TokenStream, TokenStream)> {
    let krate = &model.krate;
    let bound = |field: Named<'_>| (field.field.ty.to_token_stream(), quote!(#krate::Indexed));
    fields(model).into_iter().map(bound).collect()
}

/// The parts of the trait that declare the indexes and write a row's entries.
pub(super) fn declared(model: &Model<'_>) -> Option<TokenStream> {
    let Model { krate, indexes, .. } = model;
    let descriptors = indexes.iter().map(|index| {
        let (name, parts) = (index.name(), index.fields().count());
        quote!(#krate::index::IndexDescriptor::new(#name, #parts))
    });
    let entries = indexes.iter().map(|index| {
        let name = index.name();
        let values = index.fields().map(|field| {
            let (indexed, field) = (indexed(krate, field), implementation::quiet(field.name));
            quote!(#indexed(&self.#field))
        });
        quote!(#krate::index::IndexEntries::add(__entries, #name, &[#(#values),*])?;)
    });
    (!indexes.is_empty()).then(|| {
        quote! {
            const INDEXES: &'static [#krate::index::IndexDescriptor] = &[#(#descriptors),*];

            fn index(
                &self,
                __entries: &mut #krate::index::IndexEntries,
            ) -> ::core::result::Result<(), #krate::index::NotIndexable> {
                #(#entries)*
                ::core::result::Result::Ok(())
            }
        }
    })
}

/// The function that writes a field's value. What is wrong with the field's type is told at the type.
fn indexed(krate: &Krate, Named { field, .. }: Named<'_>) -> TokenStream {
    let ty = field.ty.to_token_stream();
    let (from, to) = implementation::ends(&ty);
    let krate = krate.at(from.resolved_at(Span::call_site()));
    let (open, close) = (relocate(quote!(#krate::__private::indexed::<), from), relocate(quote!(>), to));
    quote!(#open #ty #close)
}

/// The functions of the type that ask the indexes.
pub(super) fn finders(model: &Model<'_>) -> Option<TokenStream> {
    let header = implementation::inherent_header(model.input, &bounds(model));
    let finders = model.indexes.iter().map(|index| index.written(model, Some(&index.question(&model.krate))));
    (!model.indexes.is_empty()).then(|| quote!(#header { #(#finders)* }))
}

/// The same for a projection with mistakes: what can be told of them, and no answers.
pub(super) fn stubs(model: &Model<'_>) -> Option<TokenStream> {
    let header = implementation::inherent_header(model.input, &[]);
    let mut known: Vec<&Index<'_>> = Vec::new();
    for index in &model.indexes {
        if index.is_known() && !known.iter().any(|known| known.finder() == index.finder()) {
            known.push(index);
        }
    }
    let finders = known.iter().map(|index| index.written(model, None));
    (!known.is_empty()).then(|| quote!(#header { #(#finders)* }))
}

impl Index<'_> {
    /// The finder with this body; without one, it gives nothing.
    fn written(&self, model: &Model<'_>, body: Option<&TokenStream>) -> TokenStream {
        let Model { krate, input, .. } = model;
        let (visibility, doc) = (&input.vis, self.doc());
        let mut finder = format_ident!("{}", self.finder());
        finder.set_span(implementation::quiet(self.field.name).span());
        let taken = |field: Named<'_>, range| {
            let name = body.map_or_else(|| quote!(_), |_| implementation::quiet(field.name).into_token_stream());
            let (ty, into) = (&field.field.ty, if range { quote!(IntoRange) } else { quote!(IntoIndexed) });
            quote!(#name: impl #krate::index::#into<#ty>)
        };
        let within = self.within.map(|field| taken(field, false));
        let parameters = within.into_iter().chain([taken(self.field, self.range)]);
        let nothing = quote!(::core::unreachable!());
        let body = body.unwrap_or(&nothing);
        quote! {
            #doc
            #[must_use]
            #visibility fn #finder(#(#parameters),*) -> #krate::index::Query<Self> {
                #body
            }
        }
    }

    /// The finder's doc comment.
    fn doc(&self) -> TokenStream {
        let field = self.field.text();
        match (self.within.map(Named::text), self.range) {
            (Some(within), _) => {
                quote!(#[doc = ::core::concat!("The rows with this `", #within, "` and with `", #field, "` in this range.")])
            }
            (None, true) => quote!(#[doc = ::core::concat!("The rows with `", #field, "` in this range.")]),
            (None, false) => quote!(#[doc = ::core::concat!("The rows with this `", #field, "`.")]),
        }
    }

    /// What the finder gives.
    fn question(&self, krate: &Krate) -> TokenStream {
        let how = match (self.within, self.range) {
            (Some(_), _) => quote!(range_per),
            (None, true) => quote!(range),
            (None, false) => quote!(exact),
        };
        let name = self.name();
        let values = self.fields().map(|field| {
            let (indexed, field) = (indexed(krate, field), implementation::quiet(field.name));
            quote!(#field, #indexed)
        });
        quote!(#krate::__private::#how(#name, #(#values),*))
    }
}
