//! The pattern of an arm: which variants it names, and which names it binds.

use super::events::{Events, Named};
use crate::{diag::Diag, implementation};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ExprPath, Ident, Pat, PatIdent, Path, ext::IdentExt};

/// Makes the user's pattern one that generated code can match: every variant is named by its full path.
///
/// `named` takes the variants. Nothing is returned where the pattern is not one of variants; that is reported.
pub(super) fn rewrite(diag: &mut Diag, events: &Events, pattern: Pat, named: &mut Vec<Named>) -> Option<TokenStream> {
    if events.paths().len() <= 1 {
        return qualify(diag, events, pattern, named).map(ToTokens::into_token_stream);
    }
    let ends = implementation::ends(&pattern.to_token_stream());
    let mut alternatives = Vec::new();
    let mut complete = true;
    for alternative in flatten(pattern) {
        let first = named.len();
        let pattern = qualify(diag, events, alternative, named);
        let event = named.get(first).map(|variant| variant.event);
        if let Some(other) = named.iter().skip(first).find(|variant| Some(variant.event) != event) {
            diag.error(&other.path, "a binding cannot hold events of two enums\nhelp: write one attribute for each");
            complete = false;
        }
        match (event, pattern) {
            (Some(event), Some(pattern)) => alternatives.push((event, pattern.into_token_stream())),
            _ => complete = false,
        }
    }
    complete.then(|| events.any(&alternatives, ends))
}

/// The patterns between the bars, through all parentheses.
fn flatten(pattern: Pat) -> Vec<Pat> {
    match pattern {
        Pat::Or(or) => or.cases.into_iter().flat_map(flatten).collect(),
        Pat::Paren(paren) => flatten(*paren.pat),
        single => vec![single],
    }
}

/// Gives the variants of one enum their full paths.
fn qualify(diag: &mut Diag, events: &Events, pattern: Pat, named: &mut Vec<Named>) -> Option<Pat> {
    match pattern {
        Pat::Or(mut or) => {
            let mut complete = true;
            for case in &mut or.cases {
                match qualify(diag, events, case.clone(), named) {
                    Some(qualified) => *case = qualified,
                    None => complete = false,
                }
            }
            complete.then_some(Pat::Or(or))
        }
        Pat::Paren(mut paren) => {
            paren.pat = Box::new(qualify(diag, events, *paren.pat, named)?);
            Some(Pat::Paren(paren))
        }
        Pat::Ident(PatIdent { attrs, by_ref, mutability, ident, subpat: Some((at, inner)) }) => {
            let inner = Box::new(qualify(diag, events, *inner, named)?);
            Some(Pat::Ident(PatIdent { attrs, by_ref, mutability, ident, subpat: Some((at, inner)) }))
        }
        Pat::Ident(PatIdent { by_ref: None, mutability: None, ident, .. }) if is_path(&ident) => {
            let path = resolve(diag, events, &Path::from(ident), quote!(), named)?;
            Some(Pat::Path(ExprPath { attrs: Vec::new(), qself: None, path }))
        }
        Pat::Path(mut unit) if unit.qself.is_none() => {
            unit.path = resolve(diag, events, &unit.path, quote!(), named)?;
            Some(Pat::Path(unit))
        }
        Pat::TupleStruct(mut tuple) if tuple.qself.is_none() => {
            tuple.path = resolve(diag, events, &tuple.path, quote!((..)), named)?;
            Some(Pat::TupleStruct(tuple))
        }
        Pat::Struct(mut fields) if fields.qself.is_none() => {
            fields.path = resolve(diag, events, &fields.path, quote!({ .. }), named)?;
            Some(Pat::Struct(fields))
        }
        other => {
            diag.error(&other, not_a_variant(&other));
            None
        }
    }
}

fn resolve(diag: &mut Diag, events: &Events, path: &Path, rest: TokenStream, named: &mut Vec<Named>) -> Option<Path> {
    let variant = Named { rest, ..events.resolve(diag, path)? };
    let path = variant.path.clone();
    named.push(variant);
    Some(path)
}

/// Why the pattern says nothing of the event's variants, and what to write.
fn not_a_variant(pattern: &Pat) -> String {
    let help = "name the variants: `Created { name, .. } | Confirmed`";
    match pattern {
        Pat::Wild(_) => format!("`_` does not say which events are meant\nhelp: {help}"),
        Pat::Ident(PatIdent { by_ref: None, mutability: None, ident, .. }) => format!(
            "`{ident}` would match every event\nhelp: {help}; a variant in lower case needs its enum before it: `Event::{ident}`"
        ),
        Pat::Ident(PatIdent { ident, .. }) => format!("`{ident}` would match every event\nhelp: {help}"),
        Pat::Reference(_) => {
            "the event is matched through a reference already\nhelp: write the pattern without `&`".to_owned()
        }
        Pat::Macro(_) => format!("the variants in a macro cannot be seen from here\nhelp: {help}"),
        _ => format!("expected a pattern of the event\nhelp: {help}"),
    }
}

/// The names that the pattern binds, each once, in order.
pub(super) fn bindings(pattern: &Pat) -> Vec<Ident> {
    let mut found = Vec::new();
    collect(pattern, &mut found);
    found
}

fn collect(pattern: &Pat, found: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(PatIdent { by_ref, mutability, ident, subpat, .. }) => {
            let binds = by_ref.is_some() || mutability.is_some() || subpat.is_some() || !is_path(ident);
            if binds && !found.contains(ident) {
                found.push(ident.clone());
            }
            if let Some((_, inner)) = subpat {
                collect(inner, found);
            }
        }
        Pat::Guard(guard) => collect(&guard.pat, found),
        Pat::Or(or) => or.cases.iter().for_each(|case| collect(case, found)),
        Pat::Paren(paren) => collect(&paren.pat, found),
        Pat::Reference(reference) => collect(&reference.pat, found),
        Pat::Slice(slice) => slice.elems.iter().for_each(|element| collect(element, found)),
        Pat::Struct(fields) => fields.fields.iter().for_each(|field| collect(&field.pat, found)),
        Pat::Tuple(tuple) => tuple.elems.iter().for_each(|element| collect(element, found)),
        Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(|element| collect(element, found)),
        _ => {}
    }
}

/// Whether a lone name in a pattern is a variant or a constant, not a binding: rustc's own lint of names tells them
/// apart the same way.
pub(super) fn is_path(name: &Ident) -> bool {
    name.unraw().to_string().trim_start_matches('_').starts_with(char::is_uppercase)
}
