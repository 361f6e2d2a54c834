//! Reads `#[event(key = value, …)]` by a table of keys, and goes on after a mistake.

use crate::{diag::Diag, suggest};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::{cell::Cell, fmt::Display};
use syn::{
    Attribute, BinOp, Expr, Ident, LitInt, LitStr, MacroDelimiter, Meta, MetaList, Token, Type,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream, Parser, discouraged::Speculative},
    token::Paren,
};

/// What may be written in one attribute at one place.
#[derive(Debug)]
pub(crate) struct Grammar {
    /// The attribute's name, as in `event`.
    pub(crate) attribute: &'static str,
    /// The place in the user's words, as in `an event enum`.
    pub(crate) place: &'static str,
    /// What may be written there.
    pub(crate) keys: &'static [Key],
    /// What belongs somewhere else.
    pub(crate) elsewhere: &'static [Elsewhere],
}

/// A key that may be written.
#[derive(Debug)]
pub(crate) struct Key {
    /// The key itself.
    pub(crate) name: &'static str,
    /// How it is written, as in `name = "OrderPlaced"`.
    pub(crate) example: &'static str,
}

/// A key that may be written, and how: for the tables.
pub(crate) const fn key(name: &'static str, example: &'static str) -> Key {
    Key { name, example }
}

/// A key that is known, but not at this place.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    /// The key itself.
    pub(crate) name: &'static str,
    /// Where it belongs, in words that follow "`name` belongs ", as in `on a variant`.
    pub(crate) belongs: &'static str,
}

/// A key that belongs somewhere else, and where: for the tables.
pub(crate) const fn elsewhere(name: &'static str, belongs: &'static str) -> Elsewhere {
    Elsewhere { name, belongs }
}

/// The keys of each derive's own attribute, so that a key under the wrong one is told from a misspelt one.
const KEYS: &[(&str, &[&str])] = &[
    ("event", &["prefix", "name", "alias", "version", "upcast", "unknown", "retired", "lock", "unlocked"]),
    ("aggregate", &["event", "id", "name", "ignore", "snapshot"]),
    ("command", &["error", "creates", "any", "id"]),
    ("projection", &["name", "events", "ignore", "single", "version"]),
];

impl Grammar {
    fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The key that one which is not in the table was probably meant to be.
    fn meant(&self, name: &str) -> Option<&'static Key> {
        let belongs_elsewhere = self.elsewhere.iter().any(|other| other.name == name);
        (!belongs_elsewhere).then_some(())?;
        suggest::closest(name, self.keys.iter().map(|key| key.name)).and_then(|close| self.key(close))
    }

    /// The key of another place that one which is in no table was probably meant to be.
    fn meant_elsewhere(&self, name: &str) -> Option<&'static Elsewhere> {
        let close = suggest::closest(name, self.elsewhere.iter().map(|other| other.name))?;
        self.elsewhere.iter().find(|other| other.name == close)
    }

    /// What is wrong with a key that is not in the table, and what to write.
    fn unknown(&self, name: &str) -> String {
        let Self { attribute, place, elsewhere, .. } = self;
        if let Some(other) = elsewhere.iter().find(|other| other.name == name) {
            return format!("`{name}` belongs {}, not on {place}", other.belongs);
        }
        let is_attribute = KEYS.iter().any(|(owner, _)| owner == attribute);
        let owners: Vec<_> = KEYS
            .iter()
            .filter(|_| is_attribute)
            .filter(|(owner, keys)| owner != attribute && keys.contains(&name))
            .collect();
        if !owners.is_empty() {
            let owners: Vec<_> = owners.into_iter().map(|(owner, _)| format!("`#[{owner}]`")).collect();
            let help = self.meant(name).map_or_else(String::new, |key| format!("\nhelp: write `{}`", key.example));
            return format!("`{name}` is a key of {}, not of `#[{attribute}]`{help}", owners.join(" and "));
        }
        let help = match self.meant(name) {
            Some(key) => format!("did you mean `{}`?", key.name),
            None => match self.meant_elsewhere(name) {
                Some(other) => format!("did you mean `{}`, which belongs {}?", other.name, other.belongs),
                None => self.expected(),
            },
        };
        format!("unknown `{attribute}` key `{name}` on {place}\nhelp: {help}")
    }

    fn expected(&self) -> String {
        let names: Vec<_> = self.keys.iter().map(|key| format!("`{}`", key.name)).collect();
        match names.as_slice() {
            [one] => format!("expected {one}"),
            many => format!("expected one of {}", many.join(", ")),
        }
    }

    /// The attribute with something in it, for a message.
    fn sample(&self) -> String {
        let example = self.keys.first().map_or("…", |key| key.example);
        format!("#[{}({example})]", self.attribute)
    }
}

/// A key that was found, with its value still to be read.
pub(crate) struct Entry<'a, 'b> {
    /// The key, where the user wrote it.
    pub(crate) key: Ident,
    attribute: &'static str,
    example: &'static str,
    input: &'a ParseStream<'b>,
    failed: Cell<bool>,
}

impl<'a, 'b> Entry<'a, 'b> {
    fn new(key: Ident, grammar: &Grammar, known: &Key, input: &'a ParseStream<'b>) -> Self {
        Self { key, attribute: grammar.attribute, example: known.example, input, failed: Cell::new(false) }
    }
}

impl Entry<'_, '_> {
    /// The key's text.
    pub(crate) fn name(&self) -> String {
        self.key.unraw().to_string()
    }

    /// How the key is written.
    fn help(&self) -> String {
        format!("help: write `{}`", self.example)
    }

    fn fail(&self, diag: &mut Diag, error: syn::Error) {
        self.failed.set(true);
        diag.push(error);
    }

    /// Reads a key without a value.
    pub(crate) fn flag(&self, diag: &mut Diag) -> bool {
        if self.input.is_empty() || self.input.peek(Token![,]) {
            return true;
        }
        let message =
            format!("`{}` takes no value\nhelp: write `#[{}({})]`", self.name(), self.attribute, self.example);
        self.fail(diag, error_at(self.input, message));
        false
    }

    /// Reads `= value`; `expected` names the value in words, as in `a string`.
    pub(crate) fn value<T>(
        &self,
        diag: &mut Diag,
        expected: &str,
        parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
    ) -> Option<T> {
        self.after_equals(diag, expected).then_some(())?;
        let message = format!("expected {expected}\n{}", self.help());
        if self.input.is_empty() || self.input.peek(Token![,]) {
            self.fail(diag, error_at(self.input, message));
            return None;
        }
        let quotes = if self.input.peek(LitStr) { ", without quotes" } else { "" };
        let ahead = self.input.fork();
        let Ok(value) = parse(&ahead) else {
            self.fail(diag, error_at(self.input, message + quotes));
            return None;
        };
        self.input.advance_to(&ahead);
        Some(value)
    }

    /// Reads `= 2`: a whole number from 1 on; `what` names it in words, as in `schema versions`.
    pub(crate) fn number(&self, diag: &mut Diag, what: &str) -> Option<(LitInt, u32)> {
        let literal = self.value(diag, "a whole number", <LitInt as Parse>::parse)?;
        let number = diag.absorb(number(&literal, what))?;
        Some((literal, number))
    }

    /// Reads `= "text"`.
    pub(crate) fn string(&self, diag: &mut Diag) -> Option<LitStr> {
        let text: LitStr = self.value(diag, "a string", <LitStr as Parse>::parse)?;
        if !text.suffix().is_empty() {
            diag.error(&text, format!("unexpected suffix `{}` on the string", text.suffix()));
            return None;
        }
        Some(text)
    }

    fn after_equals(&self, diag: &mut Diag, expected: &str) -> bool {
        if self.input.peek(Token![=]) && self.input.parse::<Token![=]>().is_ok() {
            return true;
        }
        let message = format!("expected {expected}\n{}", self.help());
        let error = if self.input.is_empty() || self.input.peek(Token![,]) {
            syn::Error::new(self.key.span(), message)
        } else {
            error_at(self.input, message)
        };
        self.fail(diag, error);
        false
    }

    /// Reads `(…)`; `expected` names the content in words. Returns the content and the parentheses' place.
    pub(crate) fn list<T>(
        &self,
        diag: &mut Diag,
        expected: &str,
        parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
    ) -> Option<(T, Span)> {
        if !self.input.peek(Paren) {
            let message = format!("expected {expected} in parentheses\n{}", self.help());
            let error = if self.input.is_empty() || self.input.peek(Token![,]) {
                syn::Error::new(self.key.span(), message)
            } else {
                error_at(self.input, message)
            };
            self.fail(diag, error);
            return None;
        }
        let ahead = self.input.fork();
        let result = (|| {
            let content;
            let parens = parenthesized!(content in ahead);
            let value = parse(&content)?;
            if content.is_empty() { Ok((value, parens.span.join())) } else { Err(error_at(&content, "expected `,`")) }
        })();
        match result {
            Ok(found) => {
                self.input.advance_to(&ahead);
                Some(found)
            }
            Err(error) => {
                self.fail(diag, error);
                None
            }
        }
    }
}

/// A value that may be given once.
#[derive(Debug)]
pub(crate) struct Slot<T>(Option<(Ident, T)>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    /// Takes the value, or reports that there was one before.
    pub(crate) fn set(&mut self, diag: &mut Diag, key: &Ident, value: Option<T>) {
        if self.0.is_some() {
            diag.error(key, format!("`{}` is given twice", key.unraw()));
        } else if let Some(value) = value {
            self.0 = Some((key.clone(), value));
        }
    }

    /// The value.
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    /// The key, where the user wrote it.
    pub(crate) fn key(&self) -> Option<&Ident> {
        self.0.as_ref().map(|(key, _)| key)
    }
}

/// The keys that were written, if only misspelt or in a way that does not read: none of them is missing.
#[derive(Debug, Default)]
pub(crate) struct Written {
    keys: Vec<String>,
    misspelt: Vec<Misspelt>,
    /// Whether an attribute does not read at all, so that nobody knows what stands in it.
    unreadable: bool,
}

impl Written {
    /// Whether the key was written.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|written| written == key)
            || self.misspelt.iter().any(|misspelt| misspelt.meant.name == key)
    }

    /// Whether the key was surely not written.
    pub(crate) fn lacks(&self, key: &str) -> bool {
        !self.unreadable && !self.has(key)
    }
}

/// A key that is not in the table, but close to one that is.
#[derive(Debug)]
struct Misspelt {
    meant: &'static Key,
    span: Span,
    value: TokenStream,
}

/// Reads every attribute of the grammar's name, calling `take` for each key that is known at this place.
///
/// `take` reads the entry's value; whatever it leaves unread, and every key that is not known, is reported.
pub(crate) fn read(
    diag: &mut Diag,
    grammar: &Grammar,
    attributes: &[Attribute],
    take: impl FnMut(&mut Diag, &Entry<'_, '_>),
) -> Written {
    read_with(diag, grammar, &grammar.sample(), attributes, |_, _| Ok(false), take)
}

/// Like [`read`], where more than keys may stand: `other` is asked first, and says whether it took what comes next.
/// `sample` shows how the attribute is written.
pub(crate) fn read_with(
    diag: &mut Diag,
    grammar: &Grammar,
    sample: &str,
    attributes: &[Attribute],
    mut other: impl FnMut(&mut Diag, ParseStream<'_>) -> syn::Result<bool>,
    mut take: impl FnMut(&mut Diag, &Entry<'_, '_>),
) -> Written {
    let mut written = Written::default();
    for attribute in named(attributes, grammar.attribute) {
        let Some(list) = arguments(diag, attribute, sample) else {
            written.unreadable = true;
            continue;
        };
        let result = list.parse_args_with(|input: ParseStream<'_>| {
            read_entries(diag, grammar, input, &mut written, &mut other, &mut take)
        });
        diag.absorb(result);
    }
    take_misspelt(grammar, &written, take);
    written
}

/// Reads keys within a key, as in `snapshot(every = 100)`: `grammar` is the table of what stands in the parentheses.
///
/// Nothing is returned where there are no parentheses; that is reported.
pub(crate) fn read_nested(
    diag: &mut Diag,
    grammar: &Grammar,
    entry: &Entry<'_, '_>,
    mut take: impl FnMut(&mut Diag, &Entry<'_, '_>),
) -> Option<Written> {
    let mut inner = Diag::new();
    let mut written = Written::default();
    let parse = |input: ParseStream<'_>| {
        read_entries(&mut inner, grammar, input, &mut written, &mut |_, _| Ok(false), &mut take)
    };
    let read = entry.list(diag, "keys", parse);
    diag.absorb(inner.finish());
    read?;
    take_misspelt(grammar, &written, take);
    Some(written)
}

/// Reads entries to the end of the input.
fn read_entries(
    diag: &mut Diag,
    grammar: &Grammar,
    input: ParseStream<'_>,
    written: &mut Written,
    other: &mut impl FnMut(&mut Diag, ParseStream<'_>) -> syn::Result<bool>,
    take: &mut impl FnMut(&mut Diag, &Entry<'_, '_>),
) -> syn::Result<()> {
    while !input.is_empty() {
        match other(diag, input) {
            Ok(false) => read_entry(diag, grammar, input, written, take),
            Ok(true) if input.is_empty() || input.peek(Token![,]) => {}
            Ok(true) => diag.push(error_at(input, "expected `,`")),
            Err(error) => diag.push(error),
        }
        to_comma(input);
        let _: Option<Token![,]> = input.parse()?;
    }
    Ok(())
}

/// Lets each misspelt key stand in for what it was meant to be, so that one mistake is not followed by others; and
/// nothing is told of its value before it is mended.
fn take_misspelt(grammar: &Grammar, written: &Written, mut take: impl FnMut(&mut Diag, &Entry<'_, '_>)) {
    for Misspelt { meant, span, value } in &written.misspelt {
        if written.keys.iter().any(|key| key == meant.name) {
            continue;
        }
        let mut untold = Diag::new();
        let key = Ident::new(meant.name, *span);
        let stand_in = |input: ParseStream<'_>| {
            take(&mut untold, &Entry::new(key, grammar, meant, &input));
            to_comma(input);
            Ok(())
        };
        let _ = stand_in.parse2(value.clone());
        let _ = untold.finish();
    }
}

/// The attributes of this name, which may be written with `r#` as any name.
pub(crate) fn named<'a>(attributes: &'a [Attribute], name: &str) -> impl Iterator<Item = &'a Attribute> {
    attributes.iter().filter(move |attribute| attribute.path().get_ident().is_some_and(|ident| ident.unraw() == name))
}

/// What stands between the attribute's parentheses; `sample` shows how the attribute is written.
pub(crate) fn arguments<'a>(diag: &mut Diag, attribute: &'a Attribute, sample: &str) -> Option<&'a MetaList> {
    match &attribute.meta {
        Meta::Path(path) => diag.error(path, format!("expected arguments in parentheses\nhelp: write `{sample}`")),
        Meta::NameValue(pair) => {
            diag.error(pair.eq_token, format!("expected parentheses\nhelp: write `{sample}`"));
        }
        Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => return Some(list),
        Meta::List(list) => {
            let span = list.delimiter.span().open();
            diag.push(syn::Error::new(span, format!("wrong brackets\nhelp: write `{sample}`")));
        }
    }
    None
}

/// Reports attributes of ours that stand where nobody reads them: each name, and where it belongs.
pub(crate) fn misplaced(diag: &mut Diag, attributes: &[Attribute], place: &str, known: &[(&str, &str)]) {
    for (name, belongs) in known {
        for attribute in named(attributes, name) {
            diag.error(attribute.path(), format!("`#[{name}]` belongs {belongs}, not on {place}"));
        }
    }
}

/// The keys of an attribute that is somebody else's, as far as they can be read; the rest is its owner's business.
pub(crate) fn foreign_keys(attributes: &[Attribute], name: &str) -> Vec<Ident> {
    let mut keys = Vec::new();
    for attribute in named(attributes, name) {
        let Meta::List(list) = &attribute.meta else { continue };
        // What does not read as keys gives no keys: the owner reports it.
        let _ = list.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                keys.extend(input.call(Ident::parse_any).ok());
                to_comma(input);
                let _: Option<Token![,]> = input.parse()?;
            }
            Ok(())
        });
    }
    keys
}

/// Reads one `key…`; what it leaves before the next comma is to be skipped.
fn read_entry(
    diag: &mut Diag,
    grammar: &Grammar,
    input: ParseStream<'_>,
    written: &mut Written,
    take: &mut impl FnMut(&mut Diag, &Entry<'_, '_>),
) {
    if !input.peek(Ident::peek_any) {
        diag.push(error_at(input, format!("expected a key\nhelp: {}", grammar.expected())));
        return;
    }
    let Ok(ident) = input.call(Ident::parse_any) else { return };
    let name = ident.unraw().to_string();
    let Some(key) = grammar.key(&name) else {
        diag.error(&ident, grammar.unknown(&name));
        if let Some(meant) = grammar.meant(&name) {
            written.misspelt.push(Misspelt { meant, span: ident.span(), value: to_comma(input) });
        }
        return;
    };
    written.keys.push(name);
    let entry = Entry::new(ident, grammar, key, &input);
    take(diag, &entry);
    if !entry.failed.get() && !input.is_empty() && !input.peek(Token![,]) {
        diag.push(error_at(input, "expected `,`"));
    }
}

/// A whole number from 1 on; `what` names it in words, as in `schema versions`.
pub(crate) fn number(literal: &LitInt, what: &str) -> syn::Result<u32> {
    let error = |message: String| Err(syn::Error::new_spanned(literal, message));
    if !literal.suffix().is_empty() {
        return error(format!("unexpected suffix `{}` on the number", literal.suffix()));
    }
    match literal.base10_parse() {
        Ok(0) => error(format!("{what} start at 1")),
        Ok(number) => Ok(number),
        Err(_) if literal.base10_digits().starts_with('-') => error(format!("{what} start at 1")),
        Err(_) => error(format!("`{literal}` is too large: {what} end at {}", u32::MAX)),
    }
}

/// A mistake at the next token, or, where there is none, at the end of what is read.
pub(crate) fn error_at(input: ParseStream<'_>, message: impl Display) -> syn::Error {
    syn::Error::new(input.span(), message)
}

/// The error, with a sample of what to write unless it says already how to mend it.
pub(crate) fn with_help(error: &syn::Error, sample: &str) -> syn::Error {
    let message = error.to_string();
    if message.contains("\nhelp: ") {
        return error.clone();
    }
    syn::Error::new(error.span(), format!("{message}\nhelp: write for example `{sample}`"))
}

/// Every `return` and `await` among the tokens.
pub(crate) fn exits(tokens: TokenStream) -> Vec<Ident> {
    let exits = |token| match token {
        TokenTree::Group(group) => exits(group.stream()),
        TokenTree::Ident(word) if word == "return" || word == "await" => vec![word],
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(exits).collect()
}

/// What stands before the next comma; groups are one token, so a comma inside parentheses is none.
fn to_comma(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        match input.parse::<TokenTree>() {
            Ok(token) => tokens.extend([token]),
            Err(_) => break,
        }
    }
    tokens
}

/// The text of every `///` and `#[doc = "…"]`, as one, without the space that `///` leaves in front.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
        let value = &attribute.meta.require_name_value().ok()?.value;
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = value else { return None };
        Some(text.value())
    });
    let text = lines.map(|line| line.strip_prefix(' ').map_or(line.clone(), ToOwned::to_owned)).collect::<Vec<_>>();
    text.join("\n").trim().to_owned()
}

/// The type without the invisible brackets that it has when a `macro_rules!` passed it on.
pub(crate) fn ungroup(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}

/// The tokens as one would write them: without the spaces that `TokenStream` prints between all of them.
pub(crate) fn source(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (wide, narrow) in
        [(" :: ", "::"), (" < ", "<"), (" >", ">"), ("< ", "<"), (" <", "<"), (" ,", ","), ("& ", "&"), (" ;", ";")]
    {
        text = text.replace(wide, narrow);
    }
    text
}

/// The `let` of a condition such as `let Some(x) = y && x > 0`.
pub(crate) fn find_let(condition: &Expr) -> Option<&Token![let]> {
    match condition {
        Expr::Let(found) => Some(&found.let_token),
        Expr::Binary(both) if matches!(both.op, BinOp::And(_)) => {
            find_let(&both.left).or_else(|| find_let(&both.right))
        }
        Expr::Paren(inner) => find_let(&inner.expr),
        Expr::Group(inner) => find_let(&inner.expr),
        _ => None,
    }
}
