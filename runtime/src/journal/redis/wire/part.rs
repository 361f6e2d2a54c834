//! The protocol of Redis (RESP2), part by part: a text, a number, an error, nothing, or the beginning of a list.

use std::fmt;

/// The longest line that is taken: a number, an error, a short text.
const LONGEST_LINE: usize = 64 * 1024;
/// The longest text; a server takes none that is longer.
const LONGEST_TEXT: i64 = 512 * 1024 * 1024;
/// The longest list.
const LONGEST_LIST: i64 = 1 << 32;

/// A part of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Bytes of any kind.
    Text(&'a [u8]),
    /// A short text such as `PONG`.
    Word(&'a [u8]),
    /// What a server says when it refuses.
    Error(&'a [u8]),
    Number(i64),
    Nil,
    /// A list of so many: they follow.
    List(usize),
}

/// What no server says that speaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Garbage {
    /// A byte that begins no part.
    Kind(u8),
    /// A number that is none.
    Number,
    /// A line or a text that does not end where it is to.
    End,
    /// More than is taken.
    TooLarge,
    /// Lists in lists in lists.
    TooDeep,
}

impl fmt::Display for Garbage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(byte) => write!(f, "expected a reply, found `{}`", byte.escape_ascii()),
            Self::Number => f.write_str("expected a number in a reply, found something else"),
            Self::End => f.write_str("expected the end of a reply, found more"),
            Self::TooLarge => f.write_str("found a reply that is too large"),
            Self::TooDeep => f.write_str("found a reply of lists that are too deep in one another"),
        }
    }
}

/// The part that these bytes begin with, and its length; `None` where it is not whole.
pub(super) fn part(bytes: &[u8]) -> Result<Option<(Part<'_>, usize)>, Garbage> {
    let Some((&kind, rest)) = bytes.split_first() else { return Ok(None) };
    match kind {
        b'$' => {
            let Some((length, start)) = number(rest)? else { return Ok(None) };
            text(bytes, length, start + 1)
        }
        b'*' => {
            let Some((count, length)) = number(rest)? else { return Ok(None) };
            let list = match count {
                -1 => Part::Nil,
                0..=LONGEST_LIST => Part::List(usize::try_from(count).map_err(|_| Garbage::TooLarge)?),
                _ if count < 0 => return Err(Garbage::Number),
                _ => return Err(Garbage::TooLarge),
            };
            Ok(Some((list, length + 1)))
        }
        b':' => Ok(number(rest)?.map(|(number, length)| (Part::Number(number), length + 1))),
        b'+' => Ok(line(rest)?.map(|word| (Part::Word(word), word.len() + 3))),
        b'-' => Ok(line(rest)?.map(|error| (Part::Error(error), error.len() + 3))),
        other => Err(Garbage::Kind(other)),
    }
}

/// The text of this length that begins at `start`, and where it ends with its line break.
fn text(bytes: &[u8], length: i64, start: usize) -> Result<Option<(Part<'_>, usize)>, Garbage> {
    let length = match length {
        -1 => return Ok(Some((Part::Nil, start))),
        0..=LONGEST_TEXT => usize::try_from(length).map_err(|_| Garbage::TooLarge)?,
        _ if length < 0 => return Err(Garbage::Number),
        _ => return Err(Garbage::TooLarge),
    };
    let end = start + length;
    match bytes.get(end..end + 2) {
        Some(b"\r\n") => Ok(Some((Part::Text(&bytes[start..end]), end + 2))),
        Some(_) => Err(Garbage::End),
        None => Ok(None),
    }
}

/// The number that these bytes begin with, and its length with the line break.
fn number(bytes: &[u8]) -> Result<Option<(i64, usize)>, Garbage> {
    let minus = bytes.first() == Some(&b'-');
    let mut number = 0_i64;
    for (index, &byte) in bytes.iter().enumerate().skip(usize::from(minus)) {
        match byte {
            b'0'..=b'9' => {
                let digit = i64::from(byte - b'0');
                let next = number
                    .checked_mul(10)
                    .and_then(|tens| if minus { tens.checked_sub(digit) } else { tens.checked_add(digit) });
                // Noughts before a number could go on for ever.
                number = next.filter(|_| index < 20).ok_or(Garbage::Number)?;
            }
            b'\r' if index > usize::from(minus) => {
                return match bytes.get(index + 1) {
                    Some(b'\n') => Ok(Some((number, index + 2))),
                    Some(_) => Err(Garbage::End),
                    None => Ok(None),
                };
            }
            _ => return Err(Garbage::Number),
        }
    }
    Ok(None)
}

/// The line that these bytes begin with, without its line break.
fn line(bytes: &[u8]) -> Result<Option<&[u8]>, Garbage> {
    match bytes.iter().take(LONGEST_LINE).position(|&byte| byte == b'\r') {
        Some(end) => match bytes.get(end + 1) {
            Some(b'\n') => Ok(Some(&bytes[..end])),
            Some(_) => Err(Garbage::End),
            None => Ok(None),
        },
        None if bytes.len() >= LONGEST_LINE => Err(Garbage::TooLarge),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_part_is_read_with_its_length() {
        for (bytes, expected) in [
            ("$5\r\nab\r\nc\r\n", Part::Text(b"ab\r\nc")),
            ("$0\r\n\r\n", Part::Text(b"")),
            ("+PONG\r\n", Part::Word(b"PONG")),
            ("-ERR no\r\n", Part::Error(b"ERR no")),
            (":12\r\n", Part::Number(12)),
            (":-9223372036854775808\r\n", Part::Number(i64::MIN)),
            ("$-1\r\n", Part::Nil),
            ("*-1\r\n", Part::Nil),
            ("*3\r\n", Part::List(3)),
        ] {
            for length in 0..bytes.len() {
                assert_eq!(part(&bytes.as_bytes()[..length]), Ok(None), "{length} bytes of {bytes:?}");
            }
            assert_eq!(part(bytes.as_bytes()), Ok(Some((expected, bytes.len()))), "{bytes:?}");
            assert_eq!(part(format!("{bytes}$").as_bytes()), Ok(Some((expected, bytes.len()))), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_reply_is_named() {
        for (bytes, expected) in [
            ("HTTP/1.1 400", Garbage::Kind(b'H')),
            ("%1\r\n", Garbage::Kind(b'%')),
            ("$x", Garbage::Number),
            ("$\r\n", Garbage::Number),
            ("$-\r\n", Garbage::Number),
            ("$-2\r\n", Garbage::Number),
            ("*-2\r\n", Garbage::Number),
            (":+1\r\n", Garbage::Number),
            (":9223372036854775808\r\n", Garbage::Number),
            (":000000000000000000000", Garbage::Number),
            (":1\rx", Garbage::End),
            ("+OK\rx", Garbage::End),
            ("$1\r\nabc", Garbage::End),
            ("$536870913\r\n", Garbage::TooLarge),
            ("*4294967297\r\n", Garbage::TooLarge),
        ] {
            assert_eq!(part(bytes.as_bytes()), Err(expected), "{bytes:?}");
        }
        let endless = format!("+{}", "x".repeat(LONGEST_LINE));
        assert_eq!(part(endless.as_bytes()), Err(Garbage::TooLarge));
        assert_eq!(Garbage::Kind(b'H').to_string(), "expected a reply, found `H`");
    }
}
