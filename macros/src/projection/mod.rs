//! `#[derive(Projection)]`.

mod check;
mod expand;
mod fallback;
mod index;
mod model;

use crate::diag::Diag;
use proc_macro2::TokenStream;
use syn::DeriveInput;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut diag = Diag::new();
    let model = model::read(&mut diag, input);
    check::check(&mut diag, &model);
    match diag.finish() {
        Ok(()) => expand::expand(&model),
        Err(error) => fallback::stub(&model, &error),
    }
}
