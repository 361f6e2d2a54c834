//! Reads `order: Order` and `cx: Context`: what the rules see beside the command's own fields.

use super::model::{is_key, keys};
use crate::{
    attr::{source, ungroup},
    diag::Diag,
    suggest,
};
use proc_macro2::Span;
use quote::ToTokens;
use syn::{
    Ident, LitStr, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, discouraged::Speculative},
};

/// A name and a type, as in a function's signature.
pub(super) struct Parameter {
    pub(super) name: Ident,
    pub(super) ty: Type,
}

/// The parameters in the order written: the state, and the context of the decision.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) state: Option<Parameter>,
    pub(super) context: Option<Parameter>,
    /// Whether one was written that could not be read.
    pub(super) failed: bool,
}

impl Parameters {
    /// Reads a parameter, or something that was meant to be one; says whether there was one.
    pub(super) fn read(&mut self, diag: &mut Diag, input: ParseStream<'_>) -> syn::Result<bool> {
        let Some(style) = self.style(input) else { return Ok(false) };
        self.failed = true;
        let parameter = style.read(diag, input)?;
        self.failed = false;
        self.push(diag, parameter);
        Ok(true)
    }

    fn push(&mut self, diag: &mut Diag, parameter: Parameter) {
        match (&self.state, &self.context) {
            (None, _) => self.state = Some(parameter),
            (Some(state), None) if state.name == parameter.name => {
                diag.error(
                    &parameter.name,
                    format!("`{}` is the name of two parameters\nhelp: give one of them another name", parameter.name),
                );
            }
            (Some(_), None) => self.context = Some(parameter),
            (Some(_), Some(_)) => diag.error(
                &parameter.name,
                "a command has at most two parameters, the state and the context\nhelp: write `order: Order, cx: Context`",
            ),
        }
    }

    /// How the next entry was written, if it is, or was meant to be, a parameter.
    fn style(&self, input: ParseStream<'_>) -> Option<Style> {
        if !input.peek(Ident::peek_any) {
            return None;
        }
        let ahead = input.fork();
        let name = ahead.call(Ident::parse_any).ok()?;
        let text = name.unraw().to_string();
        if is_key(&text) {
            return None;
        }
        if ahead.peek(Token![:]) && !ahead.peek(Token![::]) {
            return Some(Style::Colon);
        }
        if ahead.peek(Token![=]) && !is_misspelt(&text) {
            ahead.parse::<Token![=]>().ok()?;
            let ty = read_type(&ahead)?;
            return (self.state.is_none() || type_name(&ty) == "Context").then_some(Style::Equals);
        }
        let alone = ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(Token![::]) || ahead.peek(Token![<]);
        (self.state.is_none() && alone && (text.starts_with(char::is_uppercase) || ahead.peek(Token![::])))
            .then_some(Style::Bare)
    }
}

/// How a parameter was written.
#[derive(Clone, Copy)]
enum Style {
    /// `order: Order`
    Colon,
    /// `order = Order`, which is wrong.
    Equals,
    /// `Order`, which is wrong.
    Bare,
}

impl Style {
    fn read(self, diag: &mut Diag, input: ParseStream<'_>) -> syn::Result<Parameter> {
        match self {
            Self::Colon => {
                let name = input.call(Ident::parse_any)?;
                input.parse::<Token![:]>()?;
                let ty = read_parameter_type(diag, &name, input)?;
                if is_free(&name) {
                    return Ok(Parameter { name, ty });
                }
                let help = format!("help: write `{}: {}`", name_for(&ty), source(&ty));
                diag.error(&name, format!("`{name}` cannot name a parameter\n{help}"));
                Ok(Parameter { name: unnamed(), ty })
            }
            Self::Equals => {
                let name = input.call(Ident::parse_any)?;
                let equals = input.parse::<Token![=]>()?;
                let Some(ty) = read_type(input) else { return Err(input.error("expected a type")) };
                let meant = is_free(&name) && name != "aggregate";
                let shown = if meant { name.to_string() } else { name_for(&ty) };
                let shown_type = source(&ty);
                diag.error(equals, format!("expected `:`, as in a parameter\nhelp: write `{shown}: {shown_type}`"));
                Ok(Parameter { name: if is_free(&name) { name } else { unnamed() }, ty })
            }
            Self::Bare => {
                let Some(ty) = read_type(input) else { return Err(input.error("expected a type")) };
                let (shown, shown_type) = (name_for(&ty), source(&ty));
                diag.error(&ty, format!("the state needs a name for the rules\nhelp: write `{shown}: {shown_type}`"));
                Ok(Parameter { name: unnamed(), ty })
            }
        }
    }
}

/// The name of a parameter that the user gave none, or none that can be.
fn unnamed() -> Ident {
    Ident::new("__state", Span::mixed_site())
}

/// Reads the type after the colon, and mends what can be mended.
fn read_parameter_type(diag: &mut Diag, name: &Ident, input: ParseStream<'_>) -> syn::Result<Type> {
    let quoted = input.peek(LitStr).then(|| input.fork().parse::<LitStr>().ok()).flatten();
    let span = input.span();
    let Some(ty) = read_type(input) else {
        let message = format!("expected a type\nhelp: write `{name}: Order`, with the aggregate's type");
        return Err(syn::Error::new(span, message));
    };
    if let Some(literal) = quoted {
        let shown_type = source(&ty);
        diag.error(
            literal,
            format!("expected a type, found a string\nhelp: write `{name}: {shown_type}`, without quotes"),
        );
    }
    if let Type::Reference(reference) = ungroup(&ty) {
        let shown_type = source(&reference.elem);
        diag.error(
            reference.and_token,
            format!("the type is named without `&`; the rules see it by reference\nhelp: write `{name}: {shown_type}`"),
        );
        return Ok((*reference.elem).clone());
    }
    Ok(ty)
}

/// A type, which may stand in quotes by mistake. Takes nothing where there is none.
fn read_type(input: ParseStream<'_>) -> Option<Type> {
    let ahead = input.fork();
    let ty = if ahead.peek(LitStr) {
        ahead.parse::<LitStr>().ok()?.parse_with(Type::without_plus).ok()?
    } else {
        Type::without_plus(&ahead).ok()?
    };
    input.advance_to(&ahead);
    Some(ty)
}

/// Whether the word can be a name: it is no keyword.
fn is_free(name: &Ident) -> bool {
    syn::parse2::<Ident>(name.to_token_stream()).is_ok()
}

/// Whether the word is near one of the keys, and so was hardly meant as a parameter's name.
fn is_misspelt(text: &str) -> bool {
    suggest::closest(text, keys()).is_some()
}

/// The last word of the type's path.
fn type_name(ty: &Type) -> String {
    match ungroup(ty) {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.unraw().to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A parameter's name for the type: `order_line` for `OrderLine`.
fn name_for(ty: &Type) -> String {
    let mut name = String::new();
    for (at, c) in type_name(ty).char_indices() {
        if at > 0 && c.is_uppercase() {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    if syn::parse_str::<Ident>(&name).is_ok() { name } else { "state".to_owned() }
}
