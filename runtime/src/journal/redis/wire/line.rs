//! One connection that reads: what it was asked, and what has come of the answer.

use super::{
    parts::{Parts, Search},
    request::Request,
    socket::{Place, Socket},
};
use crate::journal::redis::{
    connection::Unfit,
    greeting::{CONNECT, Speaks, greet},
    url::ServerUrl,
};
use redis::{Cmd, ErrorKind, RedisError, RedisResult, Value};
use std::io;
use tokio::io::Interest;

/// How much room there is at first for what comes.
const ROOM: usize = 64 * 1024;
/// How much room is kept while nobody reads.
const MOST_KEPT: usize = 1024 * 1024;

pub(super) struct Line {
    socket: Socket,
    come: Come,
    /// Whether something was asked that was not answered whole.
    under_way: bool,
}

impl Line {
    /// Connects and says who we are.
    pub(super) async fn connect(place: &Place, url: &ServerUrl) -> Result<Self, Unfit> {
        let connected = tokio::time::timeout(CONNECT, Socket::connect(place)).await;
        let socket = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let socket = socket.map_err(|error| Unfit::Unreachable(url.clean(&RedisError::from(error).to_string())))?;
        let mut line = Self { socket, come: Come::default(), under_way: false };
        greet(url, &mut line).await?;
        Ok(line)
    }

    /// Sends a request and gives each reply to `take`, in their order, as soon as it has come.
    pub(super) async fn ask(&mut self, request: &Request, mut take: impl FnMut(Parts<'_>)) -> RedisResult<()> {
        self.under_way = true;
        let mut unsent = request.bytes();
        let mut unanswered = request.len();
        loop {
            if !unsent.is_empty()
                && let Some(length) = self.socket.write(unsent)?
            {
                unsent = &unsent[length..];
            }
            while unanswered > 0
                && let Some(parts) = self.come.next()?
            {
                take(parts);
                unanswered -= 1;
            }
            if unanswered == 0 && unsent.is_empty() {
                break;
            }
            match self.socket.read(self.come.room())? {
                // An answer that comes without a pause is no reason to keep all others from their work.
                Some(length @ 1..) => {
                    self.come.add(length);
                    tokio::task::coop::consume_budget().await;
                }
                Some(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                None => {
                    let interest =
                        if unsent.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
                    self.socket.ready(interest).await?;
                }
            }
        }
        self.under_way = false;
        Ok(())
    }

    /// Whether it can be asked something else: all answers were read whole, and nothing has come since, not even its end.
    pub(super) fn is_free(&mut self) -> bool {
        !self.under_way && self.come.is_empty() && matches!(self.socket.read(&mut [0]), Ok(None))
    }

    /// Nobody reads for now.
    pub(super) fn rest(&mut self) {
        self.come.shrink();
    }
}

impl Speaks for Line {
    async fn ask(&mut self, command: &Cmd) -> RedisResult<Value> {
        let mut answer = Value::Nil;
        Self::ask(self, &Request::from(command), |parts| answer = parts.value()).await?;
        Ok(answer)
    }
}

/// What has come and was not taken yet.
#[derive(Default)]
struct Come {
    /// All of it is there to be written to.
    room: Vec<u8>,
    /// Where what was not taken begins and ends.
    start: usize,
    end: usize,
    search: Search,
}

impl Come {
    /// The next reply, if it is whole.
    fn next(&mut self) -> RedisResult<Option<Parts<'_>>> {
        let found = self.search.first(&self.room[self.start..self.end]).map_err(|garbage| {
            RedisError::from((ErrorKind::Parse, "it does not speak the protocol of Redis", garbage.to_string()))
        })?;
        let Some(length) = found else { return Ok(None) };
        let reply = &self.room[self.start..self.start + length];
        self.start += length;
        Ok(Some(Parts::new(reply)))
    }

    /// Where more may come: somewhat, in any case. Room grows with what has come, whatever is said of what is to come.
    fn room(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.room.len() && self.start > 0 {
            self.room.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.room.len() {
            self.room.resize((self.room.len() * 2).max(ROOM), 0);
        }
        &mut self.room[self.end..]
    }

    fn add(&mut self, length: usize) {
        self.end += length;
    }

    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn shrink(&mut self) {
        if self.room.len() > MOST_KEPT {
            *self = Self::default();
        }
    }
}
