//! Replies as they came, one after the other: found whole in what has come so far, then walked through part by part.

use super::part::{Garbage, Part, part};
use redis::Value;

/// How many lists may lie in one another. `XREAD` answers with five.
const DEEPEST: usize = 8;
/// The largest reply that is taken.
const LARGEST: usize = u32::MAX as usize;

/// One reply that came whole, or what is left of it. A list is followed by what is in it.
#[derive(Clone, Debug)]
pub(crate) struct Parts<'a> {
    bytes: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of a reply that is known to be whole.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether the server refuses.
    pub(super) fn is_error(&self) -> bool {
        self.bytes.first() == Some(&b'-')
    }

    /// The next one as a value, to be shown to somebody.
    pub(crate) fn value(&self) -> Value {
        redis::parse_redis_value(self.bytes).unwrap_or_default()
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let (part, length) = part(self.bytes).ok().flatten()?;
        self.bytes = &self.bytes[length..];
        Some(part)
    }
}

/// Finds where the first reply ends, going on where it stopped when more has come.
#[derive(Debug, Default)]
pub(super) struct Search {
    at: usize,
    /// How much is still to come of each list that has begun.
    open: Vec<usize>,
}

impl Search {
    /// The length of the reply that these bytes begin with; `None` where it is not whole. Until it is, the bytes that were
    /// looked at have to stay as they are.
    pub(super) fn first(&mut self, bytes: &[u8]) -> Result<Option<usize>, Garbage> {
        while let Some((part, length)) = part(&bytes[self.at..])? {
            self.at += length;
            if self.at > LARGEST {
                return Err(Garbage::TooLarge);
            }
            match part {
                Part::List(count @ 1..) if self.open.len() < DEEPEST => self.open.push(count),
                Part::List(1..) => return Err(Garbage::TooDeep),
                _ => self.close(),
            }
            if self.open.is_empty() {
                return Ok(Some(std::mem::take(&mut self.at)));
            }
        }
        // The text that is under way belongs to it as well.
        if bytes.len() > LARGEST { Err(Garbage::TooLarge) } else { Ok(None) }
    }

    /// Something in the innermost list has ended, and with the last of its things the list itself.
    fn close(&mut self) {
        while let Some(left) = self.open.last_mut() {
            *left -= 1;
            if *left > 0 {
                break;
            }
            self.open.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    /// The lengths of the replies in a stream of bytes that comes in pieces.
    fn lengths<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<usize>, Garbage> {
        let (mut come, mut done, mut search, mut lengths) = (Vec::new(), 0, Search::default(), Vec::new());
        for piece in pieces {
            come.extend_from_slice(piece);
            while let Some(length) = search.first(&come[done..])? {
                lengths.push(length);
                done += length;
            }
        }
        Ok(lengths)
    }

    /// A reply as a server writes it.
    fn reply() -> impl Strategy<Value = Vec<u8>> {
        let leaf = prop_oneof![
            vec(any::<u8>(), 0..20)
                .prop_map(|text| [format!("${}\r\n", text.len()).as_bytes(), &text, b"\r\n"].concat()),
            any::<i64>().prop_map(|number| format!(":{number}\r\n").into_bytes()),
            "[ -~]{0,8}".prop_map(|word| format!("+{word}\r\n").into_bytes()),
            "[ -~]{0,8}".prop_map(|error| format!("-{error}\r\n").into_bytes()),
            Just(b"$-1\r\n".to_vec()),
            Just(b"*-1\r\n".to_vec()),
        ];
        leaf.prop_recursive(5, 60, 6, |reply| {
            vec(reply, 0..6).prop_map(|list| [format!("*{}\r\n", list.len()).into_bytes(), list.concat()].concat())
        })
    }

    /// What the parts of a reply say, as the other client reads it.
    fn rebuilt(parts: &mut Parts<'_>) -> Value {
        match parts.next().unwrap() {
            Part::Text(text) => Value::BulkString(text.to_vec()),
            Part::Word(b"OK") => Value::Okay,
            Part::Word(word) => Value::SimpleString(String::from_utf8(word.to_vec()).unwrap()),
            Part::Error(error) => Parts::new(&[b"-", error, b"\r\n"].concat()).value(),
            Part::Number(number) => Value::Int(number),
            Part::Nil => Value::Nil,
            Part::List(count) => Value::Array((0..count).map(|_| rebuilt(parts)).collect()),
        }
    }

    proptest! {
        #[test]
        fn replies_are_the_same_however_they_come(replies in vec(reply(), 1..6), cuts in vec(any::<prop::sample::Index>(), 0..20)) {
            let bytes = replies.concat();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let ends = cuts.iter().copied().chain([bytes.len()]);
            let pieces = std::iter::once(0).chain(cuts.iter().copied()).zip(ends).map(|(from, to)| &bytes[from..to]);
            let expected: Vec<_> = replies.iter().map(Vec::len).collect();
            prop_assert_eq!(lengths(pieces), Ok(expected.clone()));
            prop_assert_eq!(lengths(bytes.chunks(1)), Ok(expected));
        }

        #[test]
        fn a_reply_is_walked_through_as_the_other_client_reads_it(reply in reply()) {
            let mut parts = Parts::new(&reply);
            let value = parts.value();
            prop_assert_eq!(rebuilt(&mut parts), value);
            prop_assert_eq!(parts.next(), None);
        }

        #[test]
        fn nothing_that_comes_breaks_it(bytes in vec(any::<u8>(), 0..200), marks in "[-+:$*0-9\r\n]{0,100}") {
            let both = [marks.as_bytes(), &bytes].concat();
            for bytes in [&bytes[..], marks.as_bytes(), &both] {
                let whole = lengths([bytes]);
                // What is garbage when it comes at once is so when it comes byte by byte.
                prop_assert_eq!(lengths(bytes.chunks(1)).is_err(), whole.is_err());
                prop_assert!(Parts::new(bytes).count() <= bytes.len());
            }
        }
    }

    #[test]
    fn lists_may_lie_in_one_another_up_to_a_depth() {
        let nested = |depth: usize| format!("{}:1\r\n", "*1\r\n".repeat(depth)).into_bytes();
        assert_eq!(lengths([&nested(DEEPEST)[..]]), Ok(vec![nested(DEEPEST).len()]));
        assert_eq!(lengths([&nested(DEEPEST + 1)[..]]), Err(Garbage::TooDeep));
    }
}
