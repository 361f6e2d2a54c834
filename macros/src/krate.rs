//! `crate = path`: under which path generated code finds the runtime.

use crate::{attr::Entry, diag::Diag, implementation};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

/// The path of the runtime crate: `::annals` unless the user says otherwise.
#[derive(Clone, Default)]
pub(crate) struct Krate(Option<Path>);

impl Krate {
    /// Reads `crate = path`.
    pub(crate) fn read(&mut self, diag: &mut Diag, entry: &Entry<'_, '_>) {
        let Some(path) = entry.value(diag, "a path", Path::parse_mod_style) else { return };
        let first = path.segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let absolute = path.leading_colon.is_some() || first == "crate" || first == "$crate";
        if absolute {
            self.0 = Some(path);
        } else if first == "self" || first == "super" {
            diag.error(&path, "the path must not depend on the module\nhelp: write `crate = crate::…`");
        } else {
            let path_text = path.to_token_stream().to_string().replace(' ', "");
            diag.error(
                &path,
                format!(
                    "the path must be absolute\nhelp: write `crate = ::{path_text}` or `crate = crate::{path_text}`"
                ),
            );
        }
    }
}

impl Krate {
    /// The path where the user wrote it; where they did not, at `span`.
    pub(crate) fn near(&self, span: Span) -> TokenStream {
        self.0.as_ref().map_or_else(|| quote_spanned!(span=> ::annals), ToTokens::to_token_stream)
    }

    /// The path as the user would have written it at `span`.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        let path = self.0.as_ref().map(|path| implementation::relocate(path.to_token_stream(), span));
        path.unwrap_or_else(|| quote_spanned!(span=> ::annals))
    }
}

impl ToTokens for Krate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => tokens.extend(quote!(::annals)),
        }
    }
}
