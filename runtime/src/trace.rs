//! What happened behind a call, told to `tracing` where that feature is on.

/// Tells what happened, with fields, at the given level. Without the feature `tracing`, nothing.
macro_rules! tell {
    ($level:ident, $($name:ident = $value:expr,)* $message:literal) => {{
        #[cfg(feature = "tracing")]
        ::tracing::$level!($($name = $value,)* $message);
        #[cfg(not(feature = "tracing"))]
        {
            $(let _ = &$value;)*
        }
    }};
}

/// A span with fields that are known, and others that come to be known later.
macro_rules! span {
    ($level:ident, $name:literal, { $($field:ident = $value:expr),* $(,)? }, [$($later:ident),* $(,)?]) => {{
        #[cfg(feature = "tracing")]
        let span = $crate::trace::Span(::tracing::span!(
            ::tracing::Level::$level,
            $name,
            $($field = $value,)*
            $($later = ::tracing::field::Empty,)*
        ));
        #[cfg(not(feature = "tracing"))]
        let span = {
            $(let _ = &$value;)*
            $crate::trace::Span
        };
        span
    }};
}

pub(crate) use {span, tell};

/// A span, or nothing without the feature `tracing`.
#[derive(Clone, Debug)]
#[cfg(feature = "tracing")]
pub(crate) struct Span(pub(crate) tracing::Span);

/// A span, or nothing without the feature `tracing`.
#[derive(Clone, Debug)]
#[cfg(not(feature = "tracing"))]
pub(crate) struct Span;

#[cfg(feature = "tracing")]
impl Span {
    /// Runs a future within the span.
    pub(crate) async fn run<F: Future>(&self, future: F) -> F::Output {
        tracing::Instrument::instrument(future, self.0.clone()).await
    }

    /// Notes a number that has come to be known.
    pub(crate) fn number(&self, field: &'static str, value: u64) {
        self.0.record(field, value);
    }

    /// Notes a text that has come to be known.
    pub(crate) fn text(&self, field: &'static str, value: &str) {
        self.0.record(field, value);
    }
}

#[cfg(not(feature = "tracing"))]
#[expect(clippy::unused_self, reason = "the same calls as with the feature")]
impl Span {
    pub(crate) async fn run<F: Future>(&self, future: F) -> F::Output {
        future.await
    }

    pub(crate) fn number(&self, _: &'static str, _: u64) {}

    pub(crate) fn text(&self, _: &'static str, _: &str) {}
}
