//! What an event enum with mistakes becomes: the mistakes, and impls that keep its uses from giving more of them.

use super::{expand, model::Model};
use crate::implementation;
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn stub(model: &Model<'_>, error: &syn::Error) -> TokenStream {
    let krate = &model.krate;
    let errors = error.to_compile_error();
    let header = implementation::stub_header(model.input, &quote!(#krate::Event), &expand::supertraits(model));
    let conversions = expand::conversions(model, |_| quote!(::core::unreachable!()));
    quote! {
        #errors
        const _: () = {
            #header {
                const DESCRIPTOR: &'static #krate::EventDescriptor = &#krate::EventDescriptor::new("", &[]);

                fn variant_index(&self) -> ::core::primitive::usize {
                    ::core::unreachable!()
                }
            }

            #conversions
        };
    }
}
