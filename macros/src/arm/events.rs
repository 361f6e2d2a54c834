//! The event enums that patterns speak of, and how a path finds its variant.

use crate::{diag::Diag, implementation, krate::Krate, suggest};
use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, Path, PathArguments, Token, ext::IdentExt, punctuated::Punctuated, spanned::Spanned};

/// The event enums of an aggregate, which has one, or of a projection, which may have several.
pub(crate) struct Events {
    krate: Krate,
    enums: Vec<Path>,
}

/// A variant that is named somewhere.
#[derive(Clone)]
pub(crate) struct Named {
    /// Which of the enums has it.
    pub(crate) event: usize,
    /// The path as generated code names it; its tokens stand where the user named the variant.
    pub(crate) path: Path,
    /// What follows the path in a pattern that matches every event of the variant.
    pub(crate) rest: TokenStream,
}

impl Named {
    /// The variant's name, where the user wrote it.
    pub(crate) fn ident(&self) -> Option<&Ident> {
        self.path.segments.last().map(|segment| &segment.ident)
    }

    /// The variant's name as text.
    pub(crate) fn name(&self) -> String {
        self.ident().map(|ident| ident.unraw().to_string()).unwrap_or_default()
    }

    /// Whether both are the same variant of the same enum.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.event == other.event && self.name() == other.name()
    }

    /// The same, for a variant that is named only to be passed over: no warning where it is deprecated.
    pub(crate) fn quiet(mut self) -> Self {
        for segment in &mut self.path.segments {
            segment.ident = implementation::quiet(&segment.ident);
        }
        self
    }

    /// A pattern of the variant's own enum that matches all its events.
    pub(crate) fn pattern(&self) -> TokenStream {
        // The user's tokens once more: what is wrong with them is told in the same words at the same place, and so once.
        let Self { path, rest, .. } = self;
        quote!(#path #rest)
    }
}

impl Events {
    /// The enums with these paths; none where they could not be read, which was reported then.
    pub(crate) fn new(krate: &Krate, enums: impl IntoIterator<Item = Path>) -> Self {
        Self { krate: krate.clone(), enums: enums.into_iter().collect() }
    }

    /// The paths, as declared.
    pub(crate) fn paths(&self) -> &[Path] {
        &self.enums
    }

    /// The variant that `path` names, or nothing after a report.
    ///
    /// Where there is one enum, the variant's name is enough; where there are several, the enum's must stand before it.
    pub(crate) fn resolve(&self, diag: &mut Diag, path: &Path) -> Option<Named> {
        let variant = path.segments.last()?;
        let owner = path.segments.iter().rev().nth(1).map(|segment| &segment.ident);
        let named = |event, path| Some(Named { event, path, rest: quote!({ .. }) });
        match (owner, self.enums.as_slice()) {
            (_, []) => None,
            (None, [only]) => named(0, join(only, variant.ident.span(), variant)),
            (None, _) => {
                let choices =
                    self.names().iter().map(|name| format!("`{name}::{}`", variant.ident)).collect::<Vec<_>>();
                let message = format!(
                    "`{}` does not say of which event it is\nhelp: write {}",
                    variant.ident,
                    choices.join(" or ")
                );
                diag.error(path, message);
                None
            }
            (Some(owner), enums) => match enums.iter().position(|path| last(path) == Some(owner)) {
                // The enum as it was declared, which may be out of scope under its bare name.
                Some(event) if path.segments.len() == 2 && path.leading_colon.is_none() => {
                    named(event, join(enums.get(event)?, owner.span(), variant))
                }
                Some(event) => named(event, path.clone()),
                None if enums.len() == 1 => named(0, path.clone()),
                None => {
                    diag.error(owner, self.unknown(owner));
                    None
                }
            },
        }
    }

    fn names(&self) -> Vec<String> {
        self.enums.iter().filter_map(last).map(|ident| ident.unraw().to_string()).collect()
    }

    fn unknown(&self, owner: &Ident) -> String {
        let (names, owner) = (self.names(), owner.unraw().to_string());
        let help = match suggest::closest(&owner, names.iter().map(String::as_str)) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("expected one of `{}`", names.join("`, `")),
        };
        format!("`{owner}` is none of the events here\nhelp: {help}")
    }

    /// Patterns of single enums, each with its enum's index, as one pattern of them all:
    /// `Or::First(a | b) | Or::Second(c)`. It stands from the first place to the last.
    pub(crate) fn any(&self, patterns: &[(usize, TokenStream)], (from, to): (Span, Span)) -> TokenStream {
        // The user's place and the user's tokens: a pattern that another one hides is found by rustc.
        let krate = self.krate.at(from);
        let either = |side: &str, inner: TokenStream| {
            let side = Ident::new(side, from);
            let mut inner = Group::new(Delimiter::Parenthesis, inner);
            inner.set_span(to);
            quote_spanned!(from=> #krate::Or::#side #inner)
        };
        let last = self.enums.len().saturating_sub(1);
        // From the innermost pair outwards: each step takes one more enum.
        (0..=last).rev().fold(TokenStream::new(), |others, event| {
            let own: Vec<_> = patterns.iter().filter(|(of, _)| *of == event).map(|(_, pattern)| pattern).collect();
            let joined = quote!(#(#own)|*);
            let own = match own.as_slice() {
                [] => None,
                _ if event == last => Some(joined),
                _ => Some(either("First", joined)),
            };
            let others = (!others.is_empty()).then(|| either("Second", others));
            let both = own.into_iter().chain(others);
            quote!(#(#both)|*)
        })
    }

    /// A match without a wildcard over the variants that are named, so that rustc finds the ones that are not.
    ///
    /// What it says then stands under the enum, where the user listed it. `rest` says that the others are left out
    /// knowingly.
    pub(crate) fn exhaustive(&self, named: &[&Named], rest: bool) -> TokenStream {
        let matches = self.enums.iter().enumerate().map(|(event, path)| {
            // What is matched stands where the user wrote the enum: rustc's message is about that.
            let scrutinee = Ident::new("__event", path.span().resolved_at(Span::call_site()));
            let mut variants: Vec<&Named> = Vec::new();
            for variant in named.iter().filter(|variant| variant.event == event) {
                if !variants.iter().any(|known| known.is(variant)) {
                    variants.push(variant);
                }
            }
            let patterns = variants.iter().map(|variant| variant.pattern());
            let arm = (!variants.is_empty()).then(|| quote!(#(#patterns)|* => {}));
            let rest = rest.then(|| quote!(_ => {}));
            quote!(match #scrutinee { #arm #rest })
        });
        let matches: Vec<_> = matches.collect();
        if let [only] = matches.as_slice() {
            return only.clone();
        }
        let arms = matches.iter().enumerate().map(|(event, inner)| {
            let pattern = self.any(&[(event, quote!(__event))], (Span::call_site(), Span::call_site()));
            quote!(#pattern => #inner)
        });
        quote!(match __event { #(#arms)* })
    }
}

fn last(path: &Path) -> Option<&Ident> {
    path.segments.last().map(|segment| &segment.ident)
}

/// `path::variant`, all of it standing at `span`. Type arguments are left to inference, as in any pattern.
fn join(path: &Path, span: Span, variant: &syn::PathSegment) -> Path {
    let mut segments = Punctuated::new();
    for segment in &path.segments {
        let mut segment = segment.clone();
        segment.arguments = PathArguments::None;
        segments.push(segment);
    }
    let mut whole = Path { leading_colon: path.leading_colon, segments };
    whole = syn::parse2(implementation::relocate(whole.to_token_stream(), span)).unwrap_or(whole);
    whole.segments.push_punct(<Token![::]>::default());
    whole.segments.push_value(variant.clone());
    whole
}
