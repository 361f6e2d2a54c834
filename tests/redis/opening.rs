//! Opening a journal: what is refused, how soon, and in which words.

use crate::ground::{append, journal, stream};
use annals::journal::{ConnectError, Expected, Journal, RedisJournal, RedisOptions};
use annals_test_support::{Raw, RedisServer};
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::{Duration, Instant},
};

async fn refused(url: &str, options: &RedisOptions) -> ConnectError {
    let begun = Instant::now();
    let error = match RedisJournal::connect(url, options).await {
        Ok(journal) => panic!("{journal:?} was opened"),
        Err(error) => error,
    };
    assert!(begun.elapsed() < Duration::from_secs(4), "{error} came after {:?}", begun.elapsed());
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

async fn not_opened(url: &str) -> ConnectError {
    refused(url, &RedisOptions::new()).await
}

/// A server that is not Redis: what it does with a connection is `serve`.
fn stranger(serve: impl Fn(std::net::TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().for_each(|client| serve(client.unwrap())));
    format!("redis://user:secret@127.0.0.1:{port}")
}

#[tokio::test]
async fn a_journal_is_opened_over_tcp_and_over_a_socket() {
    let server = RedisServer::builder().unix_socket().start();
    let tcp = journal(&server).await;
    append(&tcp, &stream("1"), Expected::Missing, 1).await;
    let unix = RedisJournal::connect(&server.unix_url(), &RedisOptions::new()).await.unwrap();
    append(&unix, &stream("1"), Expected::Existing, 1).await;
    assert_eq!(tcp.head(0).await.unwrap().unwrap().number, 2);
    assert_eq!(unix.to_string(), server.unix_url());
}

#[tokio::test]
async fn a_database_is_chosen_by_the_url() {
    let server = RedisServer::start();
    let other = RedisJournal::connect(&format!("{}/3", server.url()), &RedisOptions::new()).await.unwrap();
    append(&other, &stream("1"), Expected::Missing, 1).await;
    assert_eq!(journal(&server).await.head(0).await, Ok(None));
    let error = not_opened(&format!("{}/99", server.url())).await;
    assert!(matches!(&error, ConnectError::Refused { reason, .. } if reason.contains("out of range")), "{error}");
}

#[tokio::test]
async fn namespaces_do_not_see_one_another() {
    let server = RedisServer::start();
    let (one, two) = (RedisOptions::new().namespace("one"), RedisOptions::new().namespace("two").partitions(3));
    let one = RedisJournal::connect(&server.url(), &one).await.unwrap();
    let two = RedisJournal::connect(&server.url(), &two).await.unwrap();
    append(&one, &stream("1"), Expected::Missing, 1).await;
    append(&two, &stream("1"), Expected::Missing, 1).await;
    assert_eq!((one.partitions(), two.partitions()), (1, 3));
}

#[tokio::test]
async fn a_bad_url_or_option_is_refused_before_anything_is_sent() {
    for url in ["", "localhost:6379", "http://h", "redis://", "redis://h:x", "redis://h/x", "unix://x", "rediss//h"] {
        let error = not_opened(url).await;
        assert!(matches!(error, ConnectError::Url { .. }), "{url} gave {error}");
    }
    for namespace in ["", "a:b", "{a}", "a b"] {
        let error = refused("redis://127.0.0.1:1", &RedisOptions::new().namespace(namespace)).await;
        assert!(matches!(error, ConnectError::Options { .. }), "{error}");
    }
    let error = refused("redis://127.0.0.1:1", &RedisOptions::new().partitions(0)).await;
    assert!(matches!(error, ConnectError::Options { .. }), "{error}");
}

#[tokio::test]
async fn where_nothing_answers_that_is_said_soon() {
    let mut server = RedisServer::start();
    server.stop();
    for url in [server.admin_url(), "unix:///no/such/socket".to_owned(), "redis://no-such-host.invalid".to_owned()] {
        let error = not_opened(&url).await;
        assert!(matches!(error, ConnectError::Unreachable { .. }), "{url} gave {error:?}");
        assert!(error.to_string().contains(&url), "{error}");
    }
}

#[tokio::test]
async fn what_is_not_redis_is_called_that() {
    let http = stranger(|mut client| {
        thread::spawn(move || {
            let _ = client.read(&mut [0; 1_024]);
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\nsecret");
        });
    });
    let silent = stranger(|client| {
        thread::spawn(move || {
            thread::sleep(Duration::from_secs(30));
            drop(client);
        });
    });
    let closing = stranger(drop);
    let parrot = stranger(|mut client| {
        thread::spawn(move || {
            while client.read(&mut [0; 1_024]).is_ok_and(|length| length > 0) {
                let _ = client.write_all(b"$6\r\nsecret\r\n");
            }
        });
    });
    for (url, words) in [
        (http, "does not speak the protocol"),
        (silent, "says nothing for 2 s"),
        (closing, "closed the connection"),
        (parrot, "expected PONG"),
    ] {
        let error = not_opened(&url).await;
        assert!(matches!(&error, ConnectError::Unusable { reason, .. } if reason.contains(words)), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_too_old_is_called_that() {
    // What a Redis 6.2 answers: it knows neither FUNCTION nor FCALL, and its Lua does not know its version.
    let old = stranger(|mut client| {
        thread::spawn(move || {
            let mut heard = vec![0; 1 << 20];
            while let Ok(length @ 1..) = client.read(&mut heard) {
                let text = String::from_utf8_lossy(&heard[..length]).into_owned();
                let mut answer = String::new();
                for (command, reply) in [
                    ("\r\nAUTH\r\n", "+OK\r\n"),
                    ("\r\nPING\r\n", "+PONG\r\n"),
                    ("\r\nCLIENT\r\n", "-ERR unknown subcommand\r\n"),
                    ("\r\nINFO\r\n", "$37\r\nredis_version:6.2.14\r\nrole:master\r\n\r\n\r\n"),
                    ("\r\nCONFIG\r\n", "-ERR wrong number of arguments\r\n"),
                    ("\r\nFUNCTION\r\n", "-ERR unknown command `FUNCTION`\r\n"),
                    ("\r\nFCALL\r\n", "-ERR unknown command `FCALL`\r\n"),
                    ("\r\nSCRIPT\r\n", "$40\r\n0123456789012345678901234567890123456789\r\n"),
                    ("\r\nEVALSHA\r\n", "*2\r\n$5\r\nabout\r\n$10\r\nbefore 7.0\r\n"),
                ] {
                    if text.contains(command) {
                        answer.push_str(reply);
                    }
                }
                if client.write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
        });
    });
    let error = not_opened(&old).await;
    assert!(matches!(error, ConnectError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("expected Redis 7.0 or later, found 6.2.14"), "{error}");
}

#[tokio::test]
async fn who_may_not_enter_is_told_so_without_a_password() {
    let server = RedisServer::builder().args(["--requirepass", "right-secret"]).start();
    let at = |credentials: &str| server.url().replace("redis://", &format!("redis://{credentials}"));
    for (credentials, words) in [("", "NOAUTH"), (":wrong-secret@", "WRONGPASS"), ("nobody:wrong-secret@", "WRONGPASS")]
    {
        let error = not_opened(&at(credentials)).await;
        assert!(matches!(&error, ConnectError::Refused { reason, .. } if reason.contains(words)), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    for credentials in [":right-secret@", "default:right%2Dsecret@"] {
        let journal = RedisJournal::connect(&at(credentials), &RedisOptions::new()).await.unwrap();
        assert!(!format!("{journal} {journal:?}").contains("secret"), "{journal:?}");
    }
    // A server without AUTH says back what it was sent.
    let without = RedisServer::builder().args(["--rename-command", "AUTH", ""]).start();
    let error = not_opened(&without.url().replace("redis://", "redis://:right-secret@")).await;
    assert!(error.to_string().contains("unknown command"), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn other_fixed_settings_than_recorded_are_refused() {
    let server = RedisServer::start();
    let at = |partitions| {
        let server = &server;
        async move { RedisJournal::connect(&server.url(), &RedisOptions::new().partitions(partitions)).await }
    };
    at(4).await.unwrap();
    at(4).await.unwrap();
    let recorded = RedisJournal::connect(&server.url(), &RedisOptions::new()).await.unwrap();
    assert_eq!(recorded.partitions(), 4);
    let error = at(8).await.unwrap_err();
    assert!(
        matches!(&error, ConnectError::Mismatch { expected, found, .. } if expected == "8" && found == "4"),
        "{error}"
    );
    assert!(error.to_string().contains("the number of partitions"), "{error}");

    let raw = Raw::on(&server).await;
    for (field, other, (words, value)) in [
        ("format", "2", ("the format", "2")),
        ("hash", "crc16", ("the partition hash", "crc16")),
        ("segment", "512", ("the segment size", "512")),
        ("partitions", "0", ("the number of partitions", "0")),
        ("partitions", "many", ("the number of partitions", "many")),
    ] {
        let right: String = raw.run(&["HGET", "annals:meta", field]).await;
        let _: () = raw.run(&["HSET", "annals:meta", field, other]).await;
        let error = not_opened(&server.url()).await;
        assert!(matches!(&error, ConnectError::Mismatch { found, .. } if found == value), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        let _: () = raw.run(&["HDEL", "annals:meta", field]).await;
        let error = not_opened(&server.url()).await;
        assert!(error.to_string().contains("nothing"), "{error}");
        let _: () = raw.run(&["HSET", "annals:meta", field, &right]).await;
    }
    let _: () = raw.run(&["SET", "annals:meta", "mine"]).await;
    let error = not_opened(&server.url()).await;
    assert!(matches!(error, ConnectError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("`annals:meta`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_make_a_journal_at_once_all_agree() {
    let server = RedisServer::start();
    let opening = (0..32_u16).map(|number| {
        let url = server.url();
        tokio::spawn(async move {
            let partitions = 1 + number % 4;
            match RedisJournal::connect(&url, &RedisOptions::new().partitions(partitions)).await {
                Ok(journal) => {
                    assert_eq!(journal.partitions(), partitions);
                    Some(partitions)
                }
                Err(ConnectError::Mismatch { .. }) => None,
                Err(other) => panic!("{other}"),
            }
        })
    });
    let mut opened = Vec::new();
    for journal in opening.collect::<Vec<_>>() {
        opened.extend(journal.await.unwrap());
    }
    assert_eq!(opened.len(), 8, "{opened:?}");
    opened.dedup();
    assert_eq!(opened.len(), 1, "{opened:?}");
}
