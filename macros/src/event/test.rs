//! What an expansion has of `annals.lock`: what makes the build notice that it has changed, and the generated test.

use super::{
    model::{Model, Variant},
    stored,
};
use crate::{attr, implementation, lock::Lock, name::snake_case};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{LitStr, ext::IdentExt};

/// What the compiler reads only to notice that it has changed.
pub(super) fn tracking(model: &Model<'_>, lock: &Lock) -> TokenStream {
    if !lock.belongs || model.unlocked.key().is_some() {
        return TokenStream::new();
    }
    let file = lock.text.as_ref().map(|_| {
        quote! {
            const _: &[::core::primitive::u8] =
                ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/annals.lock"));
        }
    });
    quote! {
        const _: ::core::option::Option<&::core::primitive::str> = ::core::option_env!("ANNALS_LOCK");
        #file
    }
}

/// The test that compares the lock with what the program really stores, and writes it.
pub(super) fn expand(model: &Model<'_>, lock: &Lock) -> Option<TokenStream> {
    let input = model.input;
    let name = input.ident.unraw().to_string();
    let is_used = lock.belongs && (lock.text.is_some() || lock.wanted) && model.unlocked.key().is_none();
    // A test has no type arguments to give, and none is run in the body of a function.
    let is_open = input.generics.type_params().next().is_some() || input.generics.const_params().next().is_some();
    if !is_used || is_open || !lock.can_be_named(&name) {
        return None;
    }
    let krate = &model.krate;
    let test = format_ident!("annals_lock_{}", snake_case(&name), span = Span::call_site());
    let event = implementation::type_name(input);
    let section = model.section();
    let retired = model.retired.iter().map(LitStr::value);
    let variants = model.known().map(|variant| locked_variant(model, variant));
    Some(quote! {
        #[cfg(test)]
        #[::core::prelude::v1::test]
        fn #test() {
            #krate::__private::lock::<#event>(&#krate::__private::Locked {
                crate_dir: ::core::env!("CARGO_MANIFEST_DIR"),
                file: ::core::file!(),
                section: #section,
                retired: &[#(#retired),*],
                variants: &[#(#variants),*],
            });
        }
    })
}

fn locked_variant(model: &Model<'_>, variant: &Variant<'_>) -> TokenStream {
    let krate = &model.krate;
    let event_type = model.event_type(variant);
    let version = Literal::u32_unsuffixed(variant.schema_version());
    let aliases = variant.aliases.iter().map(LitStr::value);
    let fields = stored::fields(&model.input.attrs, variant);
    let fields = fields.iter().map(|field| field.line.to_string());
    let old = variant.upcasts().into_iter().map(|step| {
        let (version, ty) = (Literal::u32_unsuffixed(step.version.unwrap_or_default()), attr::ungroup(&step.ty));
        quote!((#version, #krate::__private::shape_of::<#ty>))
    });
    quote! {
        #krate::__private::LockedVariant {
            event_type: #event_type,
            version: #version,
            aliases: &[#(#aliases),*],
            fields: &[#(#fields),*],
            old: &[#(#old),*],
        }
    }
}
