//! No password is ever told: in no error, no log line, and no `Debug`, however odd it is.

use crate::{
    ground::{append, stream},
    listener::{listen, told},
};
use annals::{
    Store, Version,
    journal::{After, Commit, Durability, Expected, Journal, LogId, LogRead, ReadModel, RedisJournal, RedisOptions},
};
use annals_test_support::{Raw, RedisServer};
use std::{
    fmt::{Debug, Display, Write as _},
    io::{Read, Write as _},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::Duration,
};

/// How each password begins and ends: neither is ever to be seen, so that no part of one is, in whatever spelling.
const MARKS: [&str; 2] = ["GEHEIM", "TRESOR"];

/// Passwords with what is special in URLs, in the protocol, in logs and in quotes.
fn passwords() -> Vec<String> {
    let long = "x".repeat(300);
    [
        "", "%", "%41", "%zz", " ", "  ", "\t", "\r\n", "\n", "\0", "\"", "'", "\\", "\\n", "#", "/", "?", "@", ":",
        "&=", "{}", "*",
    ]
    .into_iter()
    .chain(["é", "→", "\u{1F512}", "\u{202e}", "\u{a0}", "\r\n*1\r\n$8\r\nFLUSHALL\r\n", &long])
    .map(|odd| format!("{}{odd}{}", MARKS[0], MARKS[1]))
    .collect()
}

/// Every byte that is no letter or digit, as a URL needs it.
fn escaped(password: &str) -> String {
    password.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02x}").unwrap();
        }
        text
    })
}

/// The URL of the server for the user `annals` with this password.
fn url(port: u16, password: &str) -> String {
    format!("redis://annals:{}@127.0.0.1:{port}", escaped(password))
}

/// Fails where a text gives a password away.
#[track_caller]
fn is_clean(text: &str) {
    for mark in MARKS {
        assert!(!text.contains(mark), "{text}");
    }
}

#[track_caller]
fn silent(value: impl Debug) {
    is_clean(&format!("{value:?} {value:#?}"));
}

#[track_caller]
fn discreet(value: &(impl Debug + Display)) {
    is_clean(&format!("{value} {value:?} {value:#?}"));
}

/// Lets the user in with this password, and with no other.
async fn set(raw: &Raw, password: &str) {
    let password = format!(">{password}");
    let _: () = raw.run(&["ACL", "SETUSER", "annals", "reset", "on", &password, "~*", "&*", "+@all"]).await;
}

/// What every operation says, with what stands in errors.
async fn everything(journal: &RedisJournal) -> Vec<String> {
    fn said<T>(answer: Result<T, impl Debug + Display>) -> Option<String> {
        answer.err().map(|error| format!("{error} {error:?} {error:#?}"))
    }
    let log = LogRead::new(0, After::Start, 10);
    let model = ReadModel::new("OrderList", 1);
    let commit = Commit::new(model.clone(), 0, None, LogId::new(1, 1), Vec::new());
    let followed = vec![LogRead::new(0, After::LogId(LogId::new(0, 0)), 10)];
    [
        said(journal.append(append("1", Expected::Any, 1)).await),
        said(journal.append(append("1", Expected::Any, 1).durability(Durability::Fsynced)).await),
        said(journal.read_stream(&stream("1"), Version::NONE, 10).await),
        said(journal.stream_version(&stream("1")).await),
        said(journal.read_log(log).await),
        said(journal.follow(followed, Duration::from_millis(1)).await),
        said(journal.head(0).await),
        said(journal.claim("order", vec!["Counted".to_owned()]).await),
        said(journal.checkpoints(&model).await),
        said(journal.rows_page(&model, None, 1).await),
        said(journal.commit(commit).await),
        said(journal.clear(&model).await),
        said(journal.health().await),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test]
async fn who_is_let_in_is_not_told_by_which_password() {
    listen();
    let server = RedisServer::builder().args(["--aclfile", "/dev/null"]).start();
    let raw = Raw::on(&server).await;
    for password in passwords() {
        set(&raw, &password).await;
        let url = url(server.port(), &password);
        let journal = RedisJournal::connect(&url, &RedisOptions::new()).await.unwrap();
        discreet(&journal);
        assert_eq!(everything(&journal).await.len(), 1, "only what is to be fsynced is refused");
        discreet(&journal);
        let options = Store::options().namespace("shop");
        silent(&options);
        discreet(&options.connect(&url).await.unwrap());
    }
    is_clean(&told());
}

#[tokio::test]
async fn who_is_not_let_in_is_not_told_the_password_either() {
    listen();
    let server = RedisServer::start();
    let raw = Raw::on(&server).await;
    set(&raw, "another").await;
    let without = RedisServer::builder().args(["--rename-command", "AUTH", ""]).start();
    for password in passwords() {
        for port in [server.port(), without.port()] {
            let error = RedisJournal::connect(&url(port, &password), &RedisOptions::new()).await.unwrap_err();
            discreet(&error);
            let error = Store::connect(&url(port, &password)).await.unwrap_err();
            discreet(&error);
        }
    }
    is_clean(&told());
}

/// Says back all that it hears, as what `begin` makes of it.
fn parrot(begin: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut heard = [0; 4_096];
            let length = client.read(&mut heard).unwrap_or_default();
            let heard = String::from_utf8_lossy(&heard[..length]).into_owned();
            let answer = match begin {
                "$" => format!("${}\r\n{heard}\r\n", heard.len()),
                "-" => format!("-ERR {}\r\n", heard.replace(['\r', '\n'], " ")),
                "-quoted" => format!("-ERR {heard:?}\r\n"),
                _ => heard,
            };
            let _ = client.write_all(answer.as_bytes());
        }
    });
    port
}

#[tokio::test]
async fn what_says_a_password_back_is_not_repeated() {
    listen();
    for port in ["", "$", "-", "-quoted"].map(parrot) {
        for password in passwords() {
            let error = RedisJournal::connect(&url(port, &password), &RedisOptions::new()).await.unwrap_err();
            discreet(&error);
        }
    }
    is_clean(&told());
}

#[tokio::test]
async fn a_url_that_is_wrong_is_not_repeated_with_its_password() {
    for password in passwords() {
        for password in [password.clone(), escaped(&password)] {
            for begin in ["redis://", "rediss://", "unix://", "redis+unix://", "http://", "redis:/", ""] {
                for url in [
                    format!("{begin}user:{password}@host:99999"),
                    format!("{begin}:{password}@:1"),
                    // What stands before the first `:` is a user, whatever it was meant to be.
                    format!("{begin}{}@", password.replace(':', "")),
                    // What follows the last `@` is a host, whatever it was meant to be.
                    format!("{begin}user:{}", password.replace('@', "")),
                    format!("{begin}user:{password}@host/nine"),
                    format!("{begin}user:{password}@host?tls=1"),
                    format!("{begin}/no/such/socket?user=annals&pass={password}&db=x"),
                    format!("{begin}/no/such/socket?password={password}"),
                ] {
                    if let Err(error) = Store::connect(&url).await {
                        discreet(&error);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_program_whose_rights_or_password_change_is_not_told_its_password() {
    listen();
    let mut server = RedisServer::start();
    for password in ["%20 \"'\\\u{2192}", "\r\n\t"].map(|odd| format!("{}{odd}{}", MARKS[0], MARKS[1])) {
        let raw = Raw::on(&server).await;
        set(&raw, &password).await;
        let journal = RedisJournal::connect(&url(server.port(), &password), &RedisOptions::new()).await.unwrap();
        let changes: [&[&str]; 4] = [
            &["ACL", "SETUSER", "annals", "-@all", "+ping"],
            &["ACL", "SETUSER", "annals", "resetpass", ">another"],
            &["ACL", "SETUSER", "annals", "off"],
            &["ACL", "DELUSER", "annals"],
        ];
        for change in changes {
            let _: redis::Value = raw.run(change).await;
            let _: redis::Value = raw.run(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
            let errors = everything(&journal).await;
            assert!(errors.len() >= 10, "{change:?} gave {errors:#?}");
            for error in &errors {
                is_clean(error);
            }
            discreet(&journal);
        }
        // A server that was started again has forgotten the user.
        set(&raw, &password).await;
        assert_eq!(journal.head(0).await.map(drop), Ok(()));
        server.restart();
        let error = journal.head(0).await.unwrap_err();
        assert!(error.to_string().contains("WRONGPASS"), "{error}");
        discreet(&error);
    }
    is_clean(&told());
}

#[tokio::test]
async fn a_program_whose_server_is_gone_is_not_told_its_password() {
    listen();
    let mut server = RedisServer::start();
    let password = format!("{} %20\"{}", MARKS[0], MARKS[1]);
    set(&Raw::on(&server).await, &password).await;
    let url = url(server.port(), &password);
    let journal = RedisJournal::connect(&url, &RedisOptions::new()).await.unwrap();
    server.stop();
    let error = RedisJournal::connect(&url, &RedisOptions::new()).await.unwrap_err();
    discreet(&error);
    let events = append("1", Expected::Any, 1);
    let (read, appended) = tokio::join!(journal.head(0), journal.append(events));
    discreet(&read.unwrap_err());
    discreet(&appended.unwrap_err());
    discreet(&journal);
    let told = told();
    assert!(told.contains("an append was not answered"), "nothing was heard: {told}");
    is_clean(&told);
}
