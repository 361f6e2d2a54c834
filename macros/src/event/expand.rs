//! The impls of a correct event enum.

use super::{
    model::{Model, Shape, Variant},
    test, undo, upcast,
};
use crate::{attr, implementation, lock::Lock};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Field, Ident, ext::IdentExt, spanned::Spanned};

pub(super) fn expand(model: &Model<'_>, lock: &Lock) -> TokenStream {
    let Model { input, krate, variants, .. } = model;
    let header =
        implementation::header_where(input, &quote!(#krate::Event), &supertraits(model), &upcast::bounds(model));
    let name = input.ident.unraw().to_string();
    let doc = with_doc(&input.attrs);
    let descriptions = variants.iter().map(|variant| describe(model, variant));
    let indexes = variants.iter().enumerate().map(|(index, variant)| {
        let (variant, index) = (implementation::quiet(variant.ident()), Literal::usize_unsuffixed(index));
        quote!(Self::#variant { .. } => #index)
    });
    let conversions = conversions(model, |variant| quote!(Self::#variant(__payload)));
    let retired = (!model.retired.is_empty()).then(|| {
        let retired = model.retired.iter().map(syn::LitStr::value);
        quote!(.with_retired(&[#(#retired),*]))
    });
    let (unknown, from_unknown) = unknown(model).unzip();
    let (upcast, undo) = (upcast::expand(model), undo::expand(model));
    let (tracking, test) = (test::tracking(model, lock), test::expand(model, lock));
    quote! {
        const _: () = {
            #tracking

            #header {
                const DESCRIPTOR: &'static #krate::EventDescriptor =
                    &#krate::EventDescriptor::new(#name, &[#(#descriptions),*]) #doc #retired #unknown;

                fn variant_index(&self) -> ::core::primitive::usize {
                    match *self {
                        #(#indexes,)*
                    }
                }

                #upcast

                #from_unknown

                #undo
            }

            #conversions
        };

        #test
    }
}

/// What the trait asks of an event.
pub(super) fn supertraits(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    quote! {
        #krate::__private::Serialize + #krate::__private::DeserializeOwned
            + ::core::marker::Send + ::core::marker::Sync + 'static
    }
}

/// `From<Payload>` for every variant that has its payload's type alone; `body` makes the event of `__payload`.
pub(super) fn conversions(model: &Model<'_>, body: impl Fn(&Ident) -> TokenStream) -> TokenStream {
    let name = implementation::type_name(model.input);
    let (impl_generics, type_generics, where_clause) = model.input.generics.split_for_impl();
    let conversion = |(variant, payload): (&Ident, &syn::Type)| {
        let body = body(&implementation::quiet(variant));
        // A conflict with an impl of the user's own is shown at the payload.
        let conversion = quote! {
            #[automatically_derived]
            impl #impl_generics ::core::convert::From<#payload> for #name #type_generics #where_clause {
                fn from(__payload: #payload) -> Self {
                    #body
                }
            }
        };
        // A conflict with an impl of the user's own is shown at the payload.
        implementation::relocate(conversion, payload.span())
    };
    model.conversions().into_iter().map(conversion).collect()
}

/// What the descriptor says of the variant that takes unknown events, and the method that makes one of them.
fn unknown(model: &Model<'_>) -> Option<(TokenStream, TokenStream)> {
    let krate = &model.krate;
    let (index, variant) = model.variants.iter().enumerate().find(|(_, variant)| variant.unknown.get().is_some())?;
    let Shape::Newtype(field) = variant.shape else { return None };
    let (index, name) = (Literal::usize_unsuffixed(index), implementation::quiet(variant.ident()));
    // Where the field is of another type, that is said at the type.
    let event = Ident::new("__event", Span::mixed_site().located_at(field.ty.span()));
    let method = quote! {
        fn from_unknown(#event: #krate::UnknownEvent) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self::#name(#event))
        }
    };
    Some((quote!(.with_unknown(#index)), method))
}

fn describe(model: &Model<'_>, variant: &Variant<'_>) -> TokenStream {
    let krate = &model.krate;
    let name = variant.ident().unraw().to_string();
    let event_type = if variant.unknown.get().is_some() { String::new() } else { model.event_type(variant) };
    let aliases = (!variant.aliases.is_empty()).then(|| {
        let aliases = variant.aliases.iter().map(syn::LitStr::value);
        quote!(.with_aliases(&[#(#aliases),*]))
    });
    let doc = with_doc(&variant.source.attrs);
    let shape = match variant.shape {
        Shape::Unit => None,
        Shape::Newtype(_) => Some(quote!(Newtype)),
        Shape::Struct => Some(quote!(Struct)),
    };
    let fields = shape.map(|shape| {
        let fields = variant.source.fields.iter().map(|field| describe_field(model, field));
        quote!(.with_fields(#krate::Shape::#shape, &[#(#fields),*]))
    });
    let version = variant.version.get().map(|(_, version)| {
        let version = Literal::u32_unsuffixed(*version);
        quote!(.with_schema_version(#version))
    });
    quote!(#krate::VariantDescriptor::new(#name, #event_type) #aliases #version #doc #fields)
}

fn describe_field(model: &Model<'_>, field: &Field) -> TokenStream {
    let krate = &model.krate;
    let name = field.ident.as_ref().map_or_else(|| "0".to_owned(), |name| name.unraw().to_string());
    let ty = attr::source(&attr::ungroup(&field.ty).to_token_stream());
    let doc = with_doc(&field.attrs);
    quote!(#krate::FieldDescriptor::new(#name, #ty) #doc)
}

fn with_doc(attributes: &[syn::Attribute]) -> Option<TokenStream> {
    let doc = attr::doc(attributes);
    (!doc.is_empty()).then(|| quote!(.with_doc(#doc)))
}
