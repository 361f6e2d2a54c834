//! Each fault of the wire, seen from both of its ends.

use super::*;
use std::{
    io::{Read, Write},
    time::Instant,
};

/// A client that speaks by hand.
struct Speaker(TcpStream);

impl Speaker {
    fn on(proxy: &Proxy) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(stream)
    }

    fn say(&mut self, words: &str) -> &mut Self {
        let words: Vec<_> = words.split(' ').map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
        // The other end may be closed already; what is heard then tells.
        let _ = self.0.write_all(format!("*{}\r\n{}", words.len(), words.concat()).as_bytes());
        self
    }

    /// What comes next, of this length; less where the connection ends before.
    fn hear(&mut self, length: usize) -> String {
        let mut heard = vec![0; length];
        let mut at = 0;
        while at < length
            && let Ok(more @ 1..) = self.0.read(&mut heard[at..])
        {
            at += more;
        }
        String::from_utf8_lossy(&heard[..at]).into_owned()
    }

    fn ask(&mut self, words: &str, length: usize) -> String {
        self.say(words).hear(length)
    }

    fn is_silent(&mut self) -> bool {
        self.0.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let error = self.0.read(&mut [0]).map_err(|error| error.kind());
        self.0.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        matches!(error, Err(std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut))
    }
}

fn wire() -> (RedisServer, Proxy) {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    (server, proxy)
}

#[test]
fn what_is_said_arrives_and_is_counted() {
    let (server, proxy) = wire();
    let mut speaker = Speaker::on(&proxy);
    assert_eq!(speaker.ask("SET k 1", 5), "+OK\r\n");
    assert_eq!(speaker.say("GET k").ask("PING", 14), "$1\r\n1\r\n+PONG\r\n");
    assert_eq!(server.command(&["GET", "k"]), "1");
    let counts = proxy.counts();
    assert_eq!((counts.connections, counts.requests, counts.replies), (1, 3, 3));
    assert!(proxy.url().ends_with(&proxy.port().to_string()));
}

#[test]
fn the_reply_that_is_lost_is_that_of_the_request_that_is_meant() {
    let (server, proxy) = wire();
    proxy.lose(Lose::Reply, Marker::text("two"), 1, 1);
    let mut speaker = Speaker::on(&proxy);
    assert_eq!(speaker.say("SET one 1").say("SET two 2").ask("SET three 3", 100), "+OK\r\n");
    assert_eq!((proxy.lost_replies(), proxy.lost_requests()), (1, 0));
    assert_eq!(server.command(&["GET", "two"]), "2");
    assert_eq!(Speaker::on(&proxy).ask("SET two 2", 5), "+OK\r\n");
}

#[test]
fn the_request_that_is_lost_never_arrives_and_those_before_it_do() {
    let (server, proxy) = wire();
    proxy.lose(Lose::Request, Marker::text("SET").or(Marker::text("DEL")), 2, 1);
    let mut speaker = Speaker::on(&proxy);
    assert_eq!(speaker.ask("SET one 1", 5), "+OK\r\n");
    assert_eq!(speaker.ask("DEL one", 100), "");
    assert_eq!((proxy.lost_replies(), proxy.lost_requests()), (0, 1));
    assert_eq!(server.command(&["GET", "one"]), "1");
}

#[test]
fn what_is_lost_by_chance_is_the_same_under_the_same_seed() {
    let lost = |seed| {
        let (_server, proxy) = wire();
        proxy.lose_by_chance(Lose::Reply, Marker::anything(), 0.5, seed);
        let answers: Vec<_> = (0..20).map(|_| Speaker::on(&proxy).ask("PING", 7).is_empty()).collect();
        assert_eq!(proxy.lost_replies(), answers.iter().map(|lost| u64::from(*lost)).sum::<u64>());
        proxy.lose_nothing();
        assert_eq!(Speaker::on(&proxy).ask("PING", 7), "+PONG\r\n");
        answers
    };
    let answers = lost(7);
    assert!(answers.contains(&true) && answers.contains(&false));
    assert_eq!(lost(7), answers);
    assert_ne!(lost(8), answers);
}

#[test]
fn after_a_loss_nobody_gets_through_where_that_is_wanted() {
    let (_server, proxy) = wire();
    proxy.shut_after_loss();
    proxy.lose(Lose::Reply, Marker::anything(), 1, 1);
    assert_eq!(Speaker::on(&proxy).ask("PING", 7), "");
    assert_eq!(Speaker::on(&proxy).ask("PING", 7), "");
    assert_eq!(proxy.counts().refused, 1);
    proxy.open();
    assert_eq!(Speaker::on(&proxy).ask("PING", 7), "+PONG\r\n");
}

#[tokio::test]
async fn a_reply_is_held_when_the_server_has_done_its_request_and_goes_on_when_it_is_let_go() {
    let (server, proxy) = wire();
    proxy.hold(Direction::ToClient, Marker::text("held"));
    let mut speaker = Speaker::on(&proxy);
    speaker.say("PING").say("SET held 1").say("PING");
    assert_eq!(speaker.hear(7), "+PONG\r\n");
    proxy.held(1).await;
    assert_eq!(server.command(&["GET", "held"]), "1");
    assert!(speaker.is_silent());
    proxy.let_go();
    assert_eq!(speaker.hear(12), "+OK\r\n+PONG\r\n");
    assert_eq!(proxy.counts().held_replies, 1);
}

#[tokio::test]
async fn a_request_that_is_held_has_not_arrived_and_never_does_when_it_is_cut() {
    let (server, proxy) = wire();
    proxy.hold(Direction::ToServer, Marker::text("held"));
    let mut speaker = Speaker::on(&proxy);
    speaker.say("SET held 1");
    proxy.held(1).await;
    assert_eq!(server.command(&["EXISTS", "held"]), "0");
    assert_eq!(proxy.cut(), 1);
    assert_eq!(speaker.hear(5), "");
    proxy.let_go();
    assert_eq!(Speaker::on(&proxy).ask("EXISTS held", 4), ":0\r\n");
    assert_eq!((proxy.counts().held_requests, proxy.counts().cut), (1, 1));
}

#[tokio::test]
async fn a_direction_that_is_frozen_keeps_what_is_said_until_it_thaws() {
    for direction in [Direction::ToServer, Direction::ToClient] {
        let (server, proxy) = wire();
        let mut speaker = Speaker::on(&proxy);
        assert_eq!(speaker.ask("PING", 7), "+PONG\r\n");
        proxy.freeze(direction);
        speaker.say("SET k 1");
        until("something is frozen", || proxy.counts().frozen == 1).await;
        assert!(speaker.is_silent());
        let has_arrived = server.command(&["EXISTS", "k"]) == "1";
        assert_eq!(has_arrived, direction == Direction::ToClient);
        proxy.thaw();
        assert_eq!(speaker.hear(5), "+OK\r\n");
    }
}

#[test]
fn a_delay_is_one_of_each_message_and_not_of_all_together() {
    let (_server, proxy) = wire();
    proxy.delay(Direction::ToClient, Duration::from_millis(100));
    let begun = Instant::now();
    let mut speaker = Speaker::on(&proxy);
    (0..50).for_each(|_| {
        speaker.say("PING");
    });
    assert_eq!(speaker.hear(7 * 50).len(), 7 * 50);
    assert!(begun.elapsed() >= Duration::from_millis(100));
    assert!(begun.elapsed() < Duration::from_millis(2_500), "{:?}", begun.elapsed());
    assert!(proxy.counts().delayed > 0);
}

#[test]
fn a_slow_reader_takes_its_time_and_loses_nothing() {
    let (server, proxy) = wire();
    server.command(&["SET", "k", &"x".repeat(20_000)]);
    proxy.throttle(Direction::ToClient, Some(100_000));
    let begun = Instant::now();
    let mut speaker = Speaker::on(&proxy);
    assert_eq!(speaker.ask("GET k", 8 + 20_000 + 2).len(), 20_010);
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
    assert_eq!(proxy.counts().throttled_bytes, 20_010);
}

#[test]
fn those_who_are_cut_and_refused_are_counted() {
    let (mut server, proxy) = wire();
    let mut speakers = [Speaker::on(&proxy), Speaker::on(&proxy)];
    for speaker in &mut speakers {
        assert_eq!(speaker.ask("PING", 7), "+PONG\r\n");
    }
    assert_eq!((proxy.cut(), proxy.cut()), (2, 0));
    assert_eq!(speakers.each_mut().map(|speaker| speaker.hear(1)), ["", ""]);
    proxy.refuse();
    assert_eq!(Speaker::on(&proxy).ask("PING", 7), "");
    proxy.open();
    server.stop();
    assert_eq!(Speaker::on(&proxy).ask("PING", 7), "");
    let counts = proxy.counts();
    assert_eq!((counts.cut, counts.refused, counts.unreached), (2, 1, 1));
}

#[test]
fn a_wire_leads_to_another_server_when_it_is_told_to() {
    let (one, other) = (RedisServer::start(), RedisServer::start());
    let proxy = Proxy::to(&one);
    proxy.redirect(&other);
    assert_eq!(Speaker::on(&proxy).ask("SET k 1", 5), "+OK\r\n");
    assert_eq!((one.command(&["EXISTS", "k"]), other.command(&["EXISTS", "k"])), ("0".to_owned(), "1".to_owned()));
}

#[test]
fn what_is_not_the_protocol_of_redis_passes_as_it_comes() {
    let (_server, proxy) = wire();
    let mut speaker = Speaker::on(&proxy);
    speaker.0.write_all(b"PING\r\n").unwrap();
    assert_eq!(speaker.hear(7), "+PONG\r\n");
    assert_eq!(proxy.counts().requests, 0);
}

#[test]
fn a_wire_that_is_dropped_is_cut() {
    let (_server, proxy) = wire();
    let mut speaker = Speaker::on(&proxy);
    assert_eq!(speaker.ask("PING", 7), "+PONG\r\n");
    drop(proxy);
    assert_eq!(speaker.hear(1), "");
}
