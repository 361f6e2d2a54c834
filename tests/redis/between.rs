//! Reads of several commands, between which others append.

use crate::ground::{append, journal, stream};
use annals::{
    Version,
    journal::{After, Expected, Journal, LogRead, RedisJournal, RedisOptions},
};
use annals_test_support::RedisServer;
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

/// A wire that stops before the `nth` of several commands that come at once, says so, and goes on when it is told to.
struct Gap {
    port: u16,
    reached: Receiver<()>,
    go_on: Sender<()>,
}

impl Gap {
    fn before(nth: usize, command: &'static str, server: &RedisServer) -> Self {
        let (listener, server) = (TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), server.port());
        let port = listener.local_addr().unwrap().port();
        let ((at, reached), (go_on, goes_on)) = (channel(), channel::<()>());
        // Whichever connection it is that reads.
        let stop = Arc::new(Mutex::new(Some((at, goes_on))));
        thread::spawn(move || {
            for client in listener.incoming() {
                let stop = Arc::clone(&stop);
                carry(client.unwrap(), server, move |request, to| {
                    let places: Vec<_> = request.match_indices(command).map(|(place, _)| place).collect();
                    if places.len() <= nth {
                        return false;
                    }
                    let Some((at, goes_on)) = stop.lock().unwrap().take() else { return false };
                    let begin = request[..places[nth]].rfind('*').unwrap();
                    to.write_all(&request.as_bytes()[..begin]).unwrap();
                    at.send(()).unwrap();
                    goes_on.recv().unwrap();
                    to.write_all(&request.as_bytes()[begin..]).unwrap();
                    true
                });
            }
        });
        Self { port, reached, go_on }
    }

    async fn journal(&self) -> RedisJournal {
        let url = format!("redis://127.0.0.1:{}", self.port);
        RedisJournal::connect(&url, &RedisOptions::new()).await.unwrap()
    }
}

/// Passes on what is said in both directions; a request that `carried` has passed on itself is not passed on again.
fn carry(client: TcpStream, server: u16, mut carried: impl FnMut(&str, &mut TcpStream) -> bool + Send + 'static) {
    let mut to = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).unwrap();
    to.set_nodelay(true).unwrap();
    let (mut from_server, mut to_client, mut from) = (to.try_clone().unwrap(), client.try_clone().unwrap(), client);
    thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
    thread::spawn(move || {
        let mut heard = vec![0; 1 << 20];
        while let Ok(length @ 1..) = from.read(&mut heard) {
            let request = String::from_utf8_lossy(&heard[..length]).into_owned();
            if !carried(&request, &mut to) && to.write_all(&heard[..length]).is_err() {
                break;
            }
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_grows_into_its_next_list_while_it_is_read_is_read() {
    let server = RedisServer::start();
    let direct = journal(&server).await;
    append(&direct, &stream("1"), Expected::Any, 4_095).await;
    let gap = Gap::before(1, "LRANGE", &server);
    let slow = gap.journal().await;
    let reading = tokio::spawn(async move { slow.read_stream(&stream("1"), Version::NONE, usize::MAX).await });
    gap.reached.recv().unwrap();
    append(&direct, &stream("1"), Expected::Any, 2).await;
    gap.go_on.send(()).unwrap();
    let read = reading.await.unwrap().unwrap();
    assert_eq!(read.len(), 4_097);
    assert!(read.iter().zip(1..).all(|(event, version)| event.version() == Version::new(version)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_grows_while_its_end_is_looked_for_is_not_said_to_have_ended() {
    let server = RedisServer::start();
    let direct = journal(&server).await;
    append(&direct, &stream("1"), Expected::Any, 2).await;
    let gap = Gap::before(0, "XRANGE", &server);
    let slow = gap.journal().await;
    let reading = tokio::spawn(async move { slow.read_log(LogRead::new(0, After::Start, 3)).await });
    gap.reached.recv().unwrap();
    append(&direct, &stream("1"), Expected::Any, 5).await;
    gap.go_on.send(()).unwrap();
    let batch = reading.await.unwrap().unwrap();
    assert_eq!((batch.events.len(), batch.end), (3, false));
}
