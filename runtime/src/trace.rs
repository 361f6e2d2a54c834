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

pub(crate) use tell;
