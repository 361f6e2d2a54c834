//! The derives as functions on tokens.

mod hygiene;
mod messages;
mod mutations;
mod snapshots;

use crate::{aggregate, command, event, projection};
use proc_macro2::TokenStream;
use syn::DeriveInput;

type Derive = fn(&DeriveInput) -> TokenStream;

/// What each derive calls, by the derive's name.
const DERIVES: [(&str, Derive); 4] = [
    ("Event", event::derive),
    ("Aggregate", aggregate::derive),
    ("Command", command::derive),
    ("Projection", projection::derive),
];
