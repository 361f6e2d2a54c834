//! The derives as functions on tokens.

mod hygiene;
mod locks;
mod messages;
mod mutations;
mod snapshots;

use crate::{aggregate, command, event, indexed, lock::Lock, projection};
use proc_macro2::TokenStream;
use syn::DeriveInput;

type Derive = fn(&DeriveInput) -> TokenStream;

/// What each derive calls, by the derive's name.
const DERIVES: [(&str, Derive); 6] = [
    ("Event", |input| event::derive(input, &Lock::default())),
    ("Event beside a lock", |input| event::derive(input, &locks::lock(locks::LOCK))),
    ("Aggregate", aggregate::derive),
    ("Command", command::derive),
    ("Projection", projection::derive),
    ("Indexed", indexed::derive),
];
