//! The impl of a correct aggregate.

use super::{model::Model, snapshot};
use crate::implementation;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use std::iter;

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let Model { input, krate, fold, event, .. } = model;
    let (id, event, name) = (id(model), event.get(), model.name());
    let others = [(event.to_token_stream(), quote!(#krate::Event)), (id.clone(), quote!(#krate::Identifier))];
    let (supertraits, snapshots) = (supertraits(), snapshots(model));
    let serde =
        snapshots.is_some().then(|| quote!(+ #krate::__private::Serialize + #krate::__private::DeserializeOwned));
    let bounds = quote!(#supertraits #serde);
    let header = implementation::header_where(input, &quote!(#krate::Aggregate), &bounds, &others);
    let exhaustive = fold.exhaustive(iter::empty());
    let updates = fold.updates();
    quote! {
        const _: () = {
            #header {
                type Id = #id;
                type Event = #event;

                const NAME: &'static ::core::primitive::str = #name;
                #snapshots

                fn apply(&mut self, __event: &#event, __metadata: &#krate::Metadata) {
                    #exhaustive
                    #updates
                }
            }
        };
    }
}

/// How the state is kept, where that is said. What the state lacks for it is told at the key.
fn snapshots(model: &Model<'_>) -> Option<TokenStream> {
    let Model { krate, input, snapshot, .. } = model;
    let (key, snapshot) = (snapshot.key()?, snapshot.get()?);
    let (every, fold) = (snapshot.every, snapshot::fingerprint(snapshot, input));
    let place = key.span().resolved_at(Span::call_site());
    let snapshots = implementation::relocate(quote!(#krate::__private::snapshots::<Self>), place);
    Some(quote! {
        const SNAPSHOTS: ::core::option::Option<#krate::Snapshots<Self>> =
            ::core::option::Option::Some(#snapshots(#every, #fold));
    })
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
