//! What tests are made of: scenarios of events and commands, the laws that every aggregate keeps, and the contract of a
//! journal as a suite of checks.
//!
//! # What `annals.lock` sees
//!
//! A file `annals.lock` beside a crate's `Cargo.toml` keeps how each event was stored, and what no longer reads what was
//! stored does not get through. It is made, and brought up to date, by `ANNALS_LOCK=write cargo test annals_lock`.
//!
//! | layer | when | sees | does not see |
//! |---|---|---|---|
//! | the derive | while compiling | stored names, schema versions, the fields of each event with their types as they are written, serde's attributes on them | what stands behind a name: `type Cents = u64`, the fields of a nested struct, attributes on its type |
//! | the shapes | in the generated test `annals_lock_…` | what each type asks serde for, through aliases and nested types: fields, variants, numbers and their widths, what may be absent | what looks at its input first (an untagged or internally tagged enum, `serde_json::Value`, the optional fields of a struct with `#[serde(flatten)]`: `any` and `..` in the lock); what a value means |
//! | the samples | in the same test, and in [`laws()`] | that a payload of every version ever locked reads with today's code, through its upcasts; what a `TryFrom` or a `with` accepts | any value that is not in a sample: put a real payload in its place |
//!
//! A shape is found out by asking the type's `Deserialize` with invented values, again and again; a `Deserialize` that
//! has effects of its own has them then.

pub mod conformance;

mod difference;
mod laws;
pub(crate) mod lock;
mod row_store;
mod scenario;

pub use laws::{LookedAt, laws, laws_of};
pub use row_store::row_store;
pub use scenario::{Decided, Given, Then, given, given_stored};
