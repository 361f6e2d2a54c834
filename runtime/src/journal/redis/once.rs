//! Idempotency keys on Redis: looked up before a command is decided, kept with what it leads to.

use super::{
    JournalError, RedisJournal, foreign,
    keys::Keys,
    reply::{self, Reply, Unexpected},
};
use crate::{
    journal::{Once, Remembered, once::Record},
    model::{StreamName, Version},
};
use redis::Value;

impl RedisJournal {
    pub(super) async fn recall_once(&self, stream: StreamName, once: Once) -> Result<Option<Remembered>, JournalError> {
        let operation = format!("look up the idempotency key `{}`", once.key);
        let partition = self.keys.partition(&stream);
        let home = self.keys.home(&once.key);
        let mut commands = redis::pipe();
        for place in [partition, home] {
            commands.cmd("GET").arg(self.keys.once(place, &once.key));
        }
        let mut answers = self.read(&operation, &commands).await?.into_iter();
        let mut record = |place| match answers.next() {
            None | Some(Value::Nil) => Ok(None),
            Some(value) => read(&self.keys, place, &once, value).map(Some),
        };
        let (here, at_home) = (record(partition)?, record(home)?);
        if let Some(record) = here {
            return record.of(&once, &stream).map(Some);
        }
        // What lies at home says only whose the key is.
        if let Some(record) = at_home {
            record.of(&once, &stream)?;
        }
        Ok(None)
    }

    pub(super) async fn remember_once(
        &self,
        stream: StreamName,
        once: Once,
        version: Version,
    ) -> Result<Remembered, JournalError> {
        self.reserve(&stream, &once).await?;
        let partition = self.keys.partition(&stream);
        self.remember_in(partition, &stream, &once, version).await
    }

    /// Makes sure that a key is this command's, where the key's home is another partition than that of the stream.
    pub(super) async fn reserve(&self, stream: &StreamName, once: &Once) -> Result<(), JournalError> {
        let home = self.keys.home(&once.key);
        if home == self.keys.partition(stream) {
            return Ok(());
        }
        self.remember_in(home, stream, once, Version::NONE).await.map(drop)
    }

    async fn remember_in(
        &self,
        partition: u16,
        stream: &StreamName,
        once: &Once,
        version: Version,
    ) -> Result<Remembered, JournalError> {
        let operation = format!("keep the idempotency key `{}`", once.key);
        let [command, keep] = arguments(once);
        let arguments = [command, stream.to_string(), keep, version.to_string()];
        let key = self.keys.once(partition, &once.key);
        let mut reply = self.call(&operation, "remember", &[&key], &arguments).await?;
        match reply.text().map_err(|found| found.during(&operation))?.as_str() {
            "remembered" => remembered(Some(once), stream, partition, reply, &operation),
            "taken" => Err(taken(Some(once), reply, &operation)),
            word => Err(foreign(&operation, word, reply)),
        }
    }
}

/// The command, and for how many milliseconds it is remembered.
pub(super) fn arguments<T: From<[String; 2]>>(once: &Once) -> T {
    // The server counts with signed numbers, and adds the time to them.
    let millis = u64::try_from(once.keep.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::from(u32::MAX) * 1_000);
    [once.command.to_string(), millis.to_string()].into()
}

/// What a command of this key led to, as the server tells it.
pub(super) fn remembered(
    once: Option<&Once>,
    stream: &StreamName,
    partition: u16,
    mut reply: Reply,
    operation: &str,
) -> Result<Remembered, JournalError> {
    let Some(once) = once else { return Err(Unexpected::new("no record", &reply).during(operation)) };
    let bytes = reply.bytes().map_err(|found| found.during(operation))?;
    let text = String::from_utf8_lossy(&bytes);
    Record::read(&text, partition).ok_or_else(|| no_record(once, &text))?.of(once, stream)
}

/// The error that the key is another command's, as the server tells it.
pub(super) fn taken(once: Option<&Once>, mut reply: Reply, operation: &str) -> JournalError {
    match (once, reply.bytes()) {
        (Some(once), Ok(bytes)) => {
            let text = String::from_utf8_lossy(&bytes);
            text.parse().map_or_else(|_| no_record(once, &text), |stream| once.taken(&stream))
        }
        (None, _) => Unexpected::new("no record", &reply).during(operation),
        (_, Err(found)) => found.during(operation),
    }
}

/// The error that what lies under the key is no record of ours.
fn no_record(once: &Once, found: &str) -> JournalError {
    JournalError::Foreign {
        place: format!("what is kept under the idempotency key `{}`", once.key),
        reason: no_record_but(found),
    }
}

fn no_record_but(found: &str) -> String {
    format!("expected `COMMAND STREAM VERSION COUNT LOG-ID`, found `{}`", crate::codec::shortened(found))
}

fn read(keys: &Keys, partition: u16, once: &Once, value: Value) -> Result<Record, JournalError> {
    let foreign =
        |reason| JournalError::Foreign { place: format!("key `{}`", keys.once(partition, &once.key)), reason };
    let text = reply::text(value).map_err(|found| foreign(found.to_string()))?;
    Record::read(&text, partition).ok_or_else(|| foreign(no_record_but(&text)))
}
