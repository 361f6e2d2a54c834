//! Event sourcing on Redis: declare events, state, commands and read models; replay, audit and project them.
//!
//! What happened is kept, and everything else is made of it. You declare four kinds of types of your own, and a small
//! runtime keeps every event in Redis, or in memory, and replays them:
//!
//! | you declare | with | it is |
//! |---|---|---|
//! | what happens | [`#[derive(Event)]`](macro@Event) | an enum, each variant stored under a name of its own |
//! | what it adds up to | [`#[derive(Aggregate)]`](macro@Aggregate) | a struct, each field with the events that it follows |
//! | what may be asked | [`#[derive(Command)]`](macro@Command) | an enum or a struct, with the rules and the events that it leads to |
//! | what people read | [`#[derive(Projection)]`](macro@Projection) | a struct, one row of a read model |
//!
//! ```
//! use annals::prelude::*;
//!
//! #[derive(Event, Serialize, Deserialize)]
//! enum CounterEvent {
//!     Added { amount: u64 },
//! }
//!
//! #[derive(Aggregate, Default)]
//! #[aggregate(event = CounterEvent)]
//! struct Counter {
//!     #[on(Added { amount } => += amount)]
//!     total: u64,
//! }
//!
//! #[derive(Command, Clone)]
//! #[command(counter: Counter)]
//! #[command(any)]
//! #[skip_if(amount == 0)]
//! #[emit(Added { amount })]
//! struct Add {
//!     amount: u64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Store::connect("memory:").await?; // or "redis://127.0.0.1/"
//! let counters = store.repository::<Counter>();
//! counters.execute("visits", Add { amount: 2 }).await?;
//! counters.execute("visits", Add { amount: 3 }).await?;
//!
//! let counter = counters.load("visits").await?;
//! assert_eq!((counter.state.total, counter.version), (5, Version::new(2)));
//! # Ok(())
//! # }
//! ```
//!
//! # The house
//!
//! From the ground up; each floor uses those below it, and most programs need the third alone.
//!
//! | floor | where | what is there |
//! |---|---|---|
//! | 1 | this page | the traits behind the derives, and what surrounds them: [`Version`], [`Position`], [`Metadata`], … |
//! | 1 | [`codec`] | an event to its stored JSON and back |
//! | 2 | [`journal`] | how events are kept: the contract, and the engines that keep it |
//! | 3 | [`Store`] | the handle: opened on a URL, and the way to all that follows |
//! | 3 | [`repository`] | aggregates: loaded, asked, looked back on at any version or time |
//! | 3 | [`reading`] | the log: every event in order, over all aggregates |
//! | 3 | [`projector`] | read models: brought up to date, and read |
//! | 4 | [`testing`] | decisions tested without a store, and the suite that every journal passes |
//!
//! [`prelude`] has the names that nearly every program needs. [`guide`] has what takes more than one call:
//! [changing an event](guide::changing_an_event), [durability](guide::durability), [operating a store](guide::operating),
//! [the least rights on a server](guide::least_rights).
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `macros` | yes | the derives |
//! | `redis` | yes | the journal on Redis 7.0 or later; without it there is the one in memory |
//! | `tls` | no | `rediss://`: TLS by rustls, with the system's root certificates or your own, and client certificates |
//! | `tracing` | no | spans for commands, loads, appends and projections, and what happens behind them; see [operating a store](guide::operating) |
//!
//! # Errors
//!
//! Every error says what was expected and what was found, and its doc how to react. What was not acknowledged did not
//! happen, with two exceptions that are named: [`JournalError::Unknown`](journal::JournalError::Unknown), of which nobody
//! knows, and [`JournalError::Unconfirmed`](journal::JournalError::Unconfirmed), which happened and is not as safe as was
//! asked for.

#![doc(test(attr(deny(warnings), allow(dead_code))))]
// Without the derives, the links to their pages lead nowhere.
#![cfg_attr(not(feature = "macros"), allow(rustdoc::broken_intra_doc_links))]

// The derives name this crate as `::annals`, in this crate's own tests too.
extern crate self as annals;

#[doc(hidden)]
pub mod __private;
pub mod codec;
pub mod guide;
pub mod journal;
mod model;
pub mod projector;
pub mod reading;
pub mod repository;
mod store;
pub mod testing;
mod trace;

pub use jiff::Timestamp;
pub use model::{
    Aggregate, Annotations, Command, Context, Cursor, Event, EventDescriptor, EventSet, Existence, FieldDescriptor,
    Fold, Identifier, Indexed, IntoDecision, IntoIdentifier, IntoKeys, Keys, ManyKeys, Metadata, OneKey, Or, Position,
    Projection, Recorded, Shape, Single, Snapshots, StreamName, Targeted, Undo, UnknownEvent, VariantDescriptor,
    Version,
};
pub use store::{Store, StoreOptions};

#[cfg(feature = "macros")]
pub use annals_macros::{Aggregate, Command, Event, Indexed, Projection};

/// What rows are found by: the values of fields under `#[index]`, and what is asked of them.
pub mod index {
    pub use crate::model::{
        IndexDescriptor, IndexEntries, Indexed, IntoIndexed, IntoRange, NotIndexable, Query, index::IndexValue,
    };
}

/// What nearly every program that uses this crate names: the derives and their traits, serde's derives, and the handles.
pub mod prelude {
    #[doc(no_inline)]
    pub use crate::{
        Aggregate, Annotations, Command, Context, Event, Metadata, Projection, Recorded, Store, Timestamp, Version,
    };
    #[doc(no_inline)]
    pub use serde::{Deserialize, Serialize};
}

/// The blocks of code in README.md, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
