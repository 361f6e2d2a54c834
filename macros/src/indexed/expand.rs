//! The impl of a type that rows are found by.

use super::model::{Model, Order};
use crate::implementation::{self, relocate};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Field, Ident, Member};

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    match &model.order {
        // Without a variant there is no value, and nothing to write.
        Order::Variants(variants) if variants.is_empty() => write(model, &[], &quote!(_), &quote!(match *self {})),
        Order::Variants(variants) => write(model, &[], &quote!(__value), &place(model, variants)),
        Order::Field(member, field) => {
            let bound = (field.ty.to_token_stream(), quote!(#krate::Indexed));
            write(model, &[bound], &quote!(__value), &delegate(model, member, field))
        }
        Order::Unknown => write(model, &[], &quote!(_), &quote!(::core::unreachable!())),
    }
}

/// Writes the place of the variant.
fn place(model: &Model<'_>, variants: &[&Ident]) -> TokenStream {
    let krate = &model.krate;
    let places = variants.iter().zip(0_u128..).map(|(variant, place)| {
        let variant = implementation::quiet(variant);
        quote!(Self::#variant { .. } => #place,)
    });
    quote! {
        #krate::index::IndexValue::unsigned(__value, match self { #(#places)* });
        ::core::result::Result::Ok(())
    }
}

/// Writes the only field. What is wrong with its type is told at the type.
fn delegate(model: &Model<'_>, member: &Member, field: &Field) -> TokenStream {
    let ty = field.ty.to_token_stream();
    let (from, to) = implementation::ends(&ty);
    let krate = model.krate.at(from.resolved_at(Span::call_site()));
    let member = match member {
        Member::Named(name) => Member::Named(implementation::quiet(name)),
        Member::Unnamed(index) => Member::Unnamed(index.clone()),
    };
    let (open, close) = (relocate(quote!(#krate::__private::indexed::<), from), relocate(quote!(>), to));
    let krate = &model.krate;
    quote!(#krate::Indexed::write(#open #ty #close(&self.#member), __value))
}

/// The impl with this body of its only function.
pub(super) fn write(
    model: &Model<'_>,
    bounds: &[(TokenStream, TokenStream)],
    value: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let Model { input, krate, .. } = model;
    let header = implementation::header_of_any(input, &quote!(#krate::Indexed), bounds);
    quote! {
        const _: () = {
            #header {
                fn write(
                    &self,
                    #value: &mut #krate::index::IndexValue,
                ) -> ::core::result::Result<(), #krate::index::NotIndexable> {
                    #body
                }
            }
        };
    }
}
