//! The impl of a correct aggregate.

use super::model::Model;
use crate::implementation;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use std::iter;

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let Model { input, krate, fold, event, .. } = model;
    let (id, event, name) = (id(model), event.get(), model.name());
    let others = [(event.to_token_stream(), quote!(#krate::Event)), (id.clone(), quote!(#krate::Identifier))];
    let header = implementation::header_where(input, &quote!(#krate::Aggregate), &supertraits(), &others);
    let exhaustive = fold.exhaustive(iter::empty());
    let updates = fold.updates();
    quote! {
        const _: () = {
            #header {
                type Id = #id;
                type Event = #event;

                const NAME: &'static ::core::primitive::str = #name;

                fn apply(&mut self, __event: &#event, __metadata: &#krate::Metadata) {
                    #exhaustive
                    #updates
                }
            }
        };
    }
}

/// What the trait asks of an aggregate.
pub(super) fn supertraits() -> TokenStream {
    quote!(::core::default::Default + ::core::marker::Send + ::core::marker::Sync + 'static)
}

/// The type of the id.
pub(super) fn id(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    model.id.get().map_or_else(|| quote!(#krate::__private::String), ToTokens::to_token_stream)
}
