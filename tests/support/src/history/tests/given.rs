//! A run that is right, and ways to make it wrong.

use crate::history::{Call, Contents, History, Loss, Recorder, Summary, Violation, check, check_with, report};
use annals::{
    StreamName, Version,
    journal::{
        After, Append, AppendId, Expected, Journal, LogId, LogRead, MemoryJournal, NewEvent, StoredEvent, Verdict,
    },
};

pub(super) fn stream(id: &str) -> StreamName {
    StreamName::new("order", id)
}

pub(super) fn append(id: &str, to: &str, expected: Expected, count: u64) -> Append {
    let event = |number| NewEvent::new("Counted", format!(r#"{{"{id}":{number}}}"#));
    Append::new(stream(to), expected, (1..=count).map(event).collect()).with_id(AppendId::new(id).unwrap())
}

/// Its log is `a a b c c e`: `a` and `b` are of stream 1, the others of stream 2. `d` is a conflict at version 3, `b` was
/// asked for again, and reads came last.
pub(super) async fn run() -> (History, Contents) {
    let (journal, recorder) = (MemoryJournal::new(), Recorder::new());
    let (one, two) = (recorder.client(1), recorder.client(2));
    let version = |number| Expected::Version(Version::new(number));
    for asked in [
        append("a", "1", Expected::Missing, 2),
        append("b", "1", version(2), 1),
        append("c", "2", Expected::Missing, 2),
        append("d", "1", version(1), 1),
        append("b", "1", version(2), 1),
        append("e", "2", Expected::Existing, 1),
    ] {
        let _ = one.append(&journal, asked).await.unwrap();
    }
    two.stream_version(&journal, &stream("1")).await.unwrap();
    two.stream_version(&journal, &stream("2")).await.unwrap();
    for (after, limit) in [(0, 10), (1, 1), (3, 5)] {
        two.read_stream(&journal, &stream("1"), Version::new(after), limit).await.unwrap();
    }
    for (after, limit) in [(0, 100), (3, 2), (6, 2)] {
        two.read_log(&journal, LogRead::new(0, After::Position(after), limit)).await.unwrap();
    }
    let history = recorder.history();
    let contents = Contents::read(&journal, &history).await.unwrap();
    (history, contents)
}

/// The same journal, without clients, with the appends `ids` each to the stream and of the number of events.
pub(super) async fn contents_of(appends: &[Append]) -> Contents {
    let journal = MemoryJournal::new();
    for append in appends {
        let _ = journal.append(append.clone()).await.unwrap();
    }
    Contents::read(&journal, &History::default()).await.unwrap()
}

/// Checks a run that is made wrong, and expects this kind of violation, told with all of these words.
pub(super) async fn found(
    spoil: impl FnOnce(&mut History, &mut Contents),
    kind: fn(&Violation) -> bool,
    words: &[&str],
) {
    let (mut history, mut contents) = run().await;
    spoil(&mut history, &mut contents);
    expect(check(&history, &contents), kind, words);
}

pub(super) fn expect(checked: Result<Summary, Vec<Violation>>, kind: fn(&Violation) -> bool, words: &[&str]) {
    let violations = checked.expect_err("a run that was made wrong");
    let is_meant = |violation: &&Violation| {
        let message = violation.to_string();
        kind(violation) && words.iter().all(|word| message.contains(word))
    };
    let found = violations.iter().find(is_meant);
    assert!(found.is_some(), "a violation that names {words:?} was expected:\n{}", report(&violations));
}

pub(super) fn passes(history: &History, contents: &Contents, loss: Loss) -> Summary {
    check_with(history, contents, loss).unwrap_or_else(|violations| panic!("{}", report(&violations)))
}

/// The n-th call of an append id.
pub(super) fn call<'a>(history: &'a mut History, id: &str, number: usize) -> &'a mut Call<Append, Verdict> {
    history.appends.iter_mut().filter(|call| call.asked.id.as_str() == id).nth(number).unwrap()
}

/// The event, made anew with parts of its text replaced.
pub(super) fn remade(event: &StoredEvent, from: &str, to: &str) -> StoredEvent {
    let (log_id, append, payload) = (event.log_id(), event.append_id(), event.payload());
    let text = format!("{log_id} {} {} {append}\n{payload}", event.event_type(), event.schema_version());
    let text = text.replace(from, to);
    StoredEvent::read(event.stream().clone(), event.version(), event.position().partition(), text.into()).unwrap()
}

/// The event at another place.
pub(super) fn moved(event: &StoredEvent, to: &StreamName, version: u64, number: u64) -> StoredEvent {
    let event = remade(event, &event.log_id().to_string(), &LogId::new(event.log_id().millis, number).to_string());
    let (append, payload) = (event.append_id(), event.payload());
    let text = format!("{} {} {} {append}\n{payload}", event.log_id(), event.event_type(), event.schema_version());
    StoredEvent::read(to.clone(), Version::new(version), event.position().partition(), text.into()).unwrap()
}

/// Replaces an event, in the log and in its stream.
pub(super) fn replace(contents: &mut Contents, number: usize, from: &str, to: &str) {
    let event = &mut contents.logs[0].events[number - 1];
    *event = remade(event, from, to);
    let event = event.clone();
    let version = usize::try_from(event.version().number()).unwrap();
    contents.streams.get_mut(event.stream()).unwrap().events[version - 1] = event.clone();
}

/// Adds an event to the end, as if it had been appended.
pub(super) fn add(contents: &mut Contents, to: &StreamName, like: usize) {
    let head = contents.logs[0].head.unwrap();
    let stream = contents.streams.entry(to.clone()).or_default();
    stream.version = stream.version.next();
    let like = &contents.logs[0].events[like - 1];
    let event = moved(like, to, stream.version.number(), head.number + 1);
    let last = contents.logs[0].events.last().unwrap().log_id();
    let event = remade(&event, &event.log_id().to_string(), &LogId::new(last.millis, head.number + 1).to_string());
    stream.events.push(event.clone());
    contents.logs[0].head = Some(event.log_id());
    contents.logs[0].events.push(event);
}

/// Removes the last event of the log, as if it had never been there.
pub(super) fn lose(contents: &mut Contents) {
    let event = contents.logs[0].events.pop().unwrap();
    let stream = contents.streams.get_mut(event.stream()).unwrap();
    stream.events.pop();
    stream.version = Version::new(stream.version.number() - 1);
    contents.logs[0].head = contents.logs[0].events.last().map(StoredEvent::log_id);
}
