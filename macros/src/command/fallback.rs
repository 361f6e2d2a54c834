//! What a command with mistakes becomes: the mistakes, and impls that keep its uses from giving more of them.

use super::{
    expand::{self, Signatures},
    model::Model,
};
use crate::implementation;
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn stub(model: &Model<'_>, error: &syn::Error) -> TokenStream {
    let krate = &model.krate;
    let errors = error.to_compile_error();
    // Without an aggregate there is nothing that the impl could say.
    let Some(state) = &model.parameters.state else { return errors };
    let header = implementation::stub_header(model.input, &quote!(#krate::Command), &expand::supertraits());
    let signatures = Signatures::new(model, state);
    let (types, decide) = (&signatures.types, signatures.decide(&quote!(::core::unreachable!())));
    let carries_id = model.cases.iter().any(|case| case.id().is_some());
    let targeted = carries_id
        .then(|| expand::impl_targeted(model, state, &quote!(::core::unreachable!()), implementation::stub_header));
    quote! {
        #errors
        const _: () = {
            #header {
                #types

                fn existence(&self) -> #krate::Existence {
                    ::core::unreachable!()
                }

                #decide
            }

            #targeted
        };
    }
}
