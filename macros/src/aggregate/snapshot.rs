//! `snapshot(every = 100, version = 2)`: how often the state is kept, and what made it.

use crate::{
    attr::{self, Entry, Grammar, Slot, key},
    diag::Diag,
    implementation,
};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Data, DeriveInput, Field};

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

/// A number for all that the state is made by, as far as it stands in the struct: two folds that differ have, but for a
/// chance of one to 2⁶⁴, two numbers. Spaces, line breaks and comments make no difference.
pub(super) fn fingerprint(snapshot: &Snapshot, input: &DeriveInput) -> u64 {
    let mut hash = Hash::new();
    hash.add("version", &snapshot.version.to_string());
    hash.attributes(&input.attrs);
    if let Data::Struct(data) = &input.data {
        for field in &data.fields {
            hash.add("field", &field.ident.as_ref().map(ToString::to_string).unwrap_or_default());
            hash.tokens(field.ty.to_token_stream());
            hash.attributes(&field.attrs);
        }
    }
    hash.0
}

/// FNV-1a of 64 bits, over words that are kept apart.
struct Hash(u64);

impl Hash {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, kind: &str, word: &str) {
        for byte in kind.bytes().chain([0]).chain(word.bytes()).chain([0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The attributes that say what the fold and the JSON are.
    fn attributes(&mut self, attributes: &[Attribute]) {
        for name in ["aggregate", "on", "serde"] {
            for attribute in attr::named(attributes, name) {
                let Ok(list) = attribute.meta.require_list() else { continue };
                self.add("attribute", name);
                if name == "aggregate" {
                    self.keys(list.tokens.clone(), &["event", "ignore"]);
                } else {
                    self.tokens(list.tokens.clone());
                }
            }
        }
    }

    /// These keys of a list; the others make no difference to the state.
    fn keys(&mut self, list: TokenStream, wanted: &[&str]) {
        let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
        for entry in list.into_iter().collect::<Vec<_>>().split(is_comma) {
            if let Some(TokenTree::Ident(key)) = entry.first()
                && wanted.iter().any(|wanted| key == wanted)
            {
                self.tokens(entry.iter().cloned().collect());
            }
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    // The invisible brackets of a `macro_rules!` are not in the source.
                    let brackets = match group.delimiter() {
                        Delimiter::Parenthesis => ["(", ")"],
                        Delimiter::Brace => ["{", "}"],
                        Delimiter::Bracket => ["[", "]"],
                        Delimiter::None => {
                            self.tokens(group.stream());
                            continue;
                        }
                    };
                    let [open, close] = brackets;
                    self.add("open", open);
                    self.tokens(group.stream());
                    self.add("close", close);
                }
                TokenTree::Ident(ident) => self.add("ident", &ident.to_string()),
                TokenTree::Punct(punct) => self.add("punct", punct.as_char().encode_utf8(&mut [0; 4])),
                TokenTree::Literal(literal) => self.add("literal", &literal.to_string()),
            }
        }
    }
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

    #[test]
    fn words_are_kept_apart() {
        assert_ne!(fingerprint_of("struct S { a: (b, c) }"), fingerprint_of("struct S { a: (b), c: () }"));
        assert_ne!(fingerprint_of("#[on(a b)] struct S {}"), fingerprint_of("#[on(ab)] struct S {}"));
        assert_ne!(fingerprint_of("#[on(a (b))] struct S {}"), fingerprint_of("#[on((a) b)] struct S {}"));
        assert_ne!(fingerprint_of("#[on(a)] #[on(b)] struct S {}"), fingerprint_of("#[on(a b)] struct S {}"));
    }
}
