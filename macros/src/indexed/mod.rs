//! `#[derive(Indexed)]`.

mod expand;
mod fallback;
mod model;

use crate::diag::Diag;
use proc_macro2::TokenStream;
use syn::DeriveInput;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut diag = Diag::new();
    let model = model::read(&mut diag, input);
    match diag.finish() {
        Ok(()) => expand::expand(&model),
        Err(error) => fallback::stub(&model, &error),
    }
}
