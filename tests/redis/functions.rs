//! The server-side functions: lost under load, and on servers that forbid them.

use crate::ground::{append, counted, journal, stream, whole};
use annals::{
    StreamName, Version,
    journal::{
        After, Append, Commit, Committed, Expected, Fingerprint, Journal, LogId, LogRead, ReadModel, RedisJournal,
        RedisOptions, RowChange, Snapshot, Verdict,
    },
};
use annals_test_support::{Raw, RedisServer};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Appends from several tasks while `flush` is run again and again.
async fn append_while(server: &RedisServer, journal: Arc<RedisJournal>, flush: &[&str]) {
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (journal, done) = (Arc::clone(&journal), Arc::clone(&done));
            tokio::spawn(async move {
                let mut version = 0_u64;
                while !done.load(Ordering::Relaxed) {
                    let stream = StreamName::new("order", &writer.to_string());
                    let expected = Expected::Version(Version::new(version));
                    let answer = journal.append(Append::new(stream, expected, counted(1))).await;
                    assert!(matches!(answer, Ok(Verdict::Appended(_))), "{answer:?}");
                    version += 1;
                }
                version
            })
        })
        .collect();
    let raw = Raw::on(server).await;
    for _ in 0..100 {
        let _: redis::Value = raw.run(flush).await;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    done.store(true, Ordering::Relaxed);
    let mut total = 0;
    for writer in writers {
        total += writer.await.unwrap();
    }
    let head = journal.head(0).await.unwrap().unwrap();
    assert_eq!(head.number, total);
    assert!(total >= 100, "{total} events were appended");
}

/// One of everything.
async fn use_all(journal: &RedisJournal) {
    append(journal, &stream("1"), Expected::Missing, 3).await;
    assert_eq!(journal.stream_version(&stream("1")).await, Ok(Version::new(3)));
    let last = whole(journal, &stream("1")).await[2].log_id();
    let snapshot = Snapshot::new(stream("1"), Version::new(3), last, Fingerprint::new(1), "{}");
    assert_eq!(journal.write_snapshot(snapshot.clone()).await, Ok(true));
    let restored = journal.restore(&stream("1"), Fingerprint::new(1), 10).await.unwrap();
    assert_eq!((restored.snapshot, restored.events.len()), (Some(snapshot), 0));
    let log = journal.read_log(LogRead::new(0, After::Position(1), 10)).await.unwrap();
    assert_eq!(log.events, whole(journal, &stream("1")).await[1..]);
    let model = ReadModel::new("OrderList", 1);
    let commit = Commit::new(model.clone(), 0, None, LogId::new(1, 1), vec![RowChange::write("1", "{}")]);
    assert_eq!(journal.commit(commit).await, Ok(Committed::Done));
    assert_eq!(journal.rows_page(&model, None, 1).await.unwrap().rows, [("1".to_owned(), "{}".to_owned())]);
    assert_eq!(journal.clear(&model).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_are_flushed_under_load_are_loaded_again() {
    let server = RedisServer::start();
    let journal = Arc::new(journal(&server).await);
    append_while(&server, journal, &["FUNCTION", "FLUSH"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_are_flushed_under_load_are_loaded_again() {
    let server = RedisServer::builder().args(["--rename-command", "FUNCTION", ""]).start();
    let journal = Arc::new(journal(&server).await);
    append_while(&server, journal, &["SCRIPT", "FLUSH"]).await;
}

#[tokio::test]
async fn where_functions_are_forbidden_scripts_do_the_same() {
    for command in ["FUNCTION", "FCALL"] {
        let server = RedisServer::builder().args(["--rename-command", command, ""]).start();
        use_all(&journal(&server).await).await;
    }
}

#[tokio::test]
async fn where_a_user_may_only_call_functions_that_are_there_they_are_called() {
    let server = RedisServer::start();
    let raw = Raw::on(&server).await;
    let _: () = raw
        .run(&[
            "ACL",
            "SETUSER",
            "caller",
            "on",
            ">a-password",
            "~*",
            "+@all",
            "-function",
            "-script",
            "-eval",
            "-evalsha",
        ])
        .await;
    let url = server.admin_url().replace("redis://", "redis://caller:a-password@");
    let refused = RedisJournal::connect(&url, &RedisOptions::new()).await.unwrap_err().to_string();
    assert!(refused.contains("NOPERM"), "{refused}");
    journal(&server).await;
    use_all(&RedisJournal::connect(&url, &RedisOptions::new()).await.unwrap()).await;
}

#[tokio::test]
async fn where_neither_is_allowed_the_error_says_so() {
    let server =
        RedisServer::builder().args(["--rename-command", "FUNCTION", "", "--rename-command", "SCRIPT", ""]).start();
    let error = RedisJournal::connect(&server.url(), &RedisOptions::new()).await.unwrap_err().to_string();
    assert!(error.contains("neither functions nor scripts"), "{error}");
    assert!(error.contains("unknown command"), "{error}");
}

#[tokio::test]
async fn the_functions_are_named_by_the_hash_of_their_source() {
    let server = RedisServer::start();
    journal(&server).await;
    journal(&server).await;
    let libraries: Vec<redis::Value> = Raw::on(&server).await.run(&["FUNCTION", "LIST"]).await;
    assert_eq!(libraries.len(), 1);
    let text = format!("{libraries:?}").replace(|c: char| !c.is_ascii_graphic(), "");
    assert!(text.contains("annals_"), "{text}");
}
