//! What a projection with mistakes becomes: the mistakes, and an impl that keeps its uses from giving more of them.

use super::{expand, index, model::Model};
use crate::implementation;
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn stub(model: &Model<'_>, error: &syn::Error) -> TokenStream {
    let krate = &model.krate;
    let errors = error.to_compile_error();
    let header = implementation::stub_header(model.input, &quote!(#krate::Projection), &expand::supertraits(model));
    let (events, key) = (expand::events(model), expand::key_type(model));
    let finders = index::stubs(model);
    quote! {
        #errors
        const _: () = {
            #header {
                type Events = #events;
                type Key = #key;

                const NAME: &'static ::core::primitive::str = "";

                fn keys(
                    _: &Self::Events,
                    _: &#krate::Metadata,
                ) -> ::core::result::Result<#krate::Keys<Self::Key>, #krate::__private::String> {
                    ::core::unreachable!()
                }

                fn open(_: &Self::Key) -> Self {
                    ::core::unreachable!()
                }

                fn apply(&mut self, _: &Self::Events, _: &#krate::Metadata) -> #krate::Fold {
                    ::core::unreachable!()
                }
            }

            #finders
        };
    }
}
