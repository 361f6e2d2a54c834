//! A wire that breaks when a test says so: between a journal and its server.

use annals_test_support::RedisServer;
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

/// What is to be lost on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lose {
    /// The request arrives and is done; the reply is lost with the connection.
    Reply,
    /// The request is lost with the connection, and never arrives.
    Request,
}

/// A wire to a server, with a port of its own.
pub(crate) struct Proxy {
    port: u16,
    wire: Arc<Wire>,
}

struct Wire {
    server: u16,
    plan: Mutex<Option<Plan>>,
    lost_replies: AtomicU32,
    lost_requests: AtomicU32,
    shut: AtomicBool,
    shut_after_loss: AtomicBool,
}

struct Plan {
    lose: Lose,
    marker: Vec<u8>,
    every: u32,
    seen: u32,
    times: u32,
}

impl Proxy {
    pub(crate) fn to(server: &RedisServer) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Wire {
            server: server.port(),
            plan: Mutex::new(None),
            lost_replies: AtomicU32::new(0),
            lost_requests: AtomicU32::new(0),
            shut: AtomicBool::new(false),
            shut_after_loss: AtomicBool::new(false),
        });
        let of_listener = Arc::clone(&wire);
        thread::spawn(move || {
            for client in listener.incoming() {
                let wire = Arc::clone(&of_listener);
                thread::spawn(move || wire.carry(&client.unwrap()));
            }
        });
        Self { port, wire }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// From now on, `times` calls of this function are broken off: each `every`-th one.
    pub(crate) fn lose(&self, lose: Lose, function: &str, every: u32, times: u32) {
        let marker = format!("_{function}\r\n").into_bytes();
        *self.wire.plan.lock().unwrap() = Some(Plan { lose, marker, every, seen: 0, times });
    }

    /// From now on, nobody gets through any more after the next loss.
    pub(crate) fn shut_after_loss(&self) {
        self.wire.shut_after_loss.store(true, SeqCst);
    }

    /// Lets everybody through again.
    pub(crate) fn open(&self) {
        self.wire.shut_after_loss.store(false, SeqCst);
        self.wire.shut.store(false, SeqCst);
    }

    /// How many replies were lost.
    pub(crate) fn lost_replies(&self) -> u32 {
        self.wire.lost_replies.load(SeqCst)
    }

    /// How many requests were lost.
    pub(crate) fn lost_requests(&self) -> u32 {
        self.wire.lost_requests.load(SeqCst)
    }

    /// Waits until this many replies and requests were lost.
    pub(crate) async fn lost(&self, count: u32) {
        let begun = Instant::now();
        while self.lost_replies() + self.lost_requests() < count {
            assert!(begun.elapsed() < Duration::from_secs(20), "nothing was lost");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Wire {
    fn carry(&self, client: &TcpStream) {
        if self.shut.load(SeqCst) {
            return;
        }
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.server)) else { return };
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        let losing = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                pass(&server, client, |_| {
                    let lost = losing.load(SeqCst);
                    if lost {
                        self.lost_replies.fetch_add(1, SeqCst);
                    }
                    !lost
                });
            });
            pass(client, &server, |request| match self.is_to_be_lost(request) {
                None => true,
                Some(Lose::Reply) => {
                    losing.store(true, SeqCst);
                    true
                }
                Some(Lose::Request) => {
                    self.lost_requests.fetch_add(1, SeqCst);
                    false
                }
            });
        });
    }

    fn is_to_be_lost(&self, request: &[u8]) -> Option<Lose> {
        let mut plan = self.plan.lock().unwrap();
        let plan = plan.as_mut()?;
        if plan.times == 0 || !request.windows(plan.marker.len()).any(|part| part == plan.marker) {
            return None;
        }
        plan.seen += 1;
        if !plan.seen.is_multiple_of(plan.every) {
            return None;
        }
        plan.times -= 1;
        if self.shut_after_loss.load(SeqCst) {
            self.shut.store(true, SeqCst);
        }
        Some(plan.lose)
    }
}

/// Passes on what `goes_on` lets through. The first part that it does not ends the whole connection.
fn pass(mut from: &TcpStream, mut to: &TcpStream, goes_on: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length) = from.read(&mut buffer) {
        if length == 0 || !goes_on(&buffer[..length]) || to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        // The other direction may have done it already.
        let _ = stream.shutdown(Shutdown::Both);
    }
}
