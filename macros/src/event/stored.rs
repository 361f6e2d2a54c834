//! What serde makes of the fields of a variant: their stored names, the names that are read, and what else counts.

use super::{
    model::{Shape, Variant},
    rename::Rule,
};
use crate::{
    attr,
    lock::{self, Name, Serde},
};
use quote::ToTokens;
use syn::{
    Attribute, Expr, Field, Ident, LitStr, Token, ext::IdentExt, parenthesized, parse::ParseStream, parse::Parser,
    token::Paren,
};

/// A field of a variant, and how it is stored.
pub(super) struct Stored<'a> {
    pub(super) source: &'a Field,
    /// What the lock says of it.
    pub(super) line: lock::Field,
    /// The names under which it is read.
    reads: Vec<String>,
}

impl Stored<'_> {
    /// Whether it is read from what is stored under this name.
    pub(super) fn reads(&self, name: &Name) -> bool {
        match (name, &self.line.name) {
            (Name::Payload, Name::Payload) => true,
            (Name::Named(name), Name::Named(_)) => self.reads.contains(name),
            _ => false,
        }
    }

    /// Whether this is its name in the user's source.
    pub(super) fn is_called(&self, name: &Name) -> bool {
        let ident = self.source.ident.as_ref().map(|ident| ident.unraw().to_string());
        matches!(name, Name::Named(name) if Some(name) == ident.as_ref())
    }

    /// Whether serde fills it in where it is not there.
    pub(super) fn may_be_missing(&self) -> bool {
        let Serde { default, flatten, with, deserialize_with, .. } = &self.line.serde;
        let is_plain = with.is_none() && deserialize_with.is_none();
        *default || *flatten || (is_plain && lock::is_optional(&self.line.ty))
    }
}

/// The fields of a variant that are read from what is stored, in the order in which they are declared.
pub(super) fn fields<'a>(enum_attributes: &[Attribute], variant: &Variant<'a>) -> Vec<Stored<'a>> {
    let of_variant = keys(&variant.source.attrs);
    let all = keys(enum_attributes);
    let rule = |direction: fn(&Text) -> &Option<String>| {
        let found = last(&of_variant, "rename_all").and_then(|text| direction(text).as_ref());
        let found = found.or_else(|| last(&all, "rename_all_fields").and_then(|text| direction(text).as_ref()));
        found.and_then(|rule| Rule::named(rule)).unwrap_or(Rule::Keep)
    };
    let rules = (rule(|text| &text.serialize), rule(|text| &text.deserialize));
    let is_payload = matches!(variant.shape, Shape::Newtype(_));
    let stored = variant.source.fields.iter().filter_map(|source| stored(source, &of_variant, rules, is_payload));
    stored.collect()
}

fn stored<'a>(source: &'a Field, variant: &[Key], rules: (Rule, Rule), is_payload: bool) -> Option<Stored<'a>> {
    let keys = keys(&source.attrs);
    let has = |name: &str| keys.iter().any(|key| key.name == name);
    if has("skip") || has("skip_deserializing") {
        return None;
    }
    let ident = source.ident.as_ref().map(|ident| ident.unraw().to_string()).unwrap_or_default();
    let renamed = last(&keys, "rename");
    let name = |text: Option<&String>, rule: Rule| text.cloned().unwrap_or_else(|| rule.apply(&ident));
    let written = name(renamed.and_then(|text| text.serialize.as_ref()), rules.0);
    let read = name(renamed.and_then(|text| text.deserialize.as_ref()), rules.1);
    let mut reads = vec![read];
    reads.extend(keys.iter().filter(|key| key.name == "alias").filter_map(|key| key.text.serialize.clone()));
    reads.sort();
    reads.dedup();
    // What is said of the whole variant holds for each of its fields.
    let path = |name: &str| last(&keys, name).or_else(|| last(variant, name)).and_then(|text| text.serialize.clone());
    let serde = Serde {
        default: has("default"),
        aliases: if is_payload { Vec::new() } else { reads.iter().filter(|name| **name != written).cloned().collect() },
        flatten: has("flatten"),
        with: path("with"),
        serialize_with: path("serialize_with"),
        deserialize_with: path("deserialize_with"),
        skip_serializing: has("skip_serializing"),
        skip_serializing_if: path("skip_serializing_if"),
    };
    let name = if is_payload { Name::Payload } else { Name::Named(written) };
    let ty = lock::as_text(attr::ungroup(&source.ty).to_token_stream());
    Some(Stored { source, line: lock::Field { serde, name, ty }, reads })
}

/// One key of `#[serde(…)]`.
struct Key {
    name: String,
    text: Text,
}

/// The value of a key: one for both directions, or one for each.
#[derive(Default)]
struct Text {
    serialize: Option<String>,
    deserialize: Option<String>,
}

fn last<'k>(keys: &'k [Key], name: &str) -> Option<&'k Text> {
    keys.iter().rev().find(|key| key.name == name).map(|key| &key.text)
}

/// The keys of every `#[serde(…)]`. What does not read as one is left to serde, which reports it.
fn keys(attributes: &[Attribute]) -> Vec<Key> {
    let mut keys = Vec::new();
    for attribute in attr::named(attributes, "serde") {
        let syn::Meta::List(list) = &attribute.meta else { continue };
        let read = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let name = input.call(Ident::parse_any)?.unraw().to_string();
                keys.push(Key { name, text: value(input)? });
                let _: Option<Token![,]> = input.parse()?;
            }
            Ok(())
        };
        let _ = read.parse2(list.tokens.clone());
    }
    keys
}

fn value(input: ParseStream<'_>) -> syn::Result<Text> {
    let mut text = Text::default();
    if input.peek(Paren) {
        let content;
        parenthesized!(content in input);
        while !content.is_empty() {
            let direction = content.call(Ident::parse_any)?;
            let value = literal(&content)?;
            if direction == "serialize" {
                text.serialize = value;
            } else {
                text.deserialize = value;
            }
            let _: Option<Token![,]> = content.parse()?;
        }
    } else if input.peek(Token![=]) {
        text.serialize = literal(input)?;
        text.deserialize.clone_from(&text.serialize);
    }
    Ok(text)
}

/// What stands behind `=`, where it is a string.
fn literal(input: ParseStream<'_>) -> syn::Result<Option<String>> {
    let _: Option<Token![=]> = input.parse()?;
    if input.peek(LitStr) {
        return input.parse::<LitStr>().map(|text| Some(text.value()));
    }
    input.parse::<Expr>().map(|_| None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diag::Diag, event::model};

    /// What the lock says of the fields of the only variant, and the names that each reads.
    fn told(input: &str) -> Vec<(String, String)> {
        let input = syn::parse_str(input).unwrap();
        let mut diag = Diag::new();
        let model = model::read(&mut diag, &input);
        diag.finish().unwrap();
        let fields = fields(&input.attrs, &model.variants[0]);
        fields.iter().map(|stored| (stored.line.to_string(), stored.reads.join(" "))).collect()
    }

    #[test]
    fn a_field_is_told_as_serde_stores_it() {
        for (field, line, reads) in [
            ("user_id: String", "user_id: String", "user_id"),
            ("r#type: Vec<u8>", "type: Vec<u8>", "type"),
            ("#[serde(rename = \"user-id\")] user_id: u8", "\"user-id\": u8", "user-id"),
            ("#[serde(rename(serialize = \"a\"))] x: u8", "#[serde(alias = \"x\")] a: u8", "x"),
            ("#[serde(rename(deserialize = \"a\"))] x: u8", "#[serde(alias = \"a\")] x: u8", "a"),
            (
                "#[serde(rename(serialize = \"a\", deserialize = \"b\"), alias = \"a\")] x: u8",
                "#[serde(alias = \"b\")] a: u8",
                "a b",
            ),
            (
                "#[serde(alias = \"c\", default)] #[serde(alias = \"a\")] x: u8",
                "#[serde(default, alias = \"a\", alias = \"c\")] x: u8",
                "a c x",
            ),
            ("#[serde(default = \"some::path\")] x: u8", "#[serde(default)] x: u8", "x"),
            (
                "#[serde(skip_serializing_if = \"Option::is_none\", with = \"p\", flatten)] x: u8",
                "#[serde(flatten, with = \"p\", skip_serializing_if = \"Option::is_none\")] x: u8",
                "x",
            ),
            (
                "#[serde(serialize_with = \"s\", deserialize_with = \"d\", skip_serializing)] x: u8",
                "#[serde(serialize_with = \"s\", deserialize_with = \"d\", skip_serializing)] x: u8",
                "x",
            ),
            // Of no account to what is stored.
            ("#[serde(bound = \"\", borrow, getter = \"g\")] #[doc = \"a\"] x: u8", "x: u8", "x"),
        ] {
            let told = told(&format!("enum E {{ A {{ {field} }} }}"));
            assert_eq!(told, [(line.to_owned(), reads.to_owned())], "{field}");
        }
        assert_eq!(told("enum E { A { #[serde(skip)] a: u8, #[serde(skip_deserializing)] b: u8 } }"), []);
        assert_eq!(told("enum E { A }"), []);
    }

    #[test]
    fn a_payload_has_no_name() {
        let line = |input: &str| told(input).remove(0).0;
        assert_eq!(line("enum E { A(Payment) }"), "0: Payment");
        assert_eq!(line("#[serde(rename_all_fields = \"UPPERCASE\")] enum E { A(Payment) }"), "0: Payment");
        assert_eq!(line("enum E { #[serde(with = \"p\")] A(Payment) }"), "#[serde(with = \"p\")] 0: Payment");
    }

    #[test]
    fn rules_for_all_fields_hold_where_nothing_closer_does() {
        let lines = |attributes: (&str, &str, &str)| {
            let (of_enum, of_variant, of_field) = attributes;
            told(&format!("{of_enum} enum E {{ {of_variant} A {{ {of_field} user_id: u8 }} }}")).remove(0).0
        };
        let all = "#[serde(rename_all_fields = \"camelCase\")]";
        assert_eq!(lines((all, "", "")), "userId: u8");
        assert_eq!(lines((all, "#[serde(rename_all = \"snake_case\")]", "")), "user_id: u8");
        assert_eq!(lines(("", "#[serde(rename_all = \"kebab-case\")]", "")), "\"user-id\": u8");
        assert_eq!(lines((all, "", "#[serde(rename = \"x\")]")), "x: u8");
        assert_eq!(
            lines((all, "#[serde(rename_all(deserialize = \"UPPERCASE\"))]", "")),
            "#[serde(alias = \"USER_ID\")] userId: u8"
        );
        assert_eq!(lines((all, "", "#[serde(rename(serialize = \"x\"))]")), "#[serde(alias = \"userId\")] x: u8");
    }

    #[test]
    fn what_serde_does_not_read_is_left_to_serde() {
        for attribute in ["serde", "serde = 1", "serde(=)", "serde(rename = )", "serde(default = 1 +)", "serde(a(b))"] {
            let input = format!("enum E {{ A {{ #[{attribute}] x: u8 }} }}");
            if syn::parse_str::<syn::DeriveInput>(&input).is_ok() {
                assert!(told(&input)[0].0.ends_with("x: u8"), "{attribute}");
            }
        }
    }

    #[test]
    fn what_may_be_missing_is_filled_in() {
        let may = |field: &str| {
            let input = syn::parse_str(&format!("enum E {{ A {{ {field} }} }}")).unwrap();
            let mut diag = Diag::new();
            let model = model::read(&mut diag, &input);
            diag.finish().unwrap();
            fields(&[], &model.variants[0])[0].may_be_missing()
        };
        for field in ["x: Option<u8>", "#[serde(default, with = \"p\")] x: u8", "#[serde(flatten)] x: A"] {
            assert!(may(field), "{field}");
        }
        for field in
            ["x: u8", "#[serde(with = \"p\")] x: Option<u8>", "#[serde(deserialize_with = \"p\")] x: Option<u8>"]
        {
            assert!(!may(field), "{field}");
        }
    }
}
