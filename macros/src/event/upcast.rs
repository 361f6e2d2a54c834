//! `version` and `upcast`: the rules of a variant's older shapes, and the steps from each to the next.

use super::model::{Model, Variant};
use crate::diag::Diag;
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

/// Every version before the variant's own has a shape that turns into the next one: each once, and no other.
pub(super) fn check(diag: &mut Diag, variant: &Variant<'_>) {
    let version = variant.schema_version();
    if let Some(key) = variant.upcasts.key().filter(|_| variant.written.lacks("version")) {
        let versions = variant.upcasts().last().and_then(|upcast| upcast.version).unwrap_or(1).saturating_add(1);
        let message = format!(
            "`upcast` turns older versions into this one, which does not say which it is\nhelp: write `version = {versions}` beside it"
        );
        return diag.error(key, message);
    }
    if variant.version.get().is_none() && !variant.written.lacks("version") {
        // It was written and does not read, which was said.
        return;
    }
    let upcasts = variant.upcasts.get().map(Vec::as_slice).unwrap_or_default();
    for (index, upcast) in upcasts.iter().enumerate() {
        let Some(from) = upcast.version else { continue };
        if from >= version {
            let message = format!(
                "version {from} cannot turn into version {version}\nhelp: list the versions before {version} alone"
            );
            diag.error(&upcast.literal, message);
        }
        if upcasts.iter().take(index).any(|other| other.version == Some(from)) {
            diag.error(&upcast.literal, format!("version {from} has a shape already\nhelp: remove one of the two"));
        }
    }
    // Where a step does not read, nobody knows which one it was meant to be; where `upcast` does not, that was said.
    let readable = upcasts.iter().all(|upcast| upcast.version.is_some());
    if let Some((literal, _)) =
        variant.version.get().filter(|_| readable && (!upcasts.is_empty() || variant.written.lacks("upcast")))
    {
        let name = variant.ident().unraw();
        let missing: Vec<_> =
            (1..version).filter(|step| upcasts.iter().all(|upcast| upcast.version != Some(*step))).take(4).collect();
        for step in missing {
            let shape = format!("{step} => {name}V{step}");
            let help = if upcasts.is_empty() {
                format!("write `upcast({shape})`")
            } else {
                format!("add `{shape}` to `upcast(…)`")
            };
            let message = format!(
                "`{name}` is at version {version}, and nothing reads version {step}\nhelp: {help}: a struct of the shape of version {step}, which turns into the next by `From` or `TryFrom`"
            );
            diag.error(literal, message);
        }
    }
}

/// The method that reads older versions, where a variant has any.
pub(super) fn expand(model: &Model<'_>) -> Option<TokenStream> {
    let krate = &model.krate;
    let arms: Vec<_> = model
        .variants
        .iter()
        .enumerate()
        .filter(|(_, variant)| !variant.upcasts().is_empty())
        .map(|(index, variant)| arm(index, variant))
        .collect();
    (!arms.is_empty()).then(|| {
        quote! {
            fn upcast(
                __old: #krate::codec::Old<'_>,
            ) -> ::core::result::Result<Self, #krate::codec::DecodeReason> {
                match __old.variant() {
                    #(#arms)*
                    _ => ::core::result::Result::Err(__old.unexpected()),
                }
            }
        }
    })
}

/// Each old shape with what it must have, for those that depend on the enum's type parameters.
pub(super) fn bounds(model: &Model<'_>) -> Vec<(TokenStream, TokenStream)> {
    let krate = &model.krate;
    let of = |variant: &Variant<'_>| {
        let types: Vec<_> = variant.upcasts().iter().map(|upcast| upcast.ty.to_token_stream()).collect();
        let next = types.iter().skip(1).cloned().chain([quote!(Self)]).collect::<Vec<_>>();
        types.into_iter().zip(next)
    };
    let bound = |(ty, next): (TokenStream, TokenStream)| {
        let bound = quote!(#krate::__private::DeserializeOwned + #krate::codec::UpcastsTo<#next>);
        (ty, bound)
    };
    model.variants.iter().flat_map(of).map(bound).collect()
}

fn arm(index: usize, variant: &Variant<'_>) -> TokenStream {
    let index = Literal::usize_unsuffixed(index);
    let upcasts = variant.upcasts();
    let pairs = upcasts.iter().zip(upcasts.iter().skip(1).map(Some).chain([None]));
    let steps = pairs.map(|(upcast, next)| {
        // What is wrong with a step stands at the shape that does not turn into the next.
        let place = upcast.ty.span().resolved_at(Span::call_site());
        let ty = &upcast.ty;
        if let Some(next) = next {
            let (to, number) = (&next.ty, Literal::u32_unsuffixed(next.version.unwrap_or_default()));
            let call = quote_spanned!(place=> __old.then::<#ty, #to>(__shape, #number)?);
            quote!(let __shape = #call;)
        } else {
            quote_spanned!(place=> __old.event::<#ty, Self>(__shape))
        }
    });
    let first = upcasts.first().map(|upcast| {
        let (ty, number) = (&upcast.ty, Literal::u32_unsuffixed(upcast.version.unwrap_or_default()));
        let place = ty.span().resolved_at(Span::call_site());
        let call = quote_spanned!(place=> __old.first::<#ty>(#number)?);
        quote!(let __shape = #call;)
    });
    quote!(#index => { #first #(#steps)* })
}
