//! What a type with mistakes becomes: the mistakes, and an impl that keeps its uses from giving more of them.

use super::{expand, model::Model};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn stub(model: &Model<'_>, error: &syn::Error) -> TokenStream {
    let errors = error.to_compile_error();
    let stub = expand::write(model, &[], &quote!(_), &quote!(::core::unreachable!()));
    quote!(#errors #stub)
}
