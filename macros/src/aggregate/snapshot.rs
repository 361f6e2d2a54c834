//! `snapshot(every = 100, version = 2)`: how often the state is kept, and what made it.

use crate::{
    attr::{self, Entry, Grammar, Slot, key},
    diag::Diag,
    fingerprint::Made,
    implementation,
};
use quote::ToTokens;
use syn::{Data, DeriveInput, Field};

const KEYS: Grammar = Grammar {
    attribute: "snapshot",
    place: "an aggregate",
    keys: &[key("every", "every = 100"), key("version", "version = 2")],
    elsewhere: &[],
};

/// What was written.
pub(super) struct Snapshot {
    /// By how many events a stream grows from one snapshot to the next.
    pub(super) every: u32,
    /// Counts what the arms call and the macro cannot see.
    version: u32,
}

pub(super) fn read(diag: &mut Diag, entry: &Entry<'_, '_>) -> Option<Snapshot> {
    let (mut every, mut version) = (Slot::default(), Slot::default());
    let written = attr::read_nested(diag, &KEYS, entry, |diag, entry| {
        let (slot, what) = match entry.name().as_str() {
            "every" => (&mut every, "numbers of events"),
            _ => (&mut version, "versions"),
        };
        let number = entry.number(diag, what).map(|(_, number)| number);
        slot.set(diag, &entry.key, number);
    })?;
    if written.lacks("every") {
        diag.error(
            &entry.key,
            "`snapshot` does not say how often one is taken\nhelp: write `snapshot(every = 100)`, a number of events",
        );
    }
    Some(Snapshot { every: *every.get()?, version: version.get().copied().unwrap_or(1) })
}

/// A number for all that the state is made by, as far as it stands in the struct.
pub(super) fn fingerprint(snapshot: &Snapshot, input: &DeriveInput) -> u64 {
    const MADE: Made = Made { attribute: "aggregate", keys: &["event", "ignore"], beside: &["on", "serde"] };
    MADE.fingerprint(input, &[("version", &snapshot.version.to_string())])
}

/// A field that follows events must be in the snapshot, or it would begin from nothing after each. Also one that the
/// struct's own `#[on(…)]` names; what a method called there changes cannot be seen.
pub(super) fn fields_come_back(diag: &mut Diag, input: &DeriveInput) {
    let Data::Struct(data) = &input.data else { return };
    let follows = |field: &&Field| {
        let by_struct = attr::named(&input.attrs, "on").any(|attribute| {
            let name = field.ident.as_slice();
            implementation::mentions(attribute.meta.to_token_stream(), &name.iter().collect::<Vec<_>>())
        });
        by_struct || attr::named(&field.attrs, "on").next().is_some()
    };
    for field in data.fields.iter().filter(follows) {
        for key in attr::foreign_keys(&field.attrs, "serde") {
            if ["skip", "skip_serializing", "skip_deserializing"].iter().any(|skip| key == skip) {
                let message = format!(
                    "`#[serde({key})]` would leave a field that follows events out of the snapshot\nhelp: remove it, or take `snapshot(…)` from the struct"
                );
                diag.error(&key, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn fingerprint_of(source: &str) -> u64 {
        fingerprint(&Snapshot { every: 100, version: 1 }, &syn::parse_str(source).unwrap())
    }

    const COUNTER: &str = "#[aggregate(event = E, ignore(C))] #[on(B => self.b())]
        struct S { #[on(A { by } => += *by)] #[serde(rename = \"n\")] total: u64, note: String }";

    #[test]
    fn whatever_makes_the_state_changes_the_number() {
        let changes = [
            ("event = E", "event = F"),
            ("ignore(C)", "ignore(D)"),
            ("self.b()", "self.c()"),
            ("+= *by", "-= *by"),
            ("+= *by", "+= *by + 1"),
            ("{ by }", "{ by } if *by > 0"),
            ("rename = \"n\"", "rename = \"m\""),
            ("total", "sum"),
            ("u64", "u32"),
            ("note: String", "note: Option<String>"),
            (", note: String", ""),
            ("#[on(B => self.b())]", ""),
            ("#[serde(rename = \"n\")] total: u64, note: String", "note: String, #[serde(rename = \"n\")] total: u64"),
        ];
        let sources: Vec<_> = changes.iter().map(|(from, to)| COUNTER.replacen(from, to, 1)).collect();
        let numbers: BTreeSet<_> = sources.iter().map(|source| fingerprint_of(source)).collect();
        assert!(sources.iter().all(|source| source != COUNTER) && !numbers.contains(&fingerprint_of(COUNTER)));
        assert_eq!(numbers.len(), changes.len());

        let input = syn::parse_str(COUNTER).unwrap();
        let salted = fingerprint(&Snapshot { every: 100, version: 2 }, &input);
        assert_ne!(salted, fingerprint_of(COUNTER));
    }

    #[test]
    fn what_is_only_written_otherwise_does_not_change_it() {
        let same = "/// Counts.
            #[derive(Debug)] #[aggregate(
              name = \"other\", event=E, snapshot(every = 7),  ignore( C ), id = u64
            )] #[on(B=>self . b ( ))]
            pub(crate) struct T { /* what for */ #[on(A{by}=>+=*by)] #[serde(rename=\"n\")] /// Their sum.
            pub total:u64,note:String, }";
        assert_eq!(fingerprint_of(same), fingerprint_of(COUNTER));
    }
}
