//! What was carried out before: under an idempotency key, or under an append id that is asked about again.

use super::{Outcome, ReadError, Repository};
use crate::{
    journal::{
        AppendId, Appended, Checkpoint, Durability, Fingerprint, IdempotencyKey, JournalError, Once, Remembered,
        StoredEvent,
    },
    model::{Aggregate, Recorded, StreamName, Version},
};
use serde_json::Value;
use std::{collections::BTreeMap, ops::ControlFlow, time::Duration};

/// How many of the newest events are looked through for an append.
const SCAN: u64 = 4_096;

/// A command that is asked under an idempotency key.
#[derive(Clone, Debug)]
pub(super) struct Asked(Result<(IdempotencyKey, String), JournalError>);

impl Asked {
    pub(super) fn new<C: serde::Serialize>(key: &str, command: &C) -> Self {
        let content = serde_json::to_value(command).map(canonical).map_err(|error| JournalError::Invalid {
            reason: format!(
                "a command with an idempotency key is told from others by its JSON, and it has none: {error}"
            ),
        });
        // The path of a type may change where its name does not.
        let path = std::any::type_name::<C>();
        let name = path.split('<').next().and_then(|path| path.rsplit("::").next()).unwrap_or(path);
        Self(content.and_then(|content| Ok((IdempotencyKey::new(key)?, format!("{name} {content}")))))
    }

    /// The same, asked of this stream, and remembered for so long.
    pub(super) fn of(&self, stream: &StreamName, keep: Duration) -> Result<Once, JournalError> {
        let (key, content) = self.0.clone()?;
        Ok(Once::new(key, Fingerprint::of(&[stream.as_str(), " ", &content]), keep))
    }
}

/// JSON with the fields of each object in one order.
fn canonical(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.into_iter().map(|(name, value)| (name, canonical(value))).collect();
            sorted.into_iter().collect()
        }
        value => value,
    }
}

/// Whether one of these events is of this append.
pub(super) fn is_among(id: &AppendId, events: &[StoredEvent]) -> bool {
    events.iter().any(|event| event.append_id() == id.as_str())
}

impl<A: Aggregate> Repository<A> {
    /// The outcome of a command that was carried out before. Where a durability is given, its events are waited for.
    pub(super) async fn remembered(
        &self,
        stream: &StreamName,
        what: Remembered,
        durability: Option<Durability>,
    ) -> Result<Outcome<A::Event>, ReadError> {
        let appended = match what {
            Remembered::Nothing { version } => return Ok(Outcome { events: Vec::new(), version, attempts: 0 }),
            Remembered::Appended(appended) => appended,
        };
        let before = Version::new(appended.first_version.number().saturating_sub(1));
        let last = *appended.versions().end();
        let mut stored = Vec::new();
        let collect = |event| {
            stored.push(event);
            Ok(ControlFlow::Continue(()))
        };
        self.walk(stream, before, last.number(), collect).await?;
        let is_there = stored.len() as u64 == u64::from(appended.count)
            && stored.first().is_some_and(|first| first.log_id() == appended.first);
        if !is_there {
            return Err(JournalError::HistoryRewound {
                at: *appended.positions().start(),
                expected: Checkpoint::new(appended.first),
                found: stored.first().map(StoredEvent::checkpoint),
            }
            .into());
        }
        self.outcome_of(stream, appended, &stored, durability).await
    }

    /// The outcome of the append under this id, if it is in the stream, which is at this version.
    pub(super) async fn appended_under(
        &self,
        stream: &StreamName,
        id: &AppendId,
        version: Version,
        durability: Durability,
    ) -> Result<Option<Outcome<A::Event>>, ReadError> {
        let after = version.number().saturating_sub(SCAN);
        let mut found = Vec::new();
        let look = |event: StoredEvent| {
            if event.append_id() == id.as_str() {
                found.push(event);
            } else if !found.is_empty() {
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(()))
        };
        self.walk(stream, Version::new(after), version.number(), look).await?;
        let Some(first) = found.first() else {
            if after == 0 {
                return Ok(None);
            }
            let reason = format!("it is not among the newest {SCAN} events, and may lie before them");
            return Err(JournalError::Unknown { stream: stream.clone(), id: id.clone(), reason }.into());
        };
        let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let partition = first.position().partition();
        let appended = Appended::new(partition, first.log_id(), first.version(), count);
        self.outcome_of(stream, appended, &found, Some(durability)).await.map(Some)
    }

    async fn outcome_of(
        &self,
        stream: &StreamName,
        appended: Appended,
        stored: &[StoredEvent],
        durability: Option<Durability>,
    ) -> Result<Outcome<A::Event>, ReadError> {
        if let (Some(durability), Some(first)) = (durability, stored.first()) {
            let id = AppendId::new(first.append_id())?;
            self.journal.wait_for_durability(stream, id, appended, durability).await?;
        }
        let events = stored.iter().map(StoredEvent::recorded).collect::<Result<Vec<Recorded<A::Event>>, _>>()?;
        Ok(Outcome { events, version: *appended.versions().end(), attempts: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_command_is_told_from_another_by_type_content_and_stream() {
        #[derive(serde::Serialize)]
        struct Add {
            amount: u64,
        }
        #[derive(serde::Serialize)]
        struct Take {
            amount: u64,
        }
        let stream = StreamName::new("counter", "a");
        let of = |asked: Asked| asked.of(&stream, Duration::from_secs(1)).unwrap().command;
        let add = of(Asked::new("k", &Add { amount: 1 }));
        assert_eq!(add, of(Asked::new("another", &Add { amount: 1 })));
        assert_ne!(add, of(Asked::new("k", &Add { amount: 2 })));
        assert_ne!(add, of(Asked::new("k", &Take { amount: 1 })));
        let elsewhere = StreamName::new("counter", "b");
        let other = Asked::new("k", &Add { amount: 1 }).of(&elsewhere, Duration::from_secs(1)).unwrap().command;
        assert_ne!(add, other);
    }

    #[test]
    fn the_order_of_fields_means_nothing_and_that_of_lists_does() {
        assert_eq!(canonical(json!({"b": {"d": 1, "c": 2}, "a": 3})).to_string(), r#"{"a":3,"b":{"c":2,"d":1}}"#);
        assert_eq!(canonical(json!([2, 1])).to_string(), "[2,1]");
    }

    #[test]
    fn a_command_without_json_and_a_key_that_is_none_are_refused() {
        let map = std::collections::HashMap::from([((1, 2), 3)]);
        let refused = |asked: Asked| asked.of(&StreamName::new("a", "b"), Duration::from_secs(1)).unwrap_err();
        assert!(matches!(refused(Asked::new("k", &map)), JournalError::Invalid { .. }));
        assert!(matches!(refused(Asked::new("", &1)), JournalError::Invalid { .. }));
    }
}
