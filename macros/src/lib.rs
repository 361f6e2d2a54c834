//! The derive macros of `annals`; use them through that crate.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod aggregate;
mod arm;
mod attr;
mod command;
mod diag;
mod event;
mod fingerprint;
mod fold;
mod implementation;
mod indexed;
mod krate;
mod lock;
mod made;
mod name;
mod projection;
mod suggest;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("../doc/event.md")]
#[proc_macro_derive(Event, attributes(event, undo))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    event::derive(&input, &lock::Lock::found(input.ident.span())).into()
}

#[doc = include_str!("../doc/aggregate.md")]
#[proc_macro_derive(Aggregate, attributes(aggregate, on))]
pub fn derive_aggregate(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    aggregate::derive(&input).into()
}

#[doc = include_str!("../doc/command.md")]
#[proc_macro_derive(Command, attributes(command, require, skip_if, emit, handler))]
pub fn derive_command(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    command::derive(&input).into()
}

#[doc = include_str!("../doc/projection.md")]
#[proc_macro_derive(Projection, attributes(projection, key, on, row, remove, index))]
pub fn derive_projection(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    projection::derive(&input).into()
}

#[doc = include_str!("../doc/indexed.md")]
#[proc_macro_derive(Indexed, attributes(indexed))]
pub fn derive_indexed(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    indexed::derive(&input).into()
}
