//! The lines to a server: one for each request that is under way, made when it is needed and kept for the next.

use super::{client, line::Line, parts::Parts, request::Request, socket::Place};
use crate::journal::redis::connection::{Connection, Failure, RESPONSE, Refusal, meaning};
use redis::Value;
use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// How many lines that nobody reads on are kept.
const MOST_KEPT: usize = 8;

pub(crate) struct Lines {
    like: Connection,
    /// Where the server is, if a line of ours leads there.
    place: Option<Place>,
    /// How much longer than any other an answer may take.
    longer: Duration,
    /// How many more requests may be under way.
    room: Semaphore,
    kept: Mutex<Vec<Open>>,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("url", self.like.url()).field("kept", &self.kept().len()).finish_non_exhaustive()
    }
}

/// What a server says to one of several commands.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Which of them.
    pub(crate) index: usize,
    pub(crate) refusal: Refusal,
}

/// A line that is there.
struct Open {
    way: Way,
    /// How often a server was found to be no master any more when it was made.
    era: u64,
}

enum Way {
    Ours(Line),
    Clients(Box<Connection>),
}

impl Lines {
    /// Lines to where this connection leads, of which so many are in use at most.
    pub(crate) fn new(connection: &Connection, most: usize) -> Self {
        Self {
            like: connection.another(),
            place: Place::of(connection.url().address()),
            longer: Duration::ZERO,
            room: Semaphore::new(most.min(Semaphore::MAX_PERMITS)),
            kept: Mutex::default(),
        }
    }

    /// The same, where an answer may take so much longer: what is asked for waits for something.
    pub(crate) fn patient(mut self, longer: Duration) -> Self {
        self.longer = longer;
        self
    }

    /// Sends commands together and gives each answer to `take`, with its number, as soon as it has come. What the server
    /// refuses is not given to it; the first of that is the answer.
    ///
    /// When this fails, or is dropped before its end, some may have been taken already.
    pub(crate) async fn ask(
        &self,
        request: &Request,
        deadline: Instant,
        mut take: impl FnMut(usize, Parts<'_>),
    ) -> Result<Option<Refused>, Failure> {
        let reached = tokio::time::timeout_at(deadline, async {
            // It is never closed.
            let place = self.room.acquire().await.ok();
            self.open().await.map(|line| (line, place))
        });
        let (mut open, _place) =
            reached.await.unwrap_or_else(|_| Err(Failure::Unsent("it could not be reached in time".to_owned())))?;
        let (mut index, mut refused, mut not_now) = (0, None, None);
        let hear = |parts: Parts<'_>| {
            if parts.is_error() {
                match self.meaning(&parts) {
                    Failure::Refused(refusal) => refused = refused.take().or(Some(Refused { index, refusal })),
                    failure => not_now = not_now.take().or(Some(failure)),
                }
            } else {
                take(index, parts);
            }
            index += 1;
        };
        if let Err(failure) = self.send(&mut open.way, request, deadline, hear).await {
            // What broke one has broken the others too, most likely.
            self.kept().clear();
            return Err(failure);
        }
        if let Some(failure) = not_now {
            // The same address may lead elsewhere by now.
            return Err(failure);
        }
        self.keep(open);
        Ok(refused)
    }

    async fn send(
        &self,
        way: &mut Way,
        request: &Request,
        deadline: Instant,
        hear: impl FnMut(Parts<'_>),
    ) -> Result<(), Failure> {
        let line = match way {
            Way::Ours(line) => line,
            Way::Clients(connection) => return client::ask(connection, request, deadline, hear).await,
        };
        let deadline = deadline.min(Instant::now() + RESPONSE + self.longer);
        match tokio::time::timeout_at(deadline, line.ask(request, hear)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::Lost(self.like.url().clean(&error.to_string()))),
            Err(_) => Err(Failure::Lost("no answer came in time".to_owned())),
        }
    }

    /// A line that nobody uses, or a new one.
    async fn open(&self) -> Result<Open, Failure> {
        let era = self.like.era();
        while let Some(mut open) = self.take() {
            let is_free = match &mut open.way {
                Way::Ours(line) => line.is_free(),
                Way::Clients(_) => true,
            };
            if is_free && open.era == era {
                return Ok(open);
            }
        }
        let way = match &self.place {
            Some(place) => Way::Ours(Line::connect(place, self.like.url()).await?),
            None => Way::Clients(Box::new(self.like.another().patient(self.longer))),
        };
        Ok(Open { way, era })
    }

    fn take(&self) -> Option<Open> {
        self.kept().pop()
    }

    fn keep(&self, mut open: Open) {
        if let Way::Ours(line) = &mut open.way {
            line.rest();
        }
        let mut kept = self.kept();
        if kept.len() < MOST_KEPT {
            kept.push(open);
        }
    }

    fn meaning(&self, parts: &Parts<'_>) -> Failure {
        match parts.value() {
            Value::ServerError(error) => meaning(self.like.url(), &error),
            other => Failure::Lost(self.like.url().clean(&format!("{other:?}"))),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Open>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::part::Part, *};
    use crate::journal::redis::url::ServerUrl;
    use std::{
        io::{Read, Write},
        net::{Ipv4Addr, TcpListener},
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    /// A server that greets, and then answers each request with what it has ready next, or says nothing any more and closes;
    /// and how many connections it had.
    fn server(answers: &'static [&'static str]) -> (Lines, Arc<AtomicUsize>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("redis://:secret@{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            let mut answers = answers.iter();
            for client in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let (mut client, mut heard) = (client.unwrap(), [0; 4096]);
                while let Ok(length @ 1..) = client.read(&mut heard) {
                    let request = String::from_utf8_lossy(&heard[..length]).into_owned();
                    let answer = match request.as_str() {
                        auth if auth.contains("AUTH") => "+OK\r\n",
                        ping if ping.contains("PING") => "+PONG\r\n",
                        _ => answers.next().copied().unwrap_or_default(),
                    };
                    if answer.is_empty() || client.write_all(answer.as_bytes()).is_err() {
                        break;
                    }
                }
            }
        });
        (Lines::new(&to(&url), 1), connections)
    }

    fn to(url: &str) -> Connection {
        let url = ServerUrl::parse(url).unwrap();
        let client = redis::Client::open(url.connection_info().unwrap()).unwrap();
        Connection::new(url, client)
    }

    /// Asks two things; answers with the numbers that were said to them.
    async fn ask(lines: &Lines, patience: Duration) -> Result<(Vec<(usize, i64)>, Option<Refused>), Failure> {
        let mut request = Request::with_capacity(2);
        request.command(&[b"LLEN", b"one"]);
        request.command(&[b"LLEN", b"other"]);
        let mut numbers = Vec::new();
        let asked = lines.ask(&request, Instant::now() + patience, |index, mut parts| {
            if let Some(Part::Number(number)) = parts.next() {
                numbers.push((index, number));
            }
        });
        let refused = asked.await?;
        Ok((numbers, refused))
    }

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn a_line_is_used_again_while_its_answers_are_whole() {
        let (lines, connections) = server(&[":1\r\n:2\r\n", ":3\r\n:4\r\n", ":5\r\n:6\r\n:7\r\n", ":8\r\n:9\r\n"]);
        for (numbers, made) in [([1, 2], 1), ([3, 4], 1), ([5, 6], 1), ([8, 9], 2)] {
            let (found, refused) = ask(&lines, SOON).await.unwrap();
            assert_eq!(found, [(0, numbers[0]), (1, numbers[1])]);
            assert!(refused.is_none());
            assert_eq!(connections.load(Ordering::SeqCst), made, "{numbers:?}");
        }
    }

    #[tokio::test]
    async fn what_is_refused_is_told_with_its_number_and_the_others_are_taken() {
        let (lines, _) = server(&["-NOPERM no secret\r\n:2\r\n", ":1\r\n-LOADING later\r\n"]);
        let (numbers, refused) = ask(&lines, SOON).await.unwrap();
        assert_eq!(numbers, [(1, 2)]);
        let Refused { index, refusal } = refused.unwrap();
        assert_eq!((index, refusal.code.as_str(), refusal.text.as_str()), (0, "NOPERM", "NOPERM no ***"));
        let failure = ask(&lines, SOON).await.unwrap_err();
        assert!(matches!(&failure, Failure::NotNow(text) if text == "LOADING later"), "{failure}");
    }

    #[tokio::test]
    async fn a_line_that_breaks_is_lost_and_another_is_made() {
        let (lines, connections) = server(&["HTTP/1.1 400 secret\r\n", ":1\r\n", ":1\r\n:2\r\n"]);
        let failure = ask(&lines, SOON).await.unwrap_err();
        assert!(matches!(&failure, Failure::Lost(reason) if reason.contains("the protocol of Redis")), "{failure}");
        let failure = ask(&lines, Duration::from_millis(100)).await.unwrap_err();
        assert!(matches!(&failure, Failure::Lost(reason) if reason == "no answer came in time"), "{failure}");
        assert_eq!(ask(&lines, SOON).await.unwrap().0, [(0, 1), (1, 2)]);
        let failure = ask(&lines, SOON).await.unwrap_err();
        assert!(matches!(&failure, Failure::Lost(_)), "{failure}");
        assert_eq!(connections.load(Ordering::SeqCst), 3);
        assert!(!format!("{lines:?}").contains("secret"), "{lines:?}");
    }

    #[tokio::test]
    async fn a_request_that_nobody_waits_for_any_more_takes_its_line_with_it() {
        let (lines, connections) = server(&[":1\r\n", ":3\r\n:4\r\n"]);
        let given_up = tokio::time::timeout(Duration::from_millis(100), ask(&lines, SOON)).await;
        assert!(given_up.is_err());
        assert_eq!(ask(&lines, SOON).await.unwrap().0, [(0, 3), (1, 4)]);
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn lines_are_left_when_the_server_has_become_a_replica() {
        let (lines, connections) = server(&[":1\r\n:2\r\n", ":3\r\n:4\r\n"]);
        ask(&lines, SOON).await.unwrap();
        lines.like.left_a_replica();
        ask(&lines, SOON).await.unwrap();
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn where_nobody_is_nothing_is_sent() {
        let lines = Lines::new(&to("redis://127.0.0.1:1"), 1);
        let failure = ask(&lines, SOON).await.unwrap_err();
        assert!(matches!(&failure, Failure::Unsent(_)), "{failure}");
    }
}
