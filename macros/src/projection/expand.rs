//! The impl of a correct projection.

use super::{index, model::Model};
use crate::{
    arm::{Arm, Named},
    fingerprint::Made,
    fold::Ignored,
    implementation::{self, relocate},
};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{PathArguments, TypePath, spanned::Spanned};

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let Model { input, krate, fold, .. } = model;
    let (events, key_type) = (events(model), key_type(model));
    let mut others = vec![(key_type.clone(), quote!(#krate::Identifier))];
    others.extend(listed(model).iter().map(|event| (event.to_token_stream(), quote!(#krate::Event))));
    others.extend(index::bounds(model));
    let header = implementation::header_where(input, &quote!(#krate::Projection), &supertraits(model), &others);
    let name = model.name.get();
    let version = model.version.get().map(|version| quote!(const VERSION: ::core::primitive::u32 = #version;));
    let fingerprint = fingerprint(model);
    let (indexes, finders) = (index::declared(model), index::finders(model));
    let (keys, key_of_unread, open) = (keys(model), key_of_unread(model), open(model));
    let exhaustive = fold.exhaustive(model.removed());
    let updates = fold.updates();
    let fate = fate(model);
    let disjoint = disjoint(model);
    // What names a type parameter can only be looked at inside the impl.
    let (inside, outside) = match disjoint {
        Some(disjoint) if is_concrete(model) => (None, Some(quote!(const _: () = { #disjoint };))),
        Some(disjoint) => (Some(quote!(const { #disjoint })), None),
        None => (None, None),
    };
    quote! {
        const _: () = {
            #header {
                type Events = #events;
                type Key = #key_type;

                const NAME: &'static ::core::primitive::str = #name;
                #version
                const FOLD: ::core::primitive::u64 = #fingerprint;
                #indexes

                fn keys(
                    __event: &#events,
                    __metadata: &#krate::Metadata,
                ) -> ::core::result::Result<#krate::Keys<#key_type>, #krate::__private::String> {
                    #keys
                }

                #key_of_unread

                fn open(__key: &#key_type) -> Self {
                    #open
                }

                fn apply(&mut self, __event: &#events, __metadata: &#krate::Metadata) -> #krate::Fold {
                    #inside
                    #exhaustive
                    #updates
                    #fate
                }
            }

            #finders

            #outside
        };
    }
}

/// A number for all that the rows are made by, as far as it stands in the struct.
fn fingerprint(model: &Model<'_>) -> u64 {
    const MADE: Made = Made {
        attribute: "projection",
        keys: &["events", "ignore", "single"],
        beside: &["on", "row", "remove", "key", "index", "serde"],
    };
    MADE.fingerprint(model.input, &[])
}

/// What the trait asks of a row.
pub(super) fn supertraits(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    quote! {
        ::core::default::Default + #krate::__private::Serialize + #krate::__private::DeserializeOwned
            + ::core::marker::Send + ::core::marker::Sync + 'static
    }
}

/// The type of the events: the enum, or `Or<A, Or<B, C>>`.
pub(super) fn events(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let mut enums = listed(model).iter().rev();
    let Some(last) = enums.next() else { return quote!(#krate::__private::NoEvent) };
    // What is no event is told of where the user listed it.
    enums.fold(last.to_token_stream(), |rest, event| {
        let (from, to) = (event.span(), implementation::ends(&rest).1);
        let krate = krate.near(from.resolved_at(Span::call_site()));
        let close = relocate(quote!(>), to);
        quote!(#krate::Or<#event, #rest #close)
    })
}

/// The type of the key.
pub(super) fn key_type(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    model.key_fields.first().map_or_else(|| quote!(#krate::Single), |key| key.field.ty.to_token_stream())
}

fn listed<'a>(model: &'a Model<'_>) -> &'a [TypePath] {
    model.events.get().map(Vec::as_slice).unwrap_or_default()
}

/// Which rows an event belongs to.
fn keys(model: &Model<'_>) -> TokenStream {
    let (krate, key_type) = (&model.krate, key_type(model));
    let default = if model.key_fields.is_empty() {
        quote!(::core::result::Result::Ok(#krate::Keys::one(#krate::Single)))
    } else {
        quote! {
            ::core::result::Result::map(
                #krate::__private::key_of_aggregate::<#key_type>(__metadata),
                #krate::Keys::one,
            )
        }
    };
    let none = quote!(::core::result::Result::Ok(#krate::Keys::none()));
    let rows = model
        .rows
        .iter()
        .map(|row| row.map(|keys| quote!(::core::result::Result::Ok(#krate::__private::keys::<#key_type, _>(#keys)))));
    let Ignored { rest, .. } = &model.fold.ignored;
    let (concerned, rest) = if rest.is_some() {
        let handled = model.fold.handled().map(|(_, named)| named).chain(model.removed());
        (arm(model, handled, &default), none)
    } else {
        (arm(model, model.fold.ignored.quiet().iter(), &none), default)
    };
    quote! {
        match __event {
            #(#rows)*
            #concerned
            _ => #rest,
        }
    }
}

/// The key of the row of an event that does not decode, where the aggregate's id is enough to tell.
fn key_of_unread(model: &Model<'_>) -> Option<TokenStream> {
    let (krate, key_type) = (&model.krate, key_type(model));
    let (metadata, key) = if model.key_fields.is_empty() {
        (quote!(_), quote!(::core::option::Option::Some(#krate::Single)))
    } else {
        let key = quote!(#krate::__private::key_of_aggregate::<#key_type>(__metadata));
        (quote!(__metadata), quote!(::core::result::Result::ok(#key)))
    };
    model.rows.is_empty().then(|| {
        quote! {
            fn key_of_unread(#metadata: &#krate::Metadata) -> ::core::option::Option<#key_type> {
                #key
            }
        }
    })
}

/// The arm of all events of these variants, if there are any.
fn arm<'a>(model: &Model<'_>, variants: impl Iterator<Item = &'a Named>, body: &TokenStream) -> Option<TokenStream> {
    let mut distinct: Vec<&Named> = Vec::new();
    for variant in variants {
        if !distinct.iter().any(|known| known.is(variant)) {
            distinct.push(variant);
        }
    }
    let patterns: Vec<_> = distinct.iter().map(|named| (named.event, named.pattern())).collect();
    (!patterns.is_empty()).then(|| {
        let pattern = model.fold.events.any(&patterns, (Span::call_site(), Span::call_site()));
        quote!(#pattern => #body,)
    })
}

/// The row before its first event.
fn open(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let default = quote!(#krate::__private::new_row::<Self>());
    let Some(key) = model.key_fields.first() else { return default };
    let field = implementation::quiet(key.name);
    quote! {
        let mut __row = #default;
        __row.#field = ::core::clone::Clone::clone(__key);
        __row
    }
}

/// Whether the row stays, once it has taken the event.
fn fate(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    if model.removals.is_empty() {
        return quote!(#krate::Fold::Keep);
    }
    let removals = model.removals.iter().map(|arm: &Arm| arm.map(|_| quote!(#krate::Fold::Remove)));
    quote! {
        match __event {
            #(#removals)*
            _ => #krate::Fold::Keep,
        }
    }
}

/// Checks of every two enums that no stored name could be an event of both.
fn disjoint(model: &Model<'_>) -> Option<TokenStream> {
    let krate = &model.krate;
    let events = listed(model);
    let pairs = events.iter().enumerate().flat_map(|(index, second)| {
        events.iter().take(index).map(move |first| {
            // What is said of the two stands under the second.
            let assertion = quote! {
                #krate::__private::assert_disjoint(
                    <#first as #krate::Event>::DESCRIPTOR,
                    <#second as #krate::Event>::DESCRIPTOR,
                );
            };
            relocate(assertion, second.span())
        })
    });
    (events.len() > 1).then(|| pairs.collect())
}

fn is_concrete(model: &Model<'_>) -> bool {
    let plain =
        |event: &TypePath| event.path.segments.iter().all(|segment| matches!(segment.arguments, PathArguments::None));
    listed(model).iter().all(plain)
}
