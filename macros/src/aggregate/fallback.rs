//! What an aggregate with mistakes becomes: the mistakes, and an impl that keeps its uses from giving more of them.

use super::{expand, model::Model};
use crate::implementation;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

pub(super) fn stub(model: &Model<'_>, error: &syn::Error) -> TokenStream {
    let krate = &model.krate;
    let errors = error.to_compile_error();
    let header = implementation::stub_header(model.input, &quote!(#krate::Aggregate), &expand::supertraits());
    let id = expand::id(model);
    let event = model.event.get().map_or_else(|| quote!(#krate::__private::NoEvent), ToTokens::to_token_stream);
    quote! {
        #errors
        const _: () = {
            #header {
                type Id = #id;
                type Event = #event;

                const NAME: &'static ::core::primitive::str = "";

                fn apply(&mut self, _: &Self::Event, _: &#krate::Metadata) {
                    ::core::unreachable!()
                }
            }
        };
    }
}
