//! Commands under idempotency keys: once, for as long as the key is kept.

use super::{
    answers::{answered, appended, conflict, remembered, together},
    contents,
    given::{events, same, stream},
    racing::TASKS,
};
use crate::{
    journal::{Append, Expected, Fingerprint, IdempotencyKey, Journal, JournalError, Once, Remembered},
    model::{StreamName, Version},
};
use std::{sync::Arc, time::Duration};

const LONG: Duration = Duration::from_hours(1);

fn once(key: &str, command: u64) -> Once {
    Once::new(IdempotencyKey::new(key).expect("a key"), Fingerprint::new(command), LONG)
}

fn add(stream: &StreamName, once: Once) -> Append {
    Append::new(stream.clone(), Expected::Any, events(1..=2)).once(once)
}

pub(super) async fn a_command_is_carried_out_once_under_a_key(journal: &Arc<dyn Journal>) {
    let (stream, key) = (stream("1"), once("request-7", 7));
    assert_eq!(answered(journal.recall(&stream, &key).await), None);
    let first = Remembered::Appended(appended(journal.append(add(&stream, key.clone())).await));
    assert_eq!(answered(journal.recall(&stream, &key).await), Some(first));
    // Under other append ids, and whatever is expected: the key comes first.
    assert_eq!(remembered(journal.append(add(&stream, key.clone())).await), first);
    let stale = Append { expected: Expected::Missing, ..add(&stream, key.clone()) };
    assert_eq!(remembered(journal.append(stale).await), first);
    same(&contents::stream(journal, &stream).await, &events(1..=2));
    appended(journal.append(add(&stream, once("request-8", 7))).await);
    assert_eq!(answered(journal.stream_version(&stream).await), Version::new(4));
    assert_eq!(answered(journal.recall(&stream, &key).await), Some(first));

    // A command that met a conflict has led to nothing yet.
    let stale = Append { expected: Expected::Missing, ..add(&stream, once("request-9", 7)) };
    conflict(journal.append(stale).await);
    assert_eq!(answered(journal.recall(&stream, &once("request-9", 7)).await), None);
}

pub(super) async fn of_many_at_once_under_a_key_one_is_carried_out(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let ask = |_| {
        let (journal, append) = (Arc::clone(journal), add(&stream, once("request-7", 7)));
        async move { answered(journal.append(append).await) }
    };
    let verdicts = together((0..TASKS).map(ask)).await;
    let done = verdicts.iter().filter(|verdict| matches!(verdict, crate::journal::Verdict::Appended(_))).count();
    assert_eq!(done, 1, "how often one command was carried out");
    same(&contents::stream(journal, &stream).await, &events(1..=2));
}

pub(super) async fn a_key_of_another_command_is_refused(journal: &Arc<dyn Journal>) {
    let (one, other) = (stream("1"), stream("2"));
    appended(journal.append(add(&one, once("request-7", 7))).await);
    let key = IdempotencyKey::new("request-7").expect("a key");
    let taken = JournalError::KeyTaken { key, stream: one.clone() };
    for (stream, command) in [(&one, 8), (&other, 7), (&other, 8)] {
        let again = once("request-7", command);
        assert_eq!(journal.append(add(stream, again.clone())).await.err(), Some(taken.clone()), "{stream} {command}");
        assert_eq!(journal.recall(stream, &again).await, Err(taken.clone()), "{stream} {command}");
        assert_eq!(journal.remember(stream, again, Version::NONE).await, Err(taken.clone()), "{stream} {command}");
    }
    assert_eq!(answered(journal.stream_version(&one).await), Version::new(2));
    assert_eq!(answered(journal.stream_version(&other).await), Version::NONE);
}

pub(super) async fn nothing_to_do_is_remembered_too(journal: &Arc<dyn Journal>) {
    let (stream, key) = (stream("1"), once("request-7", 7));
    let nothing = Remembered::Nothing { version: Version::new(3) };
    assert_eq!(answered(journal.remember(&stream, key.clone(), Version::new(3)).await), nothing);
    assert_eq!(answered(journal.recall(&stream, &key).await), Some(nothing));
    assert_eq!(answered(journal.remember(&stream, key.clone(), Version::new(4)).await), nothing);
    assert_eq!(remembered(journal.append(add(&stream, key)).await), nothing);
    assert_eq!(answered(journal.stream_version(&stream).await), Version::NONE);

    let key = once("request-8", 7);
    let first = Remembered::Appended(appended(journal.append(add(&stream, key.clone())).await));
    assert_eq!(answered(journal.remember(&stream, key, Version::new(2)).await), first);
}

pub(super) async fn a_key_is_kept_for_its_time(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    let short = Once { keep: Duration::from_millis(1), ..once("request-7", 7) };
    appended(journal.append(add(&stream, short.clone())).await);
    // No engine takes so long over a key of a millisecond.
    let forgotten = async {
        while answered(journal.recall(&stream, &short).await).is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), forgotten).await.expect("a key is forgotten after its time");
    appended(journal.append(add(&stream, once("request-7", 8))).await);
    assert_eq!(answered(journal.stream_version(&stream).await), Version::new(4));
}

pub(super) async fn keys_of_any_characters_are_kept_apart(journal: &Arc<dyn Journal>) {
    let keys = ["a", "A", " a", "a ", "a:1", "a%3A1", "{a}", "é", "a\nb", "a\0b", "s:order-1", "log", &"x".repeat(512)];
    for (number, key) in (0_u64..).zip(keys) {
        let stream = stream(&number.to_string());
        appended(journal.append(add(&stream, once(key, number))).await);
    }
    for (number, key) in (0_u64..).zip(keys) {
        let stream = stream(&number.to_string());
        let found = answered(journal.recall(&stream, &once(key, number)).await);
        assert!(matches!(found, Some(Remembered::Appended(_))), "the key {key:?} led to {found:?}");
    }
}
