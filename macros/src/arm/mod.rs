//! `PATTERN [if GUARD] [, META] [=> RIGHT]`: an arm of a match over the event, as `#[on]`, `#[row]` and `#[remove]` hold it.

mod events;
mod pattern;
mod right;

pub(crate) use events::{Events, Named};

use crate::{attr, diag::Diag};
use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use right::Right;
use syn::{Attribute, Expr, Ident, Pat, Token, parse::ParseStream, spanned::Spanned};

/// What an arm is about, which decides what may stand behind its arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `#[on]` on a field: what happens to the field.
    Field,
    /// `#[on]` on the struct: what is run.
    Struct,
    /// `#[row]`: the key of the event's row.
    Row,
    /// `#[remove]`: nothing; the row is deleted.
    Remove,
}

impl Kind {
    fn sample(self) -> &'static str {
        match self {
            Self::Field => "#[on(Created { name, .. })]",
            Self::Struct => "#[on(Created { name, .. } => self.rename(name))]",
            Self::Row => "#[row(Created { owner, .. } => owner)]",
            Self::Remove => "#[remove(Closed)]",
        }
    }
}

/// One arm, as generated code matches it.
pub(crate) struct Arm {
    pattern: TokenStream,
    guard: Option<Expr>,
    metadata: Option<Ident>,
    right: Right,
    /// The variants that the pattern names.
    pub(crate) named: Vec<Named>,
}

/// An arm as it was written.
struct Written {
    pattern: Pat,
    guard: Option<Expr>,
    metadata: Option<Ident>,
    right: Option<Right>,
}

/// Reads every attribute of this name as an arm; what is wrong is reported and left out.
pub(crate) fn read(diag: &mut Diag, events: &Events, attributes: &[Attribute], name: &str, kind: Kind) -> Vec<Arm> {
    attr::named(attributes, name).filter_map(|attribute| read_one(diag, events, attribute, kind)).collect()
}

fn read_one(diag: &mut Diag, events: &Events, attribute: &Attribute, kind: Kind) -> Option<Arm> {
    let list = attr::arguments(diag, attribute, kind.sample())?;
    if let Some((span, message)) = right::way_out(list.tokens.clone()) {
        diag.push(syn::Error::new(span, message));
        return None;
    }
    let written = list.parse_args_with(|input: ParseStream<'_>| parse(input, kind));
    let Written { pattern, guard, metadata, right } = diag.absorb(written)?;
    let mut named = Vec::new();
    let bindings = pattern::bindings(&pattern);
    if let Some(name) = metadata.as_ref().filter(|name| bindings.contains(name)) {
        diag.error(name, format!("the pattern binds `{name}` already\nhelp: give the metadata another name"));
        return None;
    }
    let place = pattern.to_token_stream();
    let pattern = pattern::rewrite(diag, events, pattern, &mut named)?;
    let right = match right {
        Some(right) => right,
        None if kind == Kind::Field => only(diag, &place, &bindings)?,
        None => Right::Absent,
    };
    Some(Arm { pattern, guard, metadata, right, named })
}

/// The one name that is taken into the field.
fn only(diag: &mut Diag, pattern: &TokenStream, bindings: &[Ident]) -> Option<Right> {
    match bindings {
        [binding] => return Some(Right::Take(binding.clone())),
        [] => diag.error(
            pattern,
            "this pattern binds nothing that the field could take\nhelp: bind a field of the event, or write what the field becomes: `=> value`",
        ),
        many => {
            let names: Vec<_> = many.iter().map(|name| format!("`{name}`")).collect();
            let message = format!(
                "this pattern binds {}: which of them does the field take?\nhelp: bind one, or write what the field becomes: `=> value`",
                names.join(" and ")
            );
            diag.error(pattern, message);
        }
    }
    None
}

fn parse(input: ParseStream<'_>, kind: Kind) -> syn::Result<Written> {
    let sample = kind.sample();
    if input.is_empty() {
        return Err(attr::error_at(input, format!("expected a pattern of the event\nhelp: write `{sample}`")));
    }
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    let guard = if input.peek(Token![if]) {
        let _: Token![if] = input.parse()?;
        Some(input.parse()?)
    } else {
        None
    };
    let metadata = if input.peek(Token![,]) {
        let _: Token![,] = input.parse()?;
        Some(parse_metadata(input)?)
    } else {
        None
    };
    if let (Some(guard), Some(_)) = (&guard, &metadata)
        && let Some(found) = attr::find_let(guard)
    {
        // The metadata is bound in a block around the guard, where no `let` of a condition can stand.
        let message = "`let` cannot stand in a guard beside the metadata\nhelp: write `matches!(…, …)`, or a method such as `is_some_and`";
        return Err(syn::Error::new(found.span, message));
    }
    let right = if input.peek(Token![=>]) {
        if kind == Kind::Remove {
            return Err(attr::error_at(
                input,
                format!("`remove` deletes the row, nothing comes after it\nhelp: write `{sample}`"),
            ));
        }
        let _: Token![=>] = input.parse()?;
        Some(right::parse(input, kind)?)
    } else if input.is_empty() && matches!(kind, Kind::Field | Kind::Remove) {
        None
    } else if input.is_empty() {
        let expected = if kind == Kind::Row { "the row's key" } else { "an expression" };
        return Err(attr::error_at(input, format!("expected `=>` and {expected}\nhelp: write `{sample}`")));
    } else {
        let mut expected = Vec::new();
        if guard.is_none() && metadata.is_none() {
            expected.push("`if`");
        }
        if metadata.is_none() {
            expected.push("`,` and a name for the metadata");
        }
        expected.push(if kind == Kind::Remove { "the attribute to end here" } else { "`=>`" });
        let help = if metadata.is_some() && input.peek(Token![if]) {
            "\nhelp: the guard stands before the metadata: `PATTERN if GUARD, meta`"
        } else {
            ""
        };
        return Err(attr::error_at(input, format!("expected {}{help}", expected.join(", or "))));
    };
    if !input.is_empty() {
        let help = if input.peek(Token![;]) { "remove the `;`" } else { "write one attribute for each pattern" };
        return Err(attr::error_at(input, format!("expected the attribute to end here\nhelp: {help}")));
    }
    Ok(Written { pattern, guard, metadata, right })
}

fn parse_metadata(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(Ident) {
        let name: Ident = input.parse()?;
        if pattern::is_path(&name) {
            let message = "expected a name for the event's metadata, in lower case\nhelp: write `, meta` behind the pattern; several patterns are joined by `|`";
            return Err(syn::Error::new(name.span(), message));
        }
        return Ok(name);
    }
    let help =
        if input.peek(Token![_]) { "leave it out where it is not needed" } else { "write `, meta` behind the pattern" };
    Err(attr::error_at(input, format!("expected a name for the event's metadata\nhelp: {help}")))
}

impl Arm {
    /// `PATTERN [if GUARD]`.
    fn head(&self) -> TokenStream {
        let pattern = &self.pattern;
        let guard = self.guard.as_ref().map(|guard| {
            let metadata = self.bind_metadata();
            let guard = metadata.map_or_else(|| guard.to_token_stream(), |metadata| quote!({ #metadata #guard }));
            quote!(if #guard)
        });
        quote!(#pattern #guard)
    }

    /// `let META = …;`, where the metadata was asked for.
    fn bind_metadata(&self) -> Option<TokenStream> {
        self.metadata.as_ref().map(|name| quote!(let #name = __metadata;))
    }

    /// The arm with this body.
    fn arm(&self, body: &TokenStream) -> TokenStream {
        let (head, metadata) = (self.head(), self.bind_metadata());
        quote!(#head => { #metadata #body })
    }

    /// The arm that changes a field of `self`.
    pub(crate) fn change(&self, field: &Ident) -> TokenStream {
        let place = |span: Span| {
            let inside = span.resolved_at(Span::call_site());
            let (this, field) = (Ident::new("self", inside), respanned(field, inside));
            // The parentheses stand where the change was written, and are the user's: so is what rustc says of the whole.
            let mut place = Group::new(Delimiter::Parenthesis, quote!(#this.#field));
            place.set_span(span);
            place
        };
        let body = match &self.right {
            Right::Take(binding) => {
                let place = place(binding.span());
                let span = binding.span().resolved_at(Span::call_site());
                quote_spanned!(span=> #place = ::core::clone::Clone::clone(#binding);)
            }
            Right::Value(value) => {
                let place = place(value.span());
                quote!(#place = #value;)
            }
            Right::Compound(operator, value) => {
                let place = place(operator.span());
                quote!(#place #operator #value;)
            }
            Right::Call(chain) => {
                let place = place(chain.clone().into_iter().next().map_or_else(Span::call_site, |dot| dot.span()));
                quote!(#place #chain;)
            }
            Right::Absent => TokenStream::new(),
        };
        self.arm(&body)
    }

    /// The arm that runs what is behind the arrow.
    pub(crate) fn run(&self) -> TokenStream {
        self.arm(&self.value().to_token_stream())
    }

    /// The arm whose value is `body` of what is behind the arrow.
    pub(crate) fn map(&self, body: impl FnOnce(&TokenStream) -> TokenStream) -> TokenStream {
        self.arm(&body(&self.value().to_token_stream()))
    }

    fn value(&self) -> Option<&Expr> {
        match &self.right {
            Right::Value(value) => Some(value),
            _ => None,
        }
    }
}

fn respanned(name: &Ident, span: Span) -> Ident {
    let mut name = name.clone();
    name.set_span(span);
    name
}
