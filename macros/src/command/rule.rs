//! Reads the attributes that decide: `require`, `skip_if`, `emit` and `handler`.

use crate::{attr, diag::Diag, made};
use proc_macro2::TokenStream;
use syn::{
    Attribute, Expr, ExprPath, Ident, Token,
    parse::{Parse, ParseStream},
};

const REQUIRE: &str = "#[require(amount > 0.0, OrderError::NothingToPay)]";
const SKIP_IF: &str = "#[skip_if(order.is_confirmed())]";
const EMIT: &str = "#[emit(Created { user_id, amount })]";
const HANDLER: &str = "#[handler(Order::cancel)]";

/// The attributes of one case, each kind in the order written.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) guards: Vec<Guard>,
    pub(super) emits: Vec<Emit>,
    pub(super) handlers: Vec<Handler>,
    /// Whether an `emit` or a `handler` was written, readable or not.
    pub(super) decides: bool,
}

/// What may end a decision before anything is emitted.
pub(super) enum Guard {
    /// `#[require(condition, error)]`, with the attribute's name.
    Require(Ident, Expr, Expr),
    /// `#[skip_if(condition)]`
    SkipIf(Expr),
}

/// `#[emit(event if condition)]`
pub(super) struct Emit {
    pub(super) event: Expr,
    pub(super) condition: Option<Expr>,
}

/// `#[handler(path)]`, with the attribute's name.
pub(super) struct Handler {
    pub(super) name: Ident,
    pub(super) path: ExprPath,
}

impl Rules {
    pub(super) fn read(diag: &mut Diag, attributes: &[Attribute]) -> Self {
        let mut rules = Self::default();
        for attribute in attributes {
            rules.read_one(diag, attribute);
        }
        rules
    }

    fn read_one(&mut self, diag: &mut Diag, attribute: &Attribute) {
        let Some(name) = attribute.path().get_ident().cloned() else { return };
        let kind = name.to_string();
        self.decides |= kind == "emit" || kind == "handler";
        match kind.as_str() {
            "require" => {
                if let Some((condition, error)) = arguments(diag, attribute, REQUIRE, read_require) {
                    self.guards.push(Guard::Require(name, condition, error));
                }
            }
            "skip_if" => {
                if let Some(condition) = arguments(diag, attribute, SKIP_IF, read_condition) {
                    self.guards.push(Guard::SkipIf(condition));
                }
            }
            "emit" => {
                if let Some((event, condition)) = arguments(diag, attribute, EMIT, read_emit) {
                    self.emits.push(Emit { event, condition });
                }
            }
            "handler" => {
                if let Some(path) = arguments(diag, attribute, HANDLER, read_handler) {
                    self.handlers.push(Handler { name, path });
                }
            }
            _ => {}
        }
    }
}

/// Reports every rule among the attributes of a place that takes none.
pub(super) fn refuse(diag: &mut Diag, attributes: &[Attribute], place: &str, belongs: &str) {
    let known = ["require", "skip_if", "emit", "handler"].map(|name| (name, belongs));
    attr::misplaced(diag, attributes, place, &known);
}

/// Reads what stands between the attribute's parentheses.
fn arguments<T>(
    diag: &mut Diag,
    attribute: &Attribute,
    sample: &str,
    read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> Option<T> {
    let list = attr::arguments(diag, attribute, sample)?;
    refuse_exits(diag, list.tokens.clone());
    let result = list.parse_args_with(|input: ParseStream<'_>| {
        let value = read(input)?;
        let _: Option<Token![,]> = input.parse()?;
        if input.is_empty() {
            Ok(value)
        } else {
            Err(syn::Error::new(input.span(), "expected the attribute to end here"))
        }
    });
    diag.absorb(result.map_err(|error| attr::with_help(&error, sample)))
}

/// Reports `return` and `.await`, which would leave a decision in the middle.
fn refuse_exits(diag: &mut Diag, tokens: TokenStream) {
    for word in attr::exits(tokens) {
        let message = if word == "return" {
            "`return` would leave the decision in the middle\nhelp: write `#[skip_if(…)]`, `#[require(…)]` or `#[handler(…)]`"
        } else {
            "a decision is pure and cannot wait\nhelp: fetch what it needs beforehand, and put it into the command"
        };
        diag.error(word, message);
    }
}

fn read_require(input: ParseStream<'_>) -> syn::Result<(Expr, Expr)> {
    let condition = read_condition(input)?;
    let comma: Option<Token![,]> = input.parse()?;
    if comma.is_none() || input.is_empty() {
        return Err(syn::Error::new(input.span(), "expected the error to reject with, after the condition"));
    }
    let error = input.parse()?;
    if input.peek(Token![,]) && !input.peek2(syn::parse::End) {
        return Err(syn::Error::new(input.span(), "`require` takes a condition and one error"));
    }
    Ok((condition, error))
}

fn read_condition(input: ParseStream<'_>) -> syn::Result<Expr> {
    if input.is_empty() {
        return Err(syn::Error::new(input.span(), "expected a condition"));
    }
    let condition = input.parse()?;
    if let Some(found) = attr::find_let(&condition) {
        let message =
            "`let` cannot stand in a condition here\nhelp: write `matches!(…, …)`, or a method such as `is_some_and`";
        return Err(syn::Error::new(found.span, message));
    }
    Ok(condition)
}

fn read_emit(input: ParseStream<'_>) -> syn::Result<(Expr, Option<Expr>)> {
    let event = made::read(input, "emit", ", or decide in a function with `#[handler(…)]`")?;
    let condition = match input.parse::<Option<Token![if]>>()? {
        Some(_) if input.is_empty() => {
            let message =
                "expected a condition after `if`\nhelp: write for example `#[emit(Confirmed if amount > 0.0)]`";
            return Err(syn::Error::new(input.span(), message));
        }
        Some(_) => Some(read_condition(input)?),
        None => None,
    };
    if input.peek(Token![,]) && !input.peek2(syn::parse::End) {
        return Err(syn::Error::new(input.span(), "one `emit` is for one event\nhelp: write a second `#[emit(…)]`"));
    }
    Ok((event, condition))
}

fn read_handler(input: ParseStream<'_>) -> syn::Result<ExprPath> {
    if input.is_empty() {
        return Err(syn::Error::new(input.span(), "expected the path of a function"));
    }
    let found = made::ungroup(Expr::parse(input)?);
    match found {
        Expr::Path(path) => Ok(path),
        Expr::Call(call) => Err(syn::Error::new_spanned(
            &call,
            format!(
                "expected the path of a function, found a call; it is called with the state and the fields\nhelp: write `#[handler({})]`",
                attr::source(&call.func)
            ),
        )),
        other => {
            let help = match made::quoted(&other) {
                Some(path) => format!("write `#[handler({path})]`, without quotes"),
                None => format!("write for example `{HANDLER}`"),
            };
            Err(syn::Error::new_spanned(other, format!("expected the path of a function\nhelp: {help}")))
        }
    }
}
