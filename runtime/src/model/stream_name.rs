//! The name of an aggregate's stream, `AGGREGATE-ID`, with odd characters escaped.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

/// The name of the stream that holds one aggregate's events: `AGGREGATE-ID`, as in `order-1`.
///
/// ASCII letters and digits and `- _ . ~ @ + /` of an id stand for themselves; every other byte is written as `%XX`, as in a URL,
/// so no id can reach another stream's key or break a line of the log. The first `-` ends the aggregate's name,
/// which has none.
///
/// ```
/// use annals::StreamName;
///
/// let stream = StreamName::new("order", "Zoë:1");
/// assert_eq!(stream.as_str(), "order-Zo%C3%AB%3A1");
/// assert_eq!(stream.aggregate(), "order");
/// assert_eq!(stream.id(), "Zoë:1");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName {
    escaped: Arc<str>,
}

impl StreamName {
    /// The stream of the aggregate `id` of the kind `aggregate`.
    ///
    /// A `-` in `aggregate` is escaped too; the derive refuses such names.
    #[must_use]
    pub fn new(aggregate: &str, id: &str) -> Self {
        let mut escaped = String::with_capacity(aggregate.len() + 1 + id.len());
        escape(aggregate, |byte| byte != b'-' && stands_for_itself(byte), &mut escaped);
        escaped.push('-');
        escape(id, stands_for_itself, &mut escaped);
        Self { escaped: escaped.into() }
    }

    /// The whole name, escaped: what the keys are made of.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.escaped
    }

    /// The kind of aggregate, as its `#[aggregate(name = …)]` says.
    #[must_use]
    pub fn aggregate(&self) -> Cow<'_, str> {
        Self::aggregate_of(&self.escaped)
    }

    /// The kind of aggregate in a name as it is written.
    pub(crate) fn aggregate_of(written: &str) -> Cow<'_, str> {
        unescape(written.split_once('-').map_or(written, |(aggregate, _)| aggregate))
    }

    /// The aggregate's id, as it was given.
    #[must_use]
    pub fn id(&self) -> Cow<'_, str> {
        unescape(self.halves().1)
    }

    /// Whether this text is a name as it is written: escaped, and in the one spelling that [`new`](Self::new) writes.
    pub(crate) fn is_written_so(text: &str) -> bool {
        let Some((aggregate, id)) = text.split_once('-') else { return false };
        text.bytes().all(stands_for_itself)
            || (text.contains('%') && Self::new(&unescape(aggregate), &unescape(id)).as_str() == text)
    }

    /// The name that is written so, where that [was seen](Self::is_written_so).
    #[cfg(feature = "redis")]
    pub(crate) fn of_written(text: &str) -> Self {
        Self { escaped: text.into() }
    }

    fn halves(&self) -> (&str, &str) {
        self.escaped.split_once('-').unwrap_or((&self.escaped, ""))
    }
}

/// A text that is no stream name. React by correcting it, or by making the name with [`StreamName::new`].
///
/// ```
/// use annals::StreamName;
///
/// let error = "order 1".parse::<StreamName>().unwrap_err();
/// assert_eq!(error.to_string(), "expected a stream name such as `order-1`, found `order 1`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a stream name such as `order-1`, found `{found}`")]
pub struct ParseStreamNameError {
    found: String,
}

impl FromStr for StreamName {
    type Err = ParseStreamNameError;

    /// Reads an escaped name. Only the one spelling that [`StreamName::new`] writes is taken.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if Self::is_written_so(text) {
            Ok(Self { escaped: text.into() })
        } else {
            Err(ParseStreamNameError { found: crate::codec::shortened(text) })
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.escaped)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamName({})", self.escaped)
    }
}

/// As its escaped text.
impl serde::Serialize for StreamName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.escaped)
    }
}

impl<'de> serde::Deserialize<'de> for StreamName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Any text in the characters of an id.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    escape(text, stands_for_itself, &mut escaped);
    escaped
}

/// The text that [`escaped`] wrote so; `None` where it writes none so.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    let unescaped = unescape(text).into_owned();
    (escaped(&unescaped) == text).then_some(unescaped)
}

fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~@+/".contains(&byte)
}

fn escape(text: &str, keep: impl Fn(u8) -> bool, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if keep(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Undoes [`escape`]. A `%` that begins no escape stands for itself: names come from `new` or were checked by `from_str`.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = |at: usize| tail.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (byte, hex(0), hex(1)) {
            bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
            rest = &tail[2..];
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_it_was_given() {
        for id in ["", "1", "a b", "a:1", "{x}", "%41", "%", "ünï", "\0\n\r", "-", "--1", "\u{10FFFF}", "a*?[]\\'\""]
        {
            let name = StreamName::new("order", id);
            assert_eq!(name.id(), id);
            assert_eq!(name.aggregate(), "order");
            assert_eq!(name.as_str().parse(), Ok(name.clone()));
            assert!(name.as_str().bytes().all(|b| stands_for_itself(b) || b == b'%'), "{name}");
        }
    }

    #[test]
    fn only_one_spelling_of_a_name_is_read() {
        for text in ["order", "", "order-%41", "order-%3a", "order-%", "order-%ff", "or:der-1", "order-a b"] {
            assert!(text.parse::<StreamName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_dash_in_an_aggregates_name_is_kept_apart_from_the_id() {
        let name = StreamName::new("order-line", "7");
        assert_eq!(name.as_str(), "order%2Dline-7");
        assert_eq!((&*name.aggregate(), &*name.id()), ("order-line", "7"));
    }
}
