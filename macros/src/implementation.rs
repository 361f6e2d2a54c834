//! The first line of a generated impl, and where its tokens stand: the names that it takes from the user, and their places.

use crate::attr;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{DeriveInput, GenericParam, Ident, WherePredicate, parse_quote};

/// The type's name, for use in generated code: where it is deprecated, an impl for it is no use of it.
pub(crate) fn type_name(input: &DeriveInput) -> Ident {
    quiet(&input.ident)
}

/// A name of the user's that stands where they wrote it, without the warnings that a use of it by them would give.
pub(crate) fn quiet(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(name.span().resolved_at(Span::call_site()));
    name
}

/// The same tokens, standing at `span` and meaning what they meant where they stood.
pub(crate) fn relocate(tokens: TokenStream, span: Span) -> TokenStream {
    let relocated = tokens.into_iter().map(|token| {
        let place = span.resolved_at(token.span());
        let mut token = match token {
            TokenTree::Group(group) => Group::new(group.delimiter(), relocate(group.stream(), span)).into(),
            token => token,
        };
        token.set_span(place);
        token
    });
    relocated.collect()
}

/// Where the tokens begin and end.
pub(crate) fn ends(tokens: &TokenStream) -> (Span, Span) {
    let spans = || tokens.clone().into_iter().map(|token| token.span());
    let first = spans().next().unwrap_or_else(Span::call_site);
    (first, spans().last().unwrap_or(first))
}

/// `impl<…> Trait for Type<…> where …`, under `#[automatically_derived]`.
///
/// `supertraits` are those that a type with type parameters may have for some of them only; of any other type, rustc
/// sees by itself whether it has them, and says so better.
pub(crate) fn header(input: &DeriveInput, the_trait: &TokenStream, supertraits: &TokenStream) -> TokenStream {
    header_where(input, the_trait, supertraits, &[])
}

/// As [`header`], where other types may depend on the type parameters too: each with the trait that it must have.
pub(crate) fn header_where(
    input: &DeriveInput,
    the_trait: &TokenStream,
    supertraits: &TokenStream,
    others: &[(TokenStream, TokenStream)],
) -> TokenStream {
    let mut bounds = depending(input, others);
    if input.generics.type_params().next().is_some() {
        bounds.push(parse_quote!(Self: #supertraits));
    }
    headline(input, Some(the_trait), bounds)
}

/// As [`header_where`], for a trait that asks nothing of the type itself.
pub(crate) fn header_of_any(
    input: &DeriveInput,
    the_trait: &TokenStream,
    others: &[(TokenStream, TokenStream)],
) -> TokenStream {
    headline(input, Some(the_trait), depending(input, others))
}

/// `impl<…> Type<…> where …`, for functions of the type's own; `others` as for [`header_where`].
pub(crate) fn inherent_header(input: &DeriveInput, others: &[(TokenStream, TokenStream)]) -> TokenStream {
    headline(input, None, depending(input, others))
}

/// The bounds of those types that depend on the type parameters.
fn depending(input: &DeriveInput, others: &[(TokenStream, TokenStream)]) -> Vec<WherePredicate> {
    let parameters: Vec<_> = input.generics.type_params().map(|parameter| &parameter.ident).collect();
    let depending = others.iter().filter(|(ty, _)| mentions(ty.clone(), &parameters));
    depending.map(|(ty, bound)| parse_quote!(#ty: #bound)).collect()
}

/// Whether one of the names is among the tokens.
pub(crate) fn mentions(tokens: TokenStream, names: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&&ident),
        TokenTree::Group(group) => mentions(group.stream(), names),
        _ => false,
    })
}

/// As [`header`], for a type that may lack what the trait asks of it: the user has another mistake to mend first.
pub(crate) fn stub_header(input: &DeriveInput, the_trait: &TokenStream, supertraits: &TokenStream) -> TokenStream {
    // A bound for all lifetimes is not checked before the impl is used.
    let mut bounds: Vec<WherePredicate> = vec![parse_quote!(for<'__stub> Self: #supertraits)];
    for parameter in &input.generics.params {
        if let GenericParam::Lifetime(parameter) = parameter {
            let lifetime = &parameter.lifetime;
            bounds.push(parse_quote!(#lifetime: 'static));
        }
    }
    headline(input, Some(the_trait), bounds)
}

/// The impl of a trait, or of none: of the type itself.
fn headline(
    input: &DeriveInput,
    the_trait: Option<&TokenStream>,
    bounds: impl IntoIterator<Item = WherePredicate>,
) -> TokenStream {
    let name = type_name(input);
    let mut generics = input.generics.clone();
    generics.make_where_clause().predicates.extend(bounds);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();
    // What the user allows in the type is allowed in the code that the type's attributes say.
    let allowed = attr::named(&input.attrs, "allow");
    let derived = the_trait.map(|_| quote!(#[automatically_derived]));
    let the_trait = the_trait.map(|the_trait| quote!(#the_trait for));
    quote! {
        #derived
        #(#allowed)*
        impl #impl_generics #the_trait #name #type_generics #where_clause
    }
}
