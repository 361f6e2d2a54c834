//! `annals.lock` at test time: what a generated test asks of it, and what it writes into it.
//!
//! The derive compares names, types as they are written and serde's attributes while it compiles, and reads the lines
//! `field` alone. Here the shapes are compared that the types really have, and every payload that was ever locked is
//! read by today's code.

mod check;
mod file;
mod place;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use check::read;
use file::{Block, LockFile, Section};

use crate::{
    codec::{
        self,
        shape::{Traced, shape_of_variant},
    },
    model::Event,
};
use std::{env, path::Path};

/// How the lock of a crate is called, beside its `Cargo.toml`.
pub(super) const NAME: &str = "annals.lock";

/// How the lock is written.
const WRITE: &str = "run `ANNALS_LOCK=write cargo test annals_lock`";

/// What the derive knows of an event enum.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Locked<'a> {
    /// Where the crate's `Cargo.toml` is.
    pub crate_dir: &'a str,
    /// The file that the enum stands in, as `file!()` says it.
    pub file: &'a str,
    /// The name that the lock has for the enum.
    pub section: &'a str,
    /// The stored type names that nobody reads any more, knowingly.
    pub retired: &'a [&'a str],
    /// The variants, but for the one of unknown events.
    pub variants: &'a [LockedVariant<'a>],
}

/// What the derive knows of one variant.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct LockedVariant<'a> {
    /// The stored type name.
    pub event_type: &'a str,
    /// The schema version that is written.
    pub version: u32,
    /// Further stored type names that are read.
    pub aliases: &'a [&'a str],
    /// The fields, each as it stands in the lock behind `field `.
    pub fields: &'a [&'a str],
    /// The older schema versions, each with the shape that it is read in.
    pub old: &'a [OldShape],
}

/// An older schema version, and how its shape is found, with a sample that is taken.
#[doc(hidden)]
pub type OldShape = (u32, fn(&dyn Fn(&str) -> Result<(), String>) -> Traced);

/// Compares the lock with what the enum is today, or writes it where `ANNALS_LOCK=write` is set.
///
/// # Panics
///
/// With all that does not fit, and how to mend it.
#[doc(hidden)]
#[track_caller]
pub fn lock<E: Event>(locked: &Locked<'_>) {
    let writes = env::var_os("ANNALS_LOCK").is_some_and(|value| value == "write");
    // A panic says where the test stands, which is at the enum.
    if let Err(problems) = agree::<E>(locked, writes) {
        panic!("{problems}");
    }
}

/// Whether the lock and the enum agree, after the lock was written where that is asked for.
fn agree<E: Event>(locked: &Locked<'_>, writes: bool) -> Result<(), String> {
    let read = |event_type: &str, version: u32, payload: &str| {
        codec::decode::<E>(event_type, version, payload).map(drop).map_err(|reason| reason.to_string())
    };
    let old = |event_type: &str, &(version, shape): &OldShape| {
        (version, shape(&|payload: &str| read(event_type, version, payload)))
    };
    let variant = |variant: &LockedVariant<'_>| Variant {
        event_type: variant.event_type.to_owned(),
        version: variant.version,
        aliases: variant.aliases.iter().map(|&alias| alias.to_owned()).collect(),
        fields: variant.fields.iter().map(|&field| field.to_owned()).collect(),
        // A hand-written `Locked` may name what the event does not know, and the sample shows it.
        traced: E::DESCRIPTOR.position(variant.event_type).map(shape_of_variant::<E>),
        old: variant.old.iter().map(|shape| old(variant.event_type, shape)).collect(),
    };
    let folder = Path::new(locked.crate_dir);
    let today = Today {
        enum_name: E::DESCRIPTOR.name,
        section: locked.section,
        file: place::in_crate(folder, locked.file),
        retired: locked.retired,
        variants: locked.variants.iter().map(variant).collect(),
        read: &read,
    };
    if writes { write::write(folder, &today) } else { check::check(folder, &today) }
}

/// What an event enum is today.
struct Today<'a> {
    enum_name: &'a str,
    section: &'a str,
    /// Relative to the crate; empty where it is not one of the crate's.
    file: String,
    retired: &'a [&'a str],
    variants: Vec<Variant>,
    read: &'a dyn Fn(&str, u32, &str) -> Result<(), String>,
}

struct Variant {
    event_type: String,
    version: u32,
    aliases: Vec<String>,
    fields: Vec<String>,
    traced: Option<Traced>,
    old: Vec<(u32, Traced)>,
}

impl Variant {
    fn reads(&self, event_type: &str) -> bool {
        self.event_type == event_type || self.aliases.iter().any(|alias| alias == event_type)
    }

    /// A payload of one of its versions, if one was invented that reads.
    fn sample(&self, event_type: &str, version: u32, today: &Today<'_>) -> Option<String> {
        let sample = self.traced(version)?.sample.clone().ok()?;
        (today.read)(event_type, version, &sample).is_ok().then_some(sample)
    }

    /// What is known of one of its versions.
    fn traced(&self, version: u32) -> Option<&Traced> {
        if version == self.version {
            self.traced.as_ref()
        } else {
            self.old.iter().find(|(old, _)| *old == version).map(|(_, traced)| traced)
        }
    }
}
