//! Commands that are sent together, as they go over the wire.

use super::{part::Part, parts::Parts};
use redis::{Cmd, Pipeline};

/// Commands that only read.
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// Where each command begins.
    commands: Vec<usize>,
}

impl Request {
    /// No commands yet, and room for so many.
    pub(crate) fn with_capacity(commands: usize) -> Self {
        Self { bytes: Vec::with_capacity(commands * 96), commands: Vec::with_capacity(commands) }
    }

    /// Adds a command of these words.
    pub(crate) fn command(&mut self, words: &[&[u8]]) {
        self.begin(words.len());
        for word in words {
            self.word(word);
        }
    }

    /// Adds a command whose words are made one by one, and are to be so many.
    pub(crate) fn begin(&mut self, words: usize) {
        self.commands.push(self.bytes.len());
        self.head(b'*', words as u64);
    }

    /// The next word of the command that was begun.
    pub(crate) fn word(&mut self, word: &[u8]) {
        self.head(b'$', word.len() as u64);
        self.bytes.extend_from_slice(word);
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// The next word, a number.
    pub(crate) fn number(&mut self, number: u64) {
        let mut room = [0; 20];
        self.word(digits(number, &mut room));
    }

    fn head(&mut self, kind: u8, number: u64) {
        let mut room = [0; 20];
        self.bytes.push(kind);
        self.bytes.extend_from_slice(digits(number, &mut room));
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// All of it, as it is sent.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many replies there will be.
    pub(crate) fn len(&self) -> usize {
        self.commands.len()
    }

    /// The words of one of the commands.
    pub(crate) fn words(&self, index: usize) -> impl Iterator<Item = &[u8]> {
        let end = self.commands.get(index + 1).copied().unwrap_or(self.bytes.len());
        let start = self.commands.get(index).copied().unwrap_or(end);
        Parts::new(&self.bytes[start..end]).filter_map(|part| match part {
            Part::Text(word) => Some(word),
            _ => None,
        })
    }

    /// The same, for the `redis` crate.
    pub(super) fn pipeline(&self) -> Pipeline {
        let mut pipeline = Pipeline::with_capacity(self.len());
        for index in 0..self.len() {
            let mut command = Cmd::new();
            for word in self.words(index) {
                command.arg(word);
            }
            pipeline.add_command(command);
        }
        pipeline
    }
}

impl From<&Cmd> for Request {
    fn from(command: &Cmd) -> Self {
        Self { bytes: command.get_packed_command(), commands: vec![0] }
    }
}

/// A number in plain digits, written from the end of `room` on: a request has several a command, and formatting is slow.
fn digits(mut number: u64, room: &mut [u8; 20]) -> &[u8] {
    let mut start = room.len();
    loop {
        start -= 1;
        room[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &room[start..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_as_the_other_client_writes_it() {
        let mut request = Request::with_capacity(3);
        request.command(&[b"GET", b"\xff\r\n"]);
        for number in [0, 10, u64::MAX] {
            request.begin(4);
            request.word(b"LRANGE");
            request.word(b"key");
            request.number(number);
            request.number(7);
        }
        assert_eq!(request.pipeline().get_packed_pipeline(), request.bytes());
        assert_eq!(request.words(2).collect::<Vec<_>>(), [&b"LRANGE"[..], b"key", b"10", b"7"]);
        assert_eq!((request.len(), request.words(4).count()), (4, 0));

        let command = redis::cmd("XRANGE").arg("log").arg("-").clone();
        let request = Request::from(&command);
        assert_eq!((request.bytes(), request.len()), (&command.get_packed_command()[..], 1));
    }
}
