//! The protocol of Redis, as far as tests need it: where a request or a reply ends, and one command without a client.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

/// How long the answer to a command may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs one command on a connection of its own. An answer of several parts has one on each line.
///
/// The outer error is the connection's, the inner one what the server says.
pub(crate) fn command(port: u16, words: &[&str]) -> io::Result<Result<String, String>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&request(words))?;
    let mut errors = Vec::new();
    let mut lines = Vec::new();
    read(&mut BufReader::new(stream), &mut lines, &mut errors)?;
    Ok(if errors.is_empty() { Ok(lines.join("\n")) } else { Err(errors.join("\n")) })
}

fn request(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
}

fn read(from: &mut impl BufRead, lines: &mut Vec<String>, errors: &mut Vec<String>) -> io::Result<()> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let (kind, rest) = line.trim_end().split_at_checked(1).ok_or(io::ErrorKind::InvalidData)?;
    match (kind, rest.parse::<i64>()) {
        ("-", _) => errors.push(rest.to_owned()),
        ("$", Ok(length)) => {
            let mut bytes = vec![0; usize::try_from(length).map_or(0, |length| length + 2)];
            from.read_exact(&mut bytes)?;
            bytes.truncate(bytes.len().saturating_sub(2));
            lines.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        ("*", Ok(parts)) => {
            for _ in 0..parts.max(0) {
                read(from, lines, errors)?;
            }
        }
        _ => lines.push(rest.to_owned()),
    }
    Ok(())
}

/// What stands at the beginning of the bytes that went over a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A whole message of so many bytes.
    Whole(usize),
    /// The beginning of a message.
    Begun,
    /// No message of this protocol.
    Foreign,
}

/// How far the first request goes: an array of texts, as every client sends it.
pub(crate) fn first_request(bytes: &[u8]) -> Part {
    match bytes.first() {
        None => Part::Begun,
        Some(b'*') => first_message(bytes),
        Some(_) => Part::Foreign,
    }
}

/// How far the first reply or pushed message goes.
pub(crate) fn first_message(bytes: &[u8]) -> Part {
    let mut at = 0;
    let mut messages = 1_u64;
    while messages > 0 {
        messages -= 1;
        let Some(length) = bytes[at..].windows(2).position(|pair| pair == b"\r\n") else {
            return Part::Begun;
        };
        let line = &bytes[at..at + length];
        at += length + 2;
        let Some((kind, number)) = line.split_first() else { return Part::Foreign };
        let number = || std::str::from_utf8(number).ok()?.parse::<i64>().ok();
        let parts = |each: u64| number().map(|count| each * u64::try_from(count).unwrap_or_default());
        match kind {
            b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => {}
            b'$' | b'!' | b'=' => {
                let Some(length) = number() else { return Part::Foreign };
                // -1 stands for nothing, and has no end of its own.
                at += usize::try_from(length).map_or(0, |length| length + 2);
                if at > bytes.len() {
                    return Part::Begun;
                }
            }
            b'*' | b'~' | b'>' => match parts(1) {
                Some(count) => messages += count,
                None => return Part::Foreign,
            },
            b'%' => match parts(2) {
                Some(count) => messages += count,
                None => return Part::Foreign,
            },
            // Attributes stand before the message that they are of.
            b'|' => match parts(2) {
                Some(count) => messages += count + 1,
                None => return Part::Foreign,
            },
            _ => return Part::Foreign,
        }
    }
    Part::Whole(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_whole_with_its_last_byte_and_not_before() {
        for message in [
            "+OK\r\n",
            "-ERR no\r\n",
            ":12\r\n",
            "$5\r\nab\r\nc\r\n",
            "$-1\r\n",
            "*-1\r\n",
            "*0\r\n",
            "*2\r\n$1\r\na\r\n*2\r\n:1\r\n+b\r\n",
            "%1\r\n+k\r\n*1\r\n:1\r\n",
            ">2\r\n+message\r\n+x\r\n",
            "|1\r\n+ttl\r\n:1\r\n+OK\r\n",
            "_\r\n",
        ] {
            let bytes = message.as_bytes();
            for length in 0..bytes.len() {
                assert_eq!(first_message(&bytes[..length]), Part::Begun, "{length} bytes of {message:?}");
            }
            assert_eq!(first_message(bytes), Part::Whole(bytes.len()), "{message:?}");
            assert_eq!(first_message(&[bytes, b"+more"].concat()), Part::Whole(bytes.len()), "{message:?}");
        }
    }

    #[test]
    fn what_is_no_request_is_told_from_one_that_goes_on() {
        assert_eq!(first_request(b""), Part::Begun);
        assert_eq!(first_request(b"*1\r\n$4\r\nPI"), Part::Begun);
        assert_eq!(first_request(&request(&["PING"])), Part::Whole(14));
        assert_eq!(first_request(b"PING\r\n"), Part::Foreign);
        assert_eq!(first_request(b"\x16\x03\x01"), Part::Foreign);
        assert_eq!(first_request(b"*x\r\n"), Part::Foreign);
    }
}
