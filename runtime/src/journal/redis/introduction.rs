//! What every new connection says first, so that what a journal relies on is there on a server that has lost it too.

use super::{
    connection::Refusal,
    keys::{FORMAT, HASH, Keys, SEGMENT},
};
use redis::{Pipeline, Value};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The fixed settings of a journal, and whose the event types of this program are.
///
/// They are recorded once, when the journal is opened and before the first append. A failover or a crash can lose them with
/// all that came after: then whoever comes next could make the journal with other settings, and readers would pass over
/// events that they are to be stopped by. So they are said again on each connection, before anything else is.
#[derive(Debug, Default)]
pub(super) struct Introduction {
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    settings: Option<Settings>,
    /// Event types, and the kind of aggregate whose they are.
    claims: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Settings {
    meta: String,
    types: String,
    partitions: String,
}

impl Introduction {
    /// From now on, the settings of this journal are said.
    pub(super) fn settle(&self, namespace: &str, keys: &Keys) {
        let (meta, types, partitions) = (Keys::meta(namespace), keys.types(), keys.partitions().to_string());
        self.said().settings = Some(Settings { meta, types, partitions });
    }

    /// From now on, this claim is said.
    pub(super) fn claim(&self, aggregate: &str, types: &[String]) {
        self.said().claims.extend(types.iter().map(|event_type| (event_type.clone(), aggregate.to_owned())));
    }

    /// What is to be said, if there is something. What is recorded already stays as it is.
    pub(super) fn commands(&self) -> Option<Pipeline> {
        let said = self.said();
        let Settings { meta, types, partitions } = said.settings.as_ref()?;
        let mut commands = redis::pipe();
        let segment = SEGMENT.to_string();
        for (name, value) in
            [("format", FORMAT), ("partitions", partitions), ("hash", HASH), ("segment", segment.as_str())]
        {
            commands.cmd("HSETNX").arg(meta).arg(name).arg(value);
        }
        for (event_type, aggregate) in &said.claims {
            commands.cmd("HSETNX").arg(types).arg(event_type).arg(aggregate);
        }
        commands.cmd("HGET").arg(meta).arg("partitions");
        Some(commands)
    }

    /// Compares what the server says to that: the number of partitions that it has by now. A server that takes no writes
    /// says so to whoever writes.
    pub(super) fn heard(&self, answers: &[Value]) -> Result<(), Refusal> {
        let said = self.said();
        let (Some(settings), Some(Value::BulkString(found))) = (&said.settings, answers.last()) else { return Ok(()) };
        if *found == settings.partitions.as_bytes() {
            return Ok(());
        }
        let text = format!(
            "the journal was made anew with {} as the number of partitions, and was opened with {}",
            String::from_utf8_lossy(found),
            settings.partitions
        );
        Err(Refusal { code: "MISMATCH".to_owned(), text })
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
