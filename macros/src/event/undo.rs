//! `#[undo(…)]`: reads what undoes a variant's events, and writes the method that says so.

use super::model::{Model, Shape, Variant};
use crate::{attr, diag::Diag, implementation::quiet, made, suggest};
use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, Path, PathSegment, Token, ext::IdentExt, parse::ParseStream};

const SAMPLE: &str = "#[undo(LineRemoved { sku })]";

/// By what the one field of a variant without names is called in the expression.
const PAYLOAD: &str = "payload";

/// What a variant says about undoing it.
#[derive(Default)]
pub(super) struct Undo {
    /// `#[undo(never)]`, where the user wrote it.
    never: Vec<Ident>,
    /// `#[undo(LineRemoved { sku })]`: the compensating events, in order.
    with: Vec<Expr>,
    /// Whether anything was written, readable or not.
    said: bool,
}

enum Said {
    Never(Ident),
    With(Expr),
}

impl Undo {
    pub(super) fn read(diag: &mut Diag, attributes: &[Attribute]) -> Self {
        let mut undo = Self::default();
        for attribute in attr::named(attributes, "undo") {
            undo.said = true;
            let Some(list) = attr::arguments(diag, attribute, SAMPLE) else { continue };
            refuse_exits(diag, list.tokens.clone());
            match diag.absorb(list.parse_args_with(read)) {
                Some(Said::Never(word)) => undo.never.push(word),
                Some(Said::With(event)) => undo.with.push(event),
                None => {}
            }
        }
        undo
    }

    /// What cannot be undone has nothing that undoes it, and what undoes is an event of the same enum.
    pub(super) fn check(&self, diag: &mut Diag, model: &Model<'_>, unknown: bool) {
        for event in &self.with {
            if let Some(path) = made::short_path(&mut event.clone()) {
                variant_exists(diag, model, path);
            }
        }
        for word in self.never.iter().skip(usize::from(self.with.is_empty())) {
            let message =
                "`never` says that nothing undoes this event, and there is another `#[undo]`\nhelp: remove one";
            diag.error(word, message);
        }
        if unknown {
            for event in &self.with {
                let message = "nobody knows what an unknown event means, so nothing undoes it\nhelp: remove this `#[undo]`, or write `#[undo(never)]`";
                diag.error(event, message);
            }
        }
    }
}

/// A path of one word is a variant. rustc would take it for a type where fields follow it.
fn variant_exists(diag: &mut Diag, model: &Model<'_>, path: &Path) {
    let Some(variant) = path.segments.first().map(|segment| segment.ident.unraw().to_string()) else { return };
    let syn::Data::Enum(data) = &model.input.data else { return };
    let names: Vec<_> = data.variants.iter().map(|variant| variant.ident.unraw().to_string()).collect();
    if names.contains(&variant) {
        return;
    }
    let help = match suggest::closest(&variant, names.iter().map(String::as_str)) {
        Some(close) => format!("did you mean `{close}`?"),
        None => "what undoes an event is another event of the same enum: add the variant".to_owned(),
    };
    diag.error(path, format!("`{}` has no variant `{variant}`\nhelp: {help}", model.input.ident.unraw()));
}

fn read(input: ParseStream<'_>) -> syn::Result<Said> {
    let ahead = input.fork();
    if let Ok(word) = ahead.call(Ident::parse_any)
        && word == "never"
        && (ahead.is_empty() || ahead.peek(Token![,]))
    {
        input.call(Ident::parse_any)?;
        end(input)?;
        return Ok(Said::Never(word));
    }
    let event = made::read(input, "undo", ", or say that nothing undoes it with `#[undo(never)]`")
        .map_err(|error| attr::with_help(&error, SAMPLE))?;
    end(input)?;
    Ok(Said::With(event))
}

fn end(input: ParseStream<'_>) -> syn::Result<()> {
    let comma: Option<Token![,]> = input.parse()?;
    if input.is_empty() {
        return Ok(());
    }
    let message = match comma {
        Some(_) => "one `undo` is for one event\nhelp: write a second `#[undo(…)]`".to_owned(),
        None => format!("expected the attribute to end here\nhelp: write for example `{SAMPLE}`"),
    };
    Err(attr::error_at(input, message))
}

/// Reports `return` and `.await`: what undoes an event is known from the event alone, at once.
fn refuse_exits(diag: &mut Diag, tokens: TokenStream) {
    for word in attr::exits(tokens) {
        let message = format!(
            "`{word}` cannot stand here: what undoes an event is made of its fields alone\nhelp: put into the event what undoing it needs"
        );
        diag.error(word, message);
    }
}

/// The method, where a variant says anything.
pub(super) fn expand(model: &Model<'_>) -> Option<TokenStream> {
    let krate = &model.krate;
    let said: Vec<_> = model.variants.iter().filter(|variant| variant.undo.said).collect();
    (!said.is_empty()).then_some(())?;
    let all = said.len() == model.variants.len();
    let arms = said.into_iter().map(|variant| arm(model, variant));
    let rest = (!all).then(|| quote!(_ => #krate::Undo::Unsaid,));
    Some(quote! {
        fn undo(self) -> #krate::Undo<Self> {
            match self { #(#arms)* #rest }
        }
    })
}

/// The enum, standing at `place`.
fn this(place: Span) -> PathSegment {
    Ident::new("Self", Span::call_site().located_at(place)).into()
}

fn arm(model: &Model<'_>, variant: &Variant<'_>) -> TokenStream {
    let krate = &model.krate;
    let name = quiet(variant.ident());
    let with = &variant.undo.with;
    if with.is_empty() {
        return quote!(Self::#name { .. } => #krate::Undo::Never,);
    }
    let used = |name: &Ident| with.iter().find_map(|event| mention(event.to_token_stream(), name));
    // Only the fields that are used: the others would be unused bindings of the user's.
    let pattern = match variant.shape {
        Shape::Unit => quote!(Self::#name { .. }),
        Shape::Newtype(_) => {
            let payload =
                used(&Ident::new(PAYLOAD, Span::call_site())).map_or_else(|| quote!(..), ToTokens::into_token_stream);
            quote!(Self::#name(#payload))
        }
        Shape::Struct => {
            let fields = variant.source.fields.iter().filter_map(|field| {
                let field = field.ident.as_ref()?;
                let used = used(field)?;
                let field = quiet(field);
                Some(quote!(#field: #used,))
            });
            quote!(Self::#name { #(#fields)* .. })
        }
    };
    let (count, events) = (Literal::usize_unsuffixed(with.len()), with.iter().map(|event| made::qualify(event, this)));
    quote!(#pattern => #krate::__private::undo::<Self, #count>([#(#events),*]),)
}

/// The name as it first occurs among the tokens, be it in a string that formats it.
fn mention(tokens: TokenStream, name: &Ident) -> Option<Ident> {
    let text = name.unraw().to_string();
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident.unraw() == text => Some(ident),
        TokenTree::Group(group) => mention(group.stream(), name),
        TokenTree::Literal(literal) => {
            let string = literal.to_string();
            let formats = [format!("{{{text}}}"), format!("{{{text}:")].iter().any(|format| string.contains(format));
            formats.then(|| Ident::clone(name))
        }
        _ => None,
    })
}
