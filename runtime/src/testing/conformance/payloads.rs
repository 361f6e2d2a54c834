//! What may stand in an event.

use super::{
    answers::{appended, conflict},
    contents,
    given::{event, same, stream},
};
use crate::{
    journal::{Append, AppendId, Expected, Journal, NewEvent},
    model::{Annotations, StreamName},
};
use std::sync::Arc;

/// Appends events at once and one by one, and looks whether they come back from stream, log and conflict.
async fn come_back(journal: &Arc<dyn Journal>, events: Vec<NewEvent>) {
    let (at_once, one_by_one) = (stream("at once"), stream("one by one"));
    appended(journal.append(Append::new(at_once.clone(), Expected::Missing, events.clone())).await);
    for event in &events {
        appended(journal.append(Append::new(one_by_one.clone(), Expected::Any, vec![event.clone()])).await);
    }
    for name in [&at_once, &one_by_one] {
        same(&contents::stream(journal, name).await, &events);
        same(&of_stream(journal, name).await, &events);
        let late = Append::new(name.clone(), Expected::Missing, vec![event(1)]);
        same(&conflict(journal.append(late).await).missed, &events);
    }
}

/// The events of a stream as the logs give them.
async fn of_stream(journal: &Arc<dyn Journal>, name: &StreamName) -> Vec<crate::journal::StoredEvent> {
    let mut events = Vec::new();
    for partition in 0..journal.partitions() {
        events.extend(contents::log(journal, partition).await.into_iter().filter(|event| event.stream() == name));
    }
    events
}

fn with_payload(payload: impl Into<String>) -> NewEvent {
    NewEvent::new("CounterNoted", payload)
}

pub(super) async fn a_payload_may_have_any_size(journal: &Arc<dyn Journal>) {
    let sizes = [0, 1, 2, 63, 64, 127, 128, 255, 256, 4_095, 4_096, 16_383, 16_384, 65_535, 65_536, 1_000_000, 1 << 20];
    come_back(journal, sizes.map(|size| with_payload("x".repeat(size))).to_vec()).await;
}

pub(super) async fn a_payload_may_have_any_character(journal: &Arc<dyn Journal>) {
    let every: Vec<char> = ('\0'..=char::MAX).collect();
    let mut events: Vec<_> = every.chunks(100_000).map(|part| with_payload(part.iter().collect::<String>())).collect();
    let texts = [
        "\n",
        "\n\n",
        "\r\n",
        "a\nb",
        "\na",
        "a\n",
        " ",
        "\0",
        "\u{FEFF}{}",
        "{}",
        "null",
        "\"\\n\"",
        "1-1 T 1 a\n{}",
        "{\"a\":\"\u{2028}\"}",
    ];
    events.extend(texts.map(with_payload));
    come_back(journal, events).await;
}

pub(super) async fn a_header_may_have_any_form_that_is_allowed(journal: &Arc<dyn Journal>) {
    let graphic: String = ('!'..='~').collect();
    let types = ["T", "0", "-", "{}", "%41", "1-1", "T:1", &graphic, &"T".repeat(128)].map(String::from);
    let mut events = Vec::new();
    for event_type in types {
        for schema_version in [1, 2, 0, u32::MAX] {
            events.push(NewEvent { schema_version, ..NewEvent::new(event_type.clone(), "{}") });
        }
    }
    come_back(journal, events).await;

    let ids = ["1", "-", "{}", "%20", &graphic[..64], &graphic[graphic.len() - 64..]];
    for (nth, id) in ids.into_iter().enumerate() {
        let id = AppendId::new(id).expect("an id of printable characters");
        let name = stream(&nth.to_string());
        appended(journal.append(Append::new(name.clone(), Expected::Any, vec![event(1)]).with_id(id.clone())).await);
        assert_eq!(contents::stream(journal, &name).await[0].append_id(), id.as_str());
    }
}

pub(super) async fn annotations_come_back_as_they_were_given(journal: &Arc<dyn Journal>) {
    let told = [
        Annotations::default().with_actor("clerk-7"),
        Annotations::default().with_correlation("a b  c").with_causation("order-1@3"),
        Annotations::default().with_entry("", "").with_entry("a\nb", "\0 \u{10FFFF}").with_entry("é", "\"}"),
        Annotations::default().with_entry("long", "x y ".repeat(50_000)),
    ];
    let written = |told: &Annotations| -> Arc<str> { serde_json::to_string(told).expect("texts").into() };
    let mut events = vec![event(0)];
    for (number, told) in (1..).zip(&told) {
        events.push(NewEvent { annotations: Some(written(told)), ..event(number) });
        events.push(event(number));
    }
    // Not what this library writes, but a line is a line.
    for line in [" ", "  {}  ", "{}", "not JSON"] {
        events.push(NewEvent { annotations: Some(line.into()), ..event(9) });
    }
    come_back(journal, events).await;

    let found = contents::stream(journal, &stream("at once")).await;
    for (nth, told) in told.iter().enumerate() {
        let metadata = found[1 + 2 * nth].metadata().expect("annotations that this library wrote");
        assert_eq!(metadata.entries, told.entries);
        assert_eq!((metadata.actor, metadata.correlation), (told.actor.clone(), told.correlation.clone()));
    }
}
