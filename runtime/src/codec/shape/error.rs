//! What goes wrong while a value is invented: read by the tracer, which tries something else.

use serde::de::{self, Expected, Unexpected};
use std::{cell::RefCell, fmt};

thread_local! {
    /// Fields that were missed in this run, since who tries several types one after the other swallows the errors.
    static MISSED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug)]
pub(super) struct Error {
    pub(super) kind: Kind,
    /// The innermost place that it came through.
    pub(super) at: Option<usize>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Refused(String),
    Missing(&'static str),
    Duplicate(&'static str),
    /// A text was found where one of these was expected.
    OneOf(String, &'static [&'static str]),
    /// What asked for a map takes its keys for names of fields.
    Opened,
    /// A type comes round for the third time.
    Recursion,
}

impl Error {
    pub(super) fn new(kind: Kind, at: usize) -> Self {
        Self { kind, at: Some(at) }
    }

    pub(super) fn through(mut self, at: usize) -> Self {
        self.at.get_or_insert(at);
        self
    }

    fn of(kind: Kind) -> Self {
        Self { kind, at: None }
    }
}

/// The fields that were missed since this was asked last.
pub(super) fn missed() -> Vec<&'static str> {
    MISSED.take()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Refused(message) => f.write_str(message),
            Kind::Missing(field) => write!(f, "missing field `{field}`"),
            Kind::Duplicate(field) => write!(f, "duplicate field `{field}`"),
            Kind::OneOf(found, expected) => write!(f, "expected one of {expected:?}, found {found:?}"),
            Kind::Opened => f.write_str("its fields are not known"),
            Kind::Recursion => f.write_str("the type contains itself without end"),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::of(Kind::Refused(message.to_string()))
    }

    fn missing_field(field: &'static str) -> Self {
        MISSED.with_borrow_mut(|missed| missed.push(field));
        Self::of(Kind::Missing(field))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::of(Kind::Duplicate(field))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::of(Kind::OneOf(found.to_owned(), expected))
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        Self::of(Kind::OneOf(found.to_owned(), expected))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::of(Kind::Refused(format!("invalid type: {found}, expected {expected}")))
    }
}
