//! What may name an aggregate or a row: anything that prints and reads back.

use std::{fmt, str::FromStr};

/// A type that names an aggregate (`#[aggregate(id = …)]`) or a row (`#[key]`).
///
/// Nothing needs to implement it by hand: every type that prints ([`Display`](fmt::Display)), reads back
/// ([`FromStr`]) and clones is one. What it prints is what is stored, whatever characters that has; two ids that
/// print alike are the same id.
///
/// ```
/// use annals::Identifier;
///
/// fn takes_an_identifier<I: Identifier>(_: I) {}
///
/// takes_an_identifier(String::from("order 7"));
/// takes_an_identifier(7_u64);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot name an aggregate or a row",
    label = "must implement `Display`, `FromStr` and `Clone`",
    note = "an id is stored as what it prints and is read back with `FromStr`"
)]
pub trait Identifier: fmt::Display + FromStr<Err: fmt::Display> + Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + FromStr<Err: fmt::Display> + Clone + Send + Sync + 'static> Identifier for T {}

/// What may be given where an id of type `I` is asked for: the id, a reference to it, or a `&str` for a [`String`].
///
/// ```
/// use annals::IntoIdentifier;
///
/// fn name(id: impl IntoIdentifier<String>) -> String {
///     id.into_identifier()
/// }
///
/// let id = String::from("1");
/// assert_eq!(name(&id), name("1"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the id that is asked for here, `{I}`",
    label = "expected `{I}`"
)]
pub trait IntoIdentifier<I> {
    /// The id itself.
    fn into_identifier(self) -> I;
}

impl<I: Identifier> IntoIdentifier<I> for I {
    fn into_identifier(self) -> I {
        self
    }
}

impl<I: Identifier> IntoIdentifier<I> for &I {
    fn into_identifier(self) -> I {
        self.clone()
    }
}

impl IntoIdentifier<String> for &str {
    fn into_identifier(self) -> String {
        self.to_owned()
    }
}
