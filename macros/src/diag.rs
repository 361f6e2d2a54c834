//! Collects every mistake of one input, so that all are told in one compile.

use quote::ToTokens;
use std::fmt::Display;

/// The mistakes found so far. Must be read with [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct Diag {
    errors: Option<syn::Error>,
    read: bool,
}

impl Diag {
    pub(crate) fn new() -> Self {
        Self { errors: None, read: false }
    }

    /// Reports a mistake that the user's `tokens` make.
    ///
    /// The message says in its first line what is wrong, and after `\nhelp: ` how to mend it.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports a mistake that syn found.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.errors {
            None => self.errors = Some(error),
            Some(errors) => errors.combine(error),
        }
    }

    /// Takes the value, or reports the mistake and goes on without it.
    pub(crate) fn absorb<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Whether no mistake was found so far.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.is_none()
    }

    /// All mistakes as one error.
    pub(crate) fn finish(mut self) -> syn::Result<()> {
        self.read = true;
        self.errors.take().map_or(Ok(()), Err)
    }
}

impl Drop for Diag {
    fn drop(&mut self) {
        // A mistake that nobody reads would let a wrong input compile. Our bug, never the user's: see the unit tests.
        assert!(self.read || std::thread::panicking(), "the mistakes of an input were not read");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;

    #[test]
    fn every_mistake_is_told() {
        let mut diag = Diag::new();
        diag.push(syn::Error::new(Span::call_site(), "first"));
        assert_eq!(diag.absorb(Ok(1)), Some(1));
        assert_eq!(diag.absorb::<()>(Err(syn::Error::new(Span::call_site(), "second"))), None);
        let told: Vec<_> = diag.finish().unwrap_err().into_iter().map(|error| error.to_string()).collect();
        assert_eq!(told, ["first", "second"]);
    }

    #[test]
    #[should_panic(expected = "were not read")]
    fn mistakes_that_are_not_read_do_not_pass() {
        drop(Diag::new());
    }
}
