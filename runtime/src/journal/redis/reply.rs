//! What a server-side function answers: a flat array, read word by word.

use crate::journal::{JournalError, LogId};
use redis::Value;
use std::fmt;

/// The words of an answer, in order.
#[derive(Debug)]
pub(super) struct Reply {
    words: std::vec::IntoIter<Value>,
}

/// An answer that is not what the function gives.
#[derive(Debug)]
pub(super) struct Unexpected {
    expected: &'static str,
    found: String,
}

impl Unexpected {
    pub(super) fn new(expected: &'static str, found: &impl fmt::Debug) -> Self {
        Self { expected, found: crate::codec::shortened(&format!("{found:?}")) }
    }

    /// As the error of an operation.
    pub(super) fn during(&self, operation: &str) -> JournalError {
        JournalError::Refused { operation: operation.to_owned(), reason: self.to_string() }
    }
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} in its answer, found {}", self.expected, self.found)
    }
}

impl Reply {
    /// Reads an answer.
    pub(super) fn new(value: Value) -> Result<Self, Unexpected> {
        match value {
            Value::Array(words) => Ok(Self { words: words.into_iter() }),
            other => Err(Unexpected::new("an array", &other)),
        }
    }

    pub(super) fn number(&mut self) -> Result<u64, Unexpected> {
        match self.words.next() {
            Some(Value::Int(number)) if number >= 0 => Ok(number.unsigned_abs()),
            other => Err(Unexpected::new("a number", &other)),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Unexpected> {
        match self.words.next() {
            Some(value) => text(value),
            None => Err(Unexpected::new("a text", &"nothing")),
        }
    }

    /// A text for a message: whatever its bytes are, one short line.
    pub(super) fn told(&mut self) -> Result<String, Unexpected> {
        self.bytes().map(|bytes| crate::codec::shortened(&String::from_utf8_lossy(&bytes)))
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, Unexpected> {
        match self.words.next() {
            Some(value) => bytes(value),
            None => Err(Unexpected::new("a string", &"nothing")),
        }
    }

    pub(super) fn log_id(&mut self) -> Result<LogId, Unexpected> {
        let text = self.text()?;
        text.parse().map_err(|_| Unexpected::new("a log id", &text))
    }

    /// The bytes of the words that are left.
    pub(super) fn rest(self) -> Result<Vec<Vec<u8>>, Unexpected> {
        self.words.map(bytes).collect()
    }

    /// The words that are left, as one value.
    pub(super) fn into_value(self) -> Value {
        Value::Array(self.words.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.len() == 0
    }
}

/// The bytes of a value.
pub(super) fn bytes(value: Value) -> Result<Vec<u8>, Unexpected> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        other => Err(Unexpected::new("a string", &other)),
    }
}

/// The text of a value.
pub(super) fn text(value: Value) -> Result<String, Unexpected> {
    String::from_utf8(bytes(value)?).map_err(|error| Unexpected::new("UTF-8", &error.as_bytes()))
}
