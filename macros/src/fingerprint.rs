//! A number for all that a struct is folded by, as far as it stands in the struct.

use crate::attr;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Data, DeriveInput, Meta};

/// What a struct is made by.
pub(crate) struct Made {
    /// The derive's own attribute.
    pub(crate) attribute: &'static str,
    /// Its keys that decide; the others make no difference.
    pub(crate) keys: &'static [&'static str],
    /// The attributes beside it that decide, on the struct and on its fields.
    pub(crate) beside: &'static [&'static str],
}

impl Made {
    /// The number: two folds that differ have, but for a chance of one to 2⁶⁴, two numbers. Spaces, line breaks and
    /// comments make no difference. `more` decides too, each word under what it is.
    pub(crate) fn fingerprint(&self, input: &DeriveInput, more: &[(&str, &str)]) -> u64 {
        let mut hash = Hash::new();
        for (kind, word) in more {
            hash.add(kind, word);
        }
        self.attributes(&mut hash, &input.attrs);
        if let Data::Struct(data) = &input.data {
            for field in &data.fields {
                hash.add("field", &field.ident.as_ref().map(ToString::to_string).unwrap_or_default());
                hash.tokens(field.ty.to_token_stream());
                self.attributes(&mut hash, &field.attrs);
            }
        }
        hash.0
    }

    /// The attributes that say what the fold and the JSON are.
    fn attributes(&self, hash: &mut Hash, attributes: &[Attribute]) {
        let tokens = |attribute: &Attribute| match &attribute.meta {
            Meta::List(list) => list.tokens.clone(),
            Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
        };
        let mut own = attr::named(attributes, self.attribute).map(tokens).peekable();
        if own.peek().is_some() {
            hash.add("attribute", self.attribute);
            hash.keys(&own.collect::<Vec<_>>(), self.keys);
        }
        for name in self.beside {
            for attribute in attr::named(attributes, name) {
                hash.add("attribute", name);
                hash.tokens(tokens(attribute));
            }
        }
    }
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

    /// These keys of some lists, in whatever order they stand there. A comma that ends what is in a key's parentheses says
    /// nothing: a formatter may write it.
    fn keys(&mut self, lists: &[TokenStream], wanted: &[&str]) {
        for wanted in wanted {
            for list in lists {
                for entry in list.clone().into_iter().collect::<Vec<_>>().split(is_comma) {
                    if matches!(entry.first(), Some(TokenTree::Ident(key)) if key == wanted) {
                        self.tokens(entry.iter().map(without_last_comma).collect());
                    }
                }
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

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

fn without_last_comma(token: &TokenTree) -> TokenTree {
    let TokenTree::Group(group) = token else { return token.clone() };
    let mut tokens: Vec<_> = group.stream().into_iter().collect();
    tokens.pop_if(|last| is_comma(last));
    Group::new(group.delimiter(), tokens.into_iter().collect()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint_of(source: &str) -> u64 {
        let made = Made { attribute: "made", keys: &["event", "single"], beside: &["on", "key"] };
        made.fingerprint(&syn::parse_str(source).unwrap(), &[])
    }

    #[test]
    fn words_are_kept_apart() {
        assert_ne!(fingerprint_of("struct S { a: (b, c) }"), fingerprint_of("struct S { a: (b), c: () }"));
        assert_ne!(fingerprint_of("#[on(a b)] struct S {}"), fingerprint_of("#[on(ab)] struct S {}"));
        assert_ne!(fingerprint_of("#[on(a (b))] struct S {}"), fingerprint_of("#[on((a) b)] struct S {}"));
        assert_ne!(fingerprint_of("#[on(a)] #[on(b)] struct S {}"), fingerprint_of("#[on(a b)] struct S {}"));
    }

    #[test]
    fn an_attribute_without_arguments_counts() {
        assert_ne!(fingerprint_of("struct S { #[key] a: u8 }"), fingerprint_of("struct S { a: u8 }"));
        assert_ne!(fingerprint_of("#[made(single)] struct S;"), fingerprint_of("#[made()] struct S;"));
    }

    #[test]
    fn how_the_keys_are_arranged_says_nothing() {
        let one = fingerprint_of("#[made(event(A), other, single)] struct S;");
        assert_eq!(fingerprint_of("#[made(single, event(A))] struct S;"), one);
        assert_eq!(fingerprint_of("#[made(single)] #[made(event(A))] struct S;"), one);
        assert_ne!(fingerprint_of("#[made(event(A))] struct S;"), one);
    }

    #[test]
    fn a_comma_at_the_end_of_a_key_says_nothing() {
        assert_eq!(
            fingerprint_of("#[made(event(A, B,),)] struct S;"),
            fingerprint_of("#[made(event(A, B))] struct S;")
        );
        assert_ne!(fingerprint_of("#[on(A => (1,))] struct S;"), fingerprint_of("#[on(A => (1))] struct S;"));
    }
}
