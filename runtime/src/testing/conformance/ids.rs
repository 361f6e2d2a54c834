//! What may stand in an id: anything, and no two ids meet.

use super::{
    answers::{answered, appended, conflict},
    contents,
    given::{advance, event, events, same, stream},
};
use crate::{
    journal::{Append, Expected, Journal},
    model::{StreamName, Version},
};
use std::{collections::BTreeMap, sync::Arc};

/// Gives each stream another number of events and looks whether each has its own and no more.
async fn kept_apart(journal: &Arc<dyn Journal>, streams: &[StreamName]) {
    let mut given = BTreeMap::new();
    for (nth, name) in streams.iter().enumerate() {
        let count = 1 + nth as u64 % 4;
        let events = events(nth as u64 * 10..=nth as u64 * 10 + count - 1);
        appended(journal.append(Append::new(name.clone(), Expected::Missing, events.clone())).await);
        assert!(given.insert(name.clone(), events).is_none(), "the stream `{name}` stands twice in the check");
    }
    for (name, events) in &given {
        let found = contents::stream(journal, name).await;
        same(&found, events);
        let again = Append::new(name.clone(), Expected::Missing, vec![event(0)]);
        assert_eq!(conflict(journal.append(again).await).missed, found, "what is in the way in `{name}`");
    }
    let mut logged = 0;
    for partition in 0..journal.partitions() {
        for event in contents::log(journal, partition).await {
            assert!(
                given.contains_key(event.stream()),
                "the log names a stream that nobody wrote, {:?}",
                event.stream()
            );
            logged += 1;
        }
    }
    assert_eq!(logged, given.values().map(Vec::len).sum::<usize>(), "the number of events in all logs");
}

pub(super) async fn ids_of_any_characters_are_kept_apart(journal: &Arc<dyn Journal>) {
    let mut ids: Vec<String> = (0..=127_u8).map(|byte| char::from(byte).to_string()).collect();
    ids.extend(
        [
            "two words",
            "a\nb",
            "a\r\nb",
            "\0\0",
            "{tag}",
            "{annals:0}",
            "}{",
            "100%",
            "%2F",
            "%%",
            "..",
            "../1",
            "[a]",
            "é",
            "e\u{301}",
            "ﬁ",
            "日本",
            "🦀",
            "\u{202E}",
            "\u{FEFF}",
            "\u{80}",
            "\u{FFFF}",
            "\u{10FFFF}",
            "'; --",
            "\\0",
            "log",
            "head",
            "rows",
            "checkpoints",
            "meta",
            "-1",
            "1-1",
            "+inf",
            "0x10",
            " 1",
            "1 ",
        ]
        .map(String::from),
    );
    let streams: Vec<_> = ids.iter().map(|id| stream(id)).collect();
    kept_apart(journal, &streams).await;
    for (id, name) in ids.iter().zip(&streams) {
        let found = answered(journal.read_stream(name, Version::NONE, 1).await);
        assert_eq!(found[0].stream().id(), *id, "the id as it was given");
    }
}

pub(super) async fn ids_that_look_alike_are_kept_apart(journal: &Arc<dyn Journal>) {
    let names = [
        ("counter", "1"),
        ("counter", "1:1"),
        ("counter", "1%3A1"),
        ("counter", "1%3a1"),
        ("counter", "1%253A1"),
        ("counter", "1:2"),
        ("counter", "11"),
        ("counter", "01"),
        ("counter", "1-"),
        ("counter", "-1"),
        ("counter", ""),
        ("counter", "a"),
        ("counter", "A"),
        ("counter", "K"),
        ("counter", "\u{212A}"),
        ("counter", "1\0"),
        ("counter", "a-b"),
        ("counter-a", "b"),
        ("counter-a-b", ""),
        ("counter%2Da", "b"),
        ("Counter", "1"),
        ("count", "er-1"),
        ("counte", "r-1"),
        ("", "counter-1"),
        ("", ""),
    ];
    let streams = names.map(|(aggregate, id)| StreamName::new(aggregate, id));
    kept_apart(journal, &streams).await;
}

pub(super) async fn an_id_may_be_empty_or_very_long(journal: &Arc<dyn Journal>) {
    let long = "x".repeat(100_000);
    let ids = [String::new(), format!("{long}1"), format!("{long}2"), "é".repeat(50_000)];
    let streams: Vec<_> = ids.iter().map(|id| stream(id)).collect();
    for name in &streams {
        appended(journal.append(advance(name, 0, 2)).await);
        appended(journal.append(advance(name, 2, 1)).await);
    }
    for (id, name) in ids.iter().zip(&streams) {
        let found = contents::stream(journal, name).await;
        same(&found, &events(1..=3));
        assert!(found[0].stream().id() == *id, "an id of {} bytes is not as it was given", id.len());
        assert_eq!(answered(journal.stream_version(name).await), Version::new(3));
    }
}
