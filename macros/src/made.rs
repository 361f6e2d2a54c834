//! An expression that makes an event, as `#[emit]` and `#[undo]` hold it: `Created { user_id }`, `Paid(sum)`, `Confirmed`.

use crate::attr;
use proc_macro2::Span;
use syn::{Expr, ExprLit, Lit, Path, PathSegment, Token, parse::ParseStream, spanned::Spanned};

/// Reads the expression of the attribute `attribute`; `otherwise` says what else one could do, behind a comma.
pub(crate) fn read(input: ParseStream<'_>, attribute: &str, otherwise: &str) -> syn::Result<Expr> {
    if input.is_empty() {
        return Err(attr::error_at(input, "expected an event"));
    }
    let mut event = ungroup(input.parse()?);
    let is_event = match &mut event {
        Expr::Struct(_) | Expr::Path(_) => true,
        Expr::Call(call) => {
            *call.func = ungroup((*call.func).clone());
            matches!(*call.func, Expr::Path(_))
        }
        _ => false,
    };
    if is_event {
        return Ok(event);
    }
    let message = match quoted(&event) {
        Some(text) => {
            format!("expected an event, found a string\nhelp: write `#[{attribute}({text})]`, without quotes")
        }
        None => format!("expected an event\nhelp: write it as `Created {{ user_id, amount }}`{otherwise}"),
    };
    Err(syn::Error::new_spanned(event, message))
}

/// The path of a struct expression, a path or a call, where it is one word and so a variant of the event enum.
pub(crate) fn short_path(event: &mut Expr) -> Option<&mut Path> {
    let (qself, path) = match event {
        Expr::Struct(event) => (&event.qself, &mut event.path),
        Expr::Path(event) => (&event.qself, &mut event.path),
        Expr::Call(call) => return short_path(&mut call.func),
        _ => return None,
    };
    (qself.is_none() && path.leading_colon.is_none() && path.segments.len() == 1).then_some(path)
}

/// The event with a path of one word looked up in what `owner` gives for the path's place.
pub(crate) fn qualify(event: &Expr, owner: impl FnOnce(Span) -> PathSegment) -> Expr {
    let mut event = event.clone();
    if let Some(path) = short_path(&mut event) {
        let owner = owner(path.span());
        let colons = Token![::](owner.ident.span());
        let variant = std::mem::take(&mut path.segments);
        path.segments.push_value(owner);
        path.segments.push_punct(colons);
        path.segments.extend(variant);
    }
    event
}

/// What stands in quotes, if it is a path that stands there by mistake.
pub(crate) fn quoted(expression: &Expr) -> Option<String> {
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = expression else { return None };
    text.parse::<Path>().ok().map(|path| attr::source(&path))
}

/// The expression without the invisible brackets that it has when a `macro_rules!` passed it on.
pub(crate) fn ungroup(mut expression: Expr) -> Expr {
    while let Expr::Group(group) = expression {
        expression = *group.expr;
    }
    expression
}
