//! `#[derive(Event)]`.

mod change;
mod check;
mod expand;
mod fallback;
mod gone;
mod locked;
mod mend;
mod model;
mod rename;
mod stored;
mod test;
mod undo;
mod upcast;

use crate::{diag::Diag, lock::Lock};
use proc_macro2::TokenStream;
use syn::DeriveInput;

pub(crate) fn derive(input: &DeriveInput, lock: &Lock) -> TokenStream {
    let mut diag = Diag::new();
    let model = model::read(&mut diag, input);
    check::check(&mut diag, &model);
    locked::check(&mut diag, &model, lock);
    match diag.finish() {
        Ok(()) => expand::expand(&model, lock),
        Err(error) => fallback::stub(&model, &error),
    }
}
