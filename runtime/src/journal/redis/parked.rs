//! What is noted of parked rows on Redis, and how many there are.

use super::{JournalError, ReadModel, RedisJournal, Value, builds, checks, reply, rows::at_key};
use std::collections::BTreeMap;

impl RedisJournal {
    pub(super) async fn parked_of(&self, model: ReadModel) -> Result<BTreeMap<String, String>, JournalError> {
        checks::read_model(&model)?;
        let key = self.keys.model(&model).parked();
        let mut notes = self.hashes(&format!("read the parked rows of `{model}`"), vec![key]).await?;
        Ok(notes.pop().map(|(_, notes)| notes).unwrap_or_default())
    }

    /// How many rows of each read model are parked, wherever it has its home.
    pub(super) async fn parked_counts(&self) -> Result<BTreeMap<ReadModel, u64>, JournalError> {
        let keys = (0..self.keys.partitions()).map(|partition| self.keys.parked_counts(partition)).collect();
        let mut counts = BTreeMap::new();
        for (key, fields) in self.hashes("count the parked rows", keys).await? {
            for (field, value) in fields {
                let (model, count) = count(&field, &value).ok_or_else(|| JournalError::Foreign {
                    place: format!("key `{key}`"),
                    reason: format!(
                        "expected the number of parked rows under each read model, found `{}` under `{}`",
                        crate::codec::shortened(&value),
                        crate::codec::shortened(&field)
                    ),
                })?;
                counts.insert(model, count);
            }
        }
        Ok(counts)
    }

    /// Whole hashes, each behind its key.
    async fn hashes(
        &self,
        operation: &str,
        keys: Vec<String>,
    ) -> Result<Vec<(String, BTreeMap<String, String>)>, JournalError> {
        let mut commands = redis::pipe();
        for key in &keys {
            commands.cmd("HGETALL").arg(key);
        }
        let answers = self.read(operation, &commands).await?;
        keys.into_iter().zip(answers).map(|(key, fields)| Ok((key.clone(), fields_of(&key, fields)?))).collect()
    }
}

fn fields_of(key: &str, fields: Value) -> Result<BTreeMap<String, String>, JournalError> {
    let mut words = match fields {
        Value::Array(words) => words.into_iter(),
        other => return Err(at_key(key, &reply::Unexpected::new("fields and values", &other))),
    };
    let text = |value| reply::text(value).map_err(|found| at_key(key, &found));
    let mut read = BTreeMap::new();
    while let (Some(field), Some(value)) = (words.next(), words.next()) {
        read.insert(text(field)?, text(value)?);
    }
    Ok(read)
}

/// Reads `NAME:V` or `NAME:V.B`, and a number.
fn count(field: &str, value: &str) -> Option<(ReadModel, u64)> {
    let (name, written) = field.rsplit_once(':')?;
    Some((builds::model(name, written)?, value.parse().ok()?))
}
