//! Carrying requests and replies over the connections of a wire, as the rules want it at each moment.

use super::{
    counts::{Counters, Counts, count},
    rules::{Direction, Fate, Lose, Rules},
};
use crate::resp::{Part, first_message, first_request};
use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU16, Ordering::SeqCst},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

/// How many messages may be under way in one direction before no more are read.
const UNDER_WAY: usize = 256;
/// How often a slow reader reads.
const TICK: Duration = Duration::from_millis(10);

/// What all connections of a proxy share.
#[derive(Debug)]
pub(super) struct Wire {
    server: AtomicU16,
    rules: Mutex<Rules>,
    /// The rules changed, or a connection was closed.
    changed: Condvar,
    counters: Counters,
    connections: Mutex<Vec<Weak<Connection>>>,
    ended: AtomicBool,
}

/// One connection of a client, and the one to the server that belongs to it.
#[derive(Debug)]
struct Connection {
    client: TcpStream,
    server: TcpStream,
    closed: AtomicBool,
    /// Those of the requests that are not answered yet.
    fates: Mutex<VecDeque<Fate>>,
    /// What goes over it is not the protocol of Redis.
    foreign: AtomicBool,
}

/// A message on its way.
struct Message {
    bytes: Vec<u8>,
    read: Instant,
    held: Option<u64>,
}

/// What is to be done with a message.
enum Next {
    Pass,
    Lose,
    /// Held under this number.
    Hold(u64),
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wire {
    pub(super) fn to(server: u16) -> Self {
        Self {
            server: AtomicU16::new(server),
            rules: Mutex::default(),
            changed: Condvar::new(),
            counters: Counters::default(),
            connections: Mutex::default(),
            ended: AtomicBool::new(false),
        }
    }

    pub(super) fn redirect(&self, server: u16) {
        self.server.store(server, SeqCst);
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Rules)) {
        change(&mut locked(&self.rules));
        self.changed.notify_all();
    }

    pub(super) fn counts(&self) -> Counts {
        self.counters.read()
    }

    pub(super) fn end(&self) {
        self.ended.store(true, SeqCst);
        self.cut();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(SeqCst)
    }

    pub(super) fn cut(&self) -> usize {
        let connections = std::mem::take(&mut *locked(&self.connections));
        let open = connections.iter().filter_map(Weak::upgrade).filter(|connection| self.close(connection)).count();
        count(&self.counters.cut, open);
        open
    }

    /// Carries all that goes over one connection, until it ends.
    pub(super) fn carry(&self, client: TcpStream) {
        if locked(&self.rules).shut {
            count(&self.counters.refused, 1);
            return;
        }
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.server.load(SeqCst))) else {
            count(&self.counters.unreached, 1);
            return;
        };
        for stream in [&client, &server] {
            // It may be closed already, which shows soon enough.
            let _ = stream.set_nodelay(true);
        }
        let connection = Arc::new(Connection {
            client,
            server,
            closed: AtomicBool::new(false),
            fates: Mutex::default(),
            foreign: AtomicBool::new(false),
        });
        locked(&self.connections).push(Arc::downgrade(&connection));
        count(&self.counters.connections, 1);
        if self.has_ended() {
            return;
        }
        let connection = &*connection;
        thread::scope(|scope| {
            for direction in [Direction::ToServer, Direction::ToClient] {
                let (sender, receiver) = sync_channel(UNDER_WAY);
                scope.spawn(move || self.read(connection, direction, &sender));
                scope.spawn(move || self.write(connection, direction, &receiver));
            }
        });
    }

    fn read(&self, connection: &Connection, direction: Direction, to: &SyncSender<Message>) {
        let mut from = connection.source(direction);
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = Vec::new();
        loop {
            let pace = locked(&self.rules).flow(direction).pace;
            let most = pace.map_or(buffer.len(), |pace| (pace as usize / 100).clamp(1, buffer.len()));
            let Ok(length @ 1..) = from.read(&mut buffer[..most]) else { return };
            if pace.is_some() {
                count(&self.counters.throttled_bytes, length);
                thread::sleep(TICK);
            }
            bytes.extend_from_slice(&buffer[..length]);
            let mut done = 0;
            while let Some(length) = connection.first(direction, &bytes[done..]) {
                let message = &bytes[done..done + length];
                done += length;
                let held = match self.consider(connection, direction, message) {
                    Next::Pass => None,
                    Next::Hold(number) => Some(number),
                    // Nothing more is read; once what came before it has gone on, the connection is closed.
                    Next::Lose => return,
                };
                if to.send(Message { bytes: message.to_vec(), read: Instant::now(), held }).is_err() {
                    return;
                }
            }
            bytes.drain(..done);
        }
    }

    /// What is to be done with a message.
    fn consider(&self, connection: &Connection, direction: Direction, message: &[u8]) -> Next {
        let counters = &self.counters;
        if connection.foreign.load(SeqCst) {
            return Next::Pass;
        }
        match direction {
            Direction::ToServer => {
                count(&counters.requests, 1);
                let fate = locked(&self.rules).judge(message);
                locked(&connection.fates).push_back(fate);
                match fate {
                    Fate::Lose(Lose::Request) => {
                        count(&counters.lost_requests, 1);
                        Next::Lose
                    }
                    Fate::Hold(Direction::ToServer, number) => {
                        count(&counters.held_requests, 1);
                        Next::Hold(number)
                    }
                    _ => Next::Pass,
                }
            }
            // It answers no request.
            Direction::ToClient if message.first() == Some(&b'>') => Next::Pass,
            Direction::ToClient => {
                count(&counters.replies, 1);
                match locked(&connection.fates).pop_front() {
                    Some(Fate::Lose(Lose::Reply)) => {
                        count(&counters.lost_replies, 1);
                        Next::Lose
                    }
                    Some(Fate::Hold(Direction::ToClient, number)) => {
                        count(&counters.held_replies, 1);
                        Next::Hold(number)
                    }
                    _ => Next::Pass,
                }
            }
        }
    }

    fn write(&self, connection: &Connection, direction: Direction, from: &Receiver<Message>) {
        let mut to = connection.sink(direction);
        for message in from {
            if !self.let_through(connection, direction, &message) || to.write_all(&message.bytes).is_err() {
                break;
            }
        }
        self.close(connection);
    }

    /// Waits until a message may go on; answers whether it may.
    fn let_through(&self, connection: &Connection, direction: Direction, message: &Message) -> bool {
        let mut rules = locked(&self.rules);
        let (mut was_delayed, mut was_frozen) = (false, false);
        loop {
            if connection.closed.load(SeqCst) {
                return false;
            }
            let flow = *rules.flow(direction);
            let early = flow.delay.saturating_sub(message.read.elapsed());
            let is_held = message.held.is_some_and(|number| number > rules.let_go);
            rules = if flow.frozen || is_held {
                if flow.frozen && !std::mem::replace(&mut was_frozen, true) {
                    count(&self.counters.frozen, 1);
                }
                self.changed.wait(rules).unwrap_or_else(PoisonError::into_inner)
            } else if !early.is_zero() {
                if !std::mem::replace(&mut was_delayed, true) {
                    count(&self.counters.delayed, 1);
                }
                self.changed.wait_timeout(rules, early).unwrap_or_else(PoisonError::into_inner).0
            } else {
                return true;
            };
        }
    }

    /// Closes a connection; answers whether it was open.
    fn close(&self, connection: &Connection) -> bool {
        let was_open = {
            // Under the lock, so that nobody who waits misses it.
            let _rules = locked(&self.rules);
            !connection.closed.swap(true, SeqCst)
        };
        for stream in [&connection.client, &connection.server] {
            // Its other end may have done it already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
        was_open
    }
}

impl Connection {
    fn source(&self, direction: Direction) -> &TcpStream {
        match direction {
            Direction::ToServer => &self.client,
            Direction::ToClient => &self.server,
        }
    }

    fn sink(&self, direction: Direction) -> &TcpStream {
        match direction {
            Direction::ToServer => &self.server,
            Direction::ToClient => &self.client,
        }
    }

    /// How far the first message goes, where it is whole. Of what is no message of Redis, it is all there is.
    fn first(&self, direction: Direction, bytes: &[u8]) -> Option<usize> {
        let part = match direction {
            _ if bytes.is_empty() => return None,
            _ if self.foreign.load(SeqCst) => Part::Foreign,
            Direction::ToServer => first_request(bytes),
            Direction::ToClient => first_message(bytes),
        };
        match part {
            Part::Whole(length) => Some(length),
            Part::Begun => None,
            Part::Foreign => {
                self.foreign.store(true, SeqCst);
                Some(bytes.len())
            }
        }
    }
}
