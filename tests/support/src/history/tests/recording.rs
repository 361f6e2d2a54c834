//! What the recorder writes down.

use super::given::{append, passes, stream};
use crate::{
    RedisServer,
    history::{Contents, Loss, Recorder},
};
use annals::{
    Version,
    journal::{After, Expected, LogRead, MemoryJournal, RedisJournal, RedisOptions, Verdict},
};
use std::time::Duration;

#[tokio::test]
async fn a_call_is_recorded_with_what_was_asked_and_told_and_when() {
    let (journal, recorder) = (MemoryJournal::new(), Recorder::new());
    let client = recorder.client(7);
    let _ = client.append(&journal, append("a", "1", Expected::Missing, 2)).await.unwrap();
    let _ = client.append(&journal, append("a", "1", Expected::Missing, 0)).await.unwrap_err();
    assert_eq!(client.stream_version(&journal, &stream("1")).await, Ok(Version::new(2)));
    assert_eq!(client.read_stream(&journal, &stream("1"), Version::new(1), 5).await.unwrap().len(), 1);
    assert_eq!(client.read_log(&journal, LogRead::new(0, After::Start, 5)).await.unwrap().events.len(), 2);

    let history = recorder.history();
    let [first, second] = &history.appends[..] else { panic!("{:?}", history.appends) };
    assert_eq!((first.client, first.asked.id.as_str(), first.begun), (7, "a", 1));
    assert!(matches!(first.answer, Some((2, Ok(Verdict::Appended(_))))), "{:?}", first.answer);
    assert!(matches!(second.answer, Some((4, Err(_)))), "{:?}", second.answer);
    assert_eq!((history.versions[0].begun, history.versions[0].answer.clone()), (5, Some((6, Ok(Version::new(2))))));
    assert_eq!((history.streams[0].begun, history.streams[0].asked.after), (7, Version::new(1)));
    assert_eq!(history.logs[0].begun, 9);
    assert_eq!(history.named().len(), 1);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_cut_off_and_may_have_happened() {
    let server = RedisServer::start();
    let journal = RedisJournal::connect(&server.url(), &RedisOptions::new()).await.unwrap();
    let recorder = Recorder::new();
    let client = recorder.client(1);
    drop(client.append(&journal, append("a", "1", Expected::Any, 1)));
    assert!(recorder.history().appends.is_empty(), "what was never asked is not recorded");

    server.pause();
    let cut_off = client.append(&journal, append("b", "1", Expected::Any, 1));
    tokio::time::timeout(Duration::from_millis(100), cut_off).await.unwrap_err();
    server.resume();
    let history = recorder.history();
    assert!(history.appends[0].answer.is_none() && history.appends[0].may_have_happened());
    let contents = Contents::read(&journal, &history).await.unwrap();
    let summary = passes(&history, &contents, Loss::None);
    assert_eq!((summary.unknown, summary.unknown_and_there), (1, summary.events));
}
