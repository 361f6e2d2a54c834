//! Replies that are lost, and appends that are sent twice.

use crate::ground::{append, counted, journal, stream, whole};
use annals::{
    StreamName, Version,
    journal::{
        After, Append, AppendId, Appended, BuildStep, Commit, Committed, Expected, Fingerprint, Journal, JournalError,
        LeaseRequest, LogId, LogRead, ReadModel, RedisJournal, RedisOptions, RowChange, Verdict,
    },
};
use annals_test_support::{Lose, Proxy, Raw, RedisServer};
use std::{sync::Arc, time::Duration};

async fn through(proxy: &Proxy) -> RedisJournal {
    RedisJournal::connect(&proxy.url(), &RedisOptions::new()).await.unwrap()
}

fn duplicate(answer: Result<Verdict, JournalError>) -> Appended {
    match answer {
        Ok(Verdict::Duplicate(appended)) => appended,
        other => panic!("expected a duplicate, found {other:?}"),
    }
}

#[tokio::test]
async fn an_append_whose_reply_is_lost_happens_once() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let journal = through(&proxy).await;
    append(&journal, &stream("1"), Expected::Missing, 2).await;
    let mut version = 2;
    let mut lost = 0;
    for expected in [Expected::Version(Version::new(2)), Expected::Existing, Expected::Any] {
        proxy.lose(Lose::Reply, "append", 1, 1);
        let appended = duplicate(journal.append(Append::new(stream("1"), expected, counted(3))).await);
        lost += 1;
        assert_eq!(proxy.lost_replies(), lost);
        assert_eq!((appended.first_version, appended.count), (Version::new(version + 1), 3));
        assert_eq!(appended.first.number, version + 1);
        version += 3;
        assert_eq!(journal.stream_version(&stream("1")).await, Ok(Version::new(version)));
    }
    proxy.lose(Lose::Reply, "append", 1, 1);
    let created = duplicate(journal.append(Append::new(stream("2"), Expected::Missing, counted(1))).await);
    assert_eq!((created.first_version, created.first.number), (Version::new(1), version + 1));
}

#[tokio::test]
async fn an_append_whose_request_is_lost_happens_once() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let journal = through(&proxy).await;
    for (version, expected) in
        [Expected::Missing, Expected::Version(Version::new(1)), Expected::Existing, Expected::Any]
            .into_iter()
            .enumerate()
    {
        proxy.lose(Lose::Request, "append", 1, 1);
        let appended = append(&journal, &stream("1"), expected, 1).await;
        assert_eq!(appended.first_version, Version::new(version as u64 + 1));
    }
    assert_eq!(proxy.lost_requests(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wire_that_breaks_all_the_time_loses_and_doubles_nothing() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let journal = Arc::new(through(&proxy).await);
    proxy.lose(Lose::Reply, "append", 3, 40);
    let writers = (0..8).map(|writer| {
        let journal = Arc::clone(&journal);
        tokio::spawn(async move {
            for number in 0..25 {
                let expected = match number % 3 {
                    0 => Expected::Version(Version::new(number * 2)),
                    _ => Expected::Any,
                };
                let stream = StreamName::new("order", &writer.to_string());
                match journal.append(Append::new(stream, expected, counted(2))).await {
                    Ok(Verdict::Appended(appended) | Verdict::Duplicate(appended)) => {
                        assert_eq!(appended.first_version, Version::new(number * 2 + 1));
                    }
                    other => panic!("{other:?}"),
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert!(proxy.lost_replies() >= 20, "{} replies were lost", proxy.lost_replies());
    let log = journal.read_log(LogRead::new(0, After::Start, 1_000)).await.unwrap();
    assert_eq!(log.events.len(), 8 * 25 * 2);
}

#[tokio::test]
async fn an_append_is_found_behind_what_others_appended_meanwhile() {
    let server = RedisServer::start();
    let (proxy, direct) = (Proxy::to(&server), journal(&server).await);
    let journal = through(&proxy).await;
    append(&direct, &stream("1"), Expected::Missing, 1).await;
    for expected in [Expected::Any, Expected::Existing] {
        let before = direct.stream_version(&stream("1")).await.unwrap();
        proxy.shut_after_loss();
        proxy.lose(Lose::Reply, "append", 1, 1);
        let lost = proxy.lost_replies();
        let (answer, ()) = tokio::join!(journal.append(Append::new(stream("1"), expected, counted(2))), async {
            proxy.lost(lost + 1).await;
            append(&direct, &stream("1"), Expected::Any, 600).await;
            proxy.open();
        });
        assert_eq!(duplicate(answer).first_version, before.next());
        assert_eq!(direct.stream_version(&stream("1")).await, Ok(before.after(602)));
    }
}

#[tokio::test]
async fn on_a_long_stream_a_lost_append_is_found_or_called_unknown() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let journal = through(&proxy).await;
    append(&journal, &stream("1"), Expected::Any, 5_000).await;

    proxy.lose(Lose::Reply, "append", 1, 1);
    let appended = duplicate(journal.append(Append::new(stream("1"), Expected::Any, counted(1_500))).await);
    assert_eq!(appended.first_version, Version::new(5_001));

    proxy.lose(Lose::Request, "append", 1, 1);
    let unsettled = Append::new(stream("1"), Expected::Any, counted(1));
    // Sent once more it is still looked for, and so never doubled.
    for _ in 0..2 {
        match journal.append(unsettled.clone()).await {
            Err(JournalError::Unknown { stream: place, id, .. }) => {
                assert_eq!((place, id), (stream("1"), unsettled.id.clone()));
            }
            other => panic!("expected an unknown outcome, found {other:?}"),
        }
    }
    assert_eq!(journal.stream_version(&stream("1")).await, Ok(Version::new(6_500)));
    let mut certain = unsettled;
    certain.expected = Expected::Version(Version::new(6_500));
    assert!(matches!(journal.append(certain).await, Ok(Verdict::Appended(_))));
}

#[tokio::test]
async fn an_append_that_nobody_waited_for_is_found_when_it_is_sent_again() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    append(&journal, &stream("1"), Expected::Missing, 1).await;
    let request = Append::new(stream("1"), Expected::Any, counted(2));
    server.pause();
    let waited = tokio::time::timeout(Duration::from_millis(200), journal.append(request.clone())).await;
    assert!(waited.is_err());
    server.resume();
    append(&journal, &stream("1"), Expected::Any, 5).await;
    assert_eq!(duplicate(journal.append(request).await).first_version, Version::new(2));
    assert_eq!(whole(&journal, &stream("1")).await.len(), 8);
}

#[tokio::test]
async fn one_id_for_two_appends_is_refused() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    let id = AppendId::new("import-1").unwrap();
    let request = |expected, count| Append::new(stream("1"), expected, counted(count)).with_id(id.clone());
    assert!(matches!(journal.append(request(Expected::Missing, 3)).await, Ok(Verdict::Appended(_))));
    for (expected, count) in [(Expected::Missing, 2), (Expected::Missing, 4), (Expected::Any, 2), (Expected::Any, 4)] {
        let error = journal.append(request(expected, count)).await.unwrap_err().to_string();
        assert!(error.contains("found 3"), "{error}");
        assert!(error.contains("import-1"), "{error}");
    }
    for expected in [Expected::Missing, Expected::Any, Expected::Existing] {
        assert_eq!(duplicate(journal.append(request(expected, 3)).await).first_version, Version::new(1));
    }
}

fn commit(expected: Option<LogId>, reached: LogId) -> Commit {
    let changes = vec![RowChange::write("1", reached.to_string())];
    Commit::new(ReadModel::new("OrderList", 1), 0, expected, reached, changes)
}

#[tokio::test]
async fn a_commit_whose_reply_is_lost_is_done() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let journal = through(&proxy).await;
    let (one, two) = (LogId::new(1, 1), LogId::new(1, 2));
    proxy.lose(Lose::Reply, "commit", 1, 1);
    assert_eq!(journal.commit(commit(None, one)).await, Ok(Committed::Done));
    proxy.lose(Lose::Request, "commit", 1, 1);
    assert_eq!(journal.commit(commit(Some(one), two)).await, Ok(Committed::Done));
    assert_eq!((proxy.lost_replies(), proxy.lost_requests()), (1, 1));
    assert_eq!(journal.commit(commit(Some(one), two)).await, Ok(Committed::Moved { found: Some(two) }));
}

#[tokio::test]
async fn a_commit_that_somebody_else_went_on_from_is_not_claimed() {
    let server = RedisServer::start();
    let (proxy, direct) = (Proxy::to(&server), journal(&server).await);
    let journal = through(&proxy).await;
    let (one, two) = (LogId::new(1, 1), LogId::new(1, 2));
    proxy.shut_after_loss();
    proxy.lose(Lose::Reply, "commit", 1, 1);
    let (answer, ()) = tokio::join!(journal.commit(commit(None, one)), async {
        proxy.lost(1).await;
        assert_eq!(direct.commit(commit(Some(one), two)).await, Ok(Committed::Done));
        proxy.open();
    });
    assert_eq!(answer, Ok(Committed::Moved { found: Some(two) }));
    let row: String = Raw::on(&server).await.run(&["HGET", "{annals:0}:rows:OrderList:1", "1"]).await;
    assert_eq!(row, "1-2");
}

/// Neither that the lease has run out since, nor that the build was replaced, undoes what was done.
#[tokio::test]
async fn a_commit_whose_reply_is_lost_is_done_whatever_becomes_of_lease_and_build_meanwhile() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let (journal, direct) = (through(&proxy).await, crate::ground::journal(&server).await);
    let (one, two) = (LogId::new(1, 1), LogId::new(1, 2));
    let model = commit(None, one).model;
    let lease = LeaseRequest::new(model.clone(), "worker-a", Duration::from_mins(1));
    let lease = journal.lease(lease).await.unwrap().held[&0];
    proxy.shut_after_loss();
    proxy.lose(Lose::Reply, "commit", 1, 1);
    let (answer, ()) = tokio::join!(journal.commit(commit(None, one).under(lease)), async {
        proxy.lost(1).await;
        direct.release(&model, "worker-a").await.unwrap();
        proxy.open();
    });
    assert_eq!(answer, Ok(Committed::Done));
    assert_eq!(journal.commit(commit(Some(one), two).under(lease)).await, Ok(Committed::Fenced));

    let next = ReadModel::new(&model.name, model.version + 1);
    direct.build(&model, BuildStep::Begin(Fingerprint::new(1))).await.unwrap();
    direct.build(&next, BuildStep::Begin(Fingerprint::new(2))).await.unwrap();
    let changes = vec![RowChange::write("1", "new")];
    assert_eq!(direct.commit(Commit::new(next.clone(), 0, None, two, changes)).await, Ok(Committed::Done));
    proxy.shut_after_loss();
    proxy.lose(Lose::Reply, "commit", 1, 1);
    let (answer, ()) = tokio::join!(journal.commit(commit(Some(one), two)), async {
        proxy.lost(2).await;
        direct.build(&next, BuildStep::Serve).await.unwrap();
        proxy.open();
    });
    assert_eq!(answer, Ok(Committed::Done));
    let three = commit(Some(two), LogId::new(1, 3));
    assert_eq!(journal.commit(three).await, Err(JournalError::Retired { model }));
}
