//! What stands behind the arrow of an arm.

use super::Kind;
use crate::attr;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{BinOp, Expr, Ident, Token, parse::ParseStream, parse::Parser};

/// What stands behind the arrow.
pub(crate) enum Right {
    /// Nothing, on a field: the pattern's only binding is taken into it.
    Take(Ident),
    /// Nothing, where nothing is expected.
    Absent,
    /// `expr`
    Value(Expr),
    /// `+= expr`
    Compound(BinOp, Expr),
    /// `.method(args)`
    Call(TokenStream),
}

/// Reads what stands behind `=>`.
pub(super) fn parse(input: ParseStream<'_>, kind: Kind) -> syn::Result<Right> {
    if input.is_empty() {
        let message = match kind {
            Kind::Field => {
                "expected what the field becomes\nhelp: write `=> value`, `=> += value` or `=> .method(…)`".to_owned()
            }
            _ => format!("expected an expression behind `=>`\nhelp: write `{}`", kind.sample()),
        };
        return Err(attr::error_at(input, message));
    }
    let assigns = input.peek(Token![=]) && !input.peek(Token![==]);
    let calls = input.peek(Token![.]) && !input.peek(Token![..]);
    if kind == Kind::Struct && (assigns || calls || is_compound(input)) {
        let message = "this does not say which field changes\nhelp: name it: `=> self.field…`";
        return Err(attr::error_at(input, message));
    }
    if assigns {
        return Err(attr::error_at(input, "unexpected `=`\nhelp: an assignment is written as `=> value`"));
    }
    if kind == Kind::Field {
        if calls {
            return call(&input.parse()?).map(Right::Call);
        }
        if is_compound(input) {
            let operator = input.parse()?;
            return Ok(Right::Compound(operator, input.parse()?));
        }
    }
    let value: Expr = input.parse()?;
    if kind == Kind::Field {
        is_no_assignment(&value)?;
    }
    Ok(Right::Value(value))
}

fn is_compound(input: ParseStream<'_>) -> bool {
    input.peek(Token![+=])
        || input.peek(Token![-=])
        || input.peek(Token![*=])
        || input.peek(Token![/=])
        || input.peek(Token![%=])
        || input.peek(Token![^=])
        || input.peek(Token![&=])
        || input.peek(Token![|=])
        || input.peek(Token![<<=])
        || input.peek(Token![>>=])
}

/// A value is what the field becomes: an assignment has none.
fn is_no_assignment(value: &Expr) -> syn::Result<()> {
    let operator = match value {
        Expr::Assign(_) => String::new(),
        Expr::Binary(binary) if is_assignment(&binary.op) => format!("{} ", binary.op.to_token_stream()),
        _ => return Ok(()),
    };
    let message = format!("the field itself is what changes here\nhelp: write `=> {operator}value`");
    Err(syn::Error::new_spanned(value, message))
}

fn is_assignment(operator: &BinOp) -> bool {
    matches!(
        operator,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

/// The tokens of `.method(args)`, after a look that they are no more and no less than a call on the field.
fn call(chain: &TokenStream) -> syn::Result<TokenStream> {
    let mut last = Span::call_site();
    if let Some(token) = chain.clone().into_iter().last() {
        last = token.span();
    }
    // The semicolon gives a chain that breaks off a place to be reported at.
    let end = quote_spanned!(last=> ;);
    let whole = |input: ParseStream<'_>| {
        let expression: Expr = input.parse()?;
        let _: Token![;] = input.parse()?;
        Ok(expression)
    };
    let problem = match whole.parse2(quote!(__field #chain #end))? {
        Expr::MethodCall(_) => return Ok(chain.clone()),
        Expr::Assign(_) => {
            "a part of the field cannot be assigned here\nhelp: write `#[on(… => self.field…)]` on the struct"
        }
        Expr::Binary(binary) if is_assignment(&binary.op) => {
            "a part of the field cannot be assigned here\nhelp: write `#[on(… => self.field…)]` on the struct"
        }
        Expr::Field(_) => "expected a method call\nhelp: write `=> .method(…)`",
        _ => "the result of this would be lost\nhelp: end with a method call that changes the field: `=> .method(…)`",
    };
    Err(syn::Error::new_spanned(chain, problem))
}

/// What would leave the fold in the middle, if the tokens have it.
pub(super) fn way_out(tokens: TokenStream) -> Option<(Span, &'static str)> {
    let mut after_dot = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(word) if word == "return" => {
                return Some((
                    word.span(),
                    "`return` would keep the event from what comes after it\nhelp: let the expression end with its value",
                ));
            }
            TokenTree::Ident(word) if after_dot && word == "await" => {
                return Some((
                    word.span(),
                    "`.await` cannot stand here: events are folded without waiting\nhelp: put into the event what the fold needs",
                ));
            }
            TokenTree::Group(group) => {
                let inner = way_out(group.stream());
                if inner.is_some() {
                    return inner;
                }
            }
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    None
}
