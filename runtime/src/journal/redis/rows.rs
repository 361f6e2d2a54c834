//! The rows and checkpoints of read models.

use super::{
    Checkpoint, Commit, Committed, JournalError, ReadModel, RedisJournal, RowsPage, Value, checks,
    connection::{Failure, Patience},
    endure, foreign,
    keys::Keys,
    reply::{self, Reply, Unexpected},
};
use crate::journal::RowChange;
use std::collections::BTreeMap;

impl RedisJournal {
    pub(super) async fn checkpoints_of(&self, model: ReadModel) -> Result<BTreeMap<u16, Checkpoint>, JournalError> {
        checks::read_model(&model)?;
        let operation = format!("read the checkpoints of `{model}`");
        let key = self.keys.model(&model).checkpoints;
        let partitions = 0..self.keys.partitions();
        let fields: Vec<_> = partitions.clone().map(|partition| Keys::checkpoint(&model, partition)).collect();
        let values = self.values(&operation, &key, &fields).await?;
        let mut checkpoints = BTreeMap::new();
        for ((partition, field), value) in partitions.zip(fields).zip(values) {
            if let Some(text) = value {
                checkpoints.insert(partition, checkpoint(&key, &field, &text)?);
            }
        }
        Ok(checkpoints)
    }

    pub(super) async fn rows_of(
        &self,
        model: ReadModel,
        keys: Vec<String>,
    ) -> Result<Vec<Option<String>>, JournalError> {
        checks::read_model(&model)?;
        self.values(&format!("read rows of `{model}`"), &self.keys.model(&model).rows, &keys).await
    }

    pub(super) async fn revision_of(&self, model: ReadModel) -> Result<u64, JournalError> {
        checks::read_model(&model)?;
        let operation = format!("read the revision of `{model}`");
        let key = self.keys.model(&model).checkpoints;
        let field = model.to_string();
        match self.values(&operation, &key, std::slice::from_ref(&field)).await?.pop().flatten() {
            None => Ok(0),
            Some(text) => text.parse().map_err(|_| JournalError::Foreign {
                place: format!("key `{key}`"),
                reason: format!("expected a revision under `{field}`, found `{}`", crate::codec::shortened(&text)),
            }),
        }
    }

    /// The values of a hash.
    pub(super) async fn values(
        &self,
        operation: &str,
        key: &str,
        fields: &[String],
    ) -> Result<Vec<Option<String>>, JournalError> {
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        let mut commands = redis::pipe();
        commands.cmd("HMGET").arg(key).arg(fields);
        let Some(Value::Array(values)) = self.read(operation, &commands).await?.pop() else {
            return Err(Unexpected::new("values", &"none").during(operation));
        };
        values
            .into_iter()
            .map(|value| match value {
                Value::Nil => Ok(None),
                value => reply::text(value).map(Some).map_err(|found| JournalError::Foreign {
                    place: format!("key `{key}`"),
                    reason: found.to_string(),
                }),
            })
            .collect()
    }

    pub(super) async fn page_of(
        &self,
        model: ReadModel,
        after: Option<String>,
        limit: usize,
    ) -> Result<RowsPage, JournalError> {
        checks::read_model(&model)?;
        checks::limit(limit)?;
        let operation = format!("read rows of `{model}`");
        let odd = |found: Unexpected| found.during(&operation);
        let keys = self.keys.model(&model);
        let from = after.map_or("-".to_owned(), |key| format!("({key}"));
        // The server counts with signed numbers, and by one more.
        let limit = u32::try_from(limit).unwrap_or(u32::MAX).to_string();
        let mut reply = self.call(&operation, "page", &[&keys.rows, &keys.index], &[limit, from]).await?;
        match reply.text().map_err(odd)?.as_str() {
            "page" => {
                let more = reply.number().map_err(odd)? == 1;
                let mut rows = Vec::new();
                while !reply.is_empty() {
                    let mut next = || {
                        let foreign = |found: Unexpected| JournalError::Foreign {
                            place: format!("key `{}`", keys.rows),
                            reason: found.to_string(),
                        };
                        reply.text().map_err(foreign)
                    };
                    rows.push((next()?, next()?));
                }
                Ok(RowsPage::new(rows, more))
            }
            word => Err(foreign(&operation, word, reply)),
        }
    }

    pub(super) async fn commit_rows(&self, commit: Commit) -> Result<Committed, JournalError> {
        checks::commit(&commit, self.keys.partitions())?;
        let Commit { model, partition, expected, revision, checkpoint: reached, event, changes } = commit;
        let written = event.map_or(Checkpoint::new(reached), |event| Checkpoint::new(reached).of_event(event));
        let operation = format!("commit rows of `{model}`");
        let odd = |found: Unexpected| found.during(&operation);

        let field = Keys::checkpoint(&model, partition);
        let writes = changes.iter().filter(|change| change.row.is_some()).count();
        let mut arguments = vec![
            field.clone(),
            expected.map(|log_id| log_id.to_string()).unwrap_or_default(),
            written.to_string(),
            model.to_string(),
            revision.map(|revision| revision.to_string()).unwrap_or_default(),
            writes.to_string(),
        ];
        let mut deletes = Vec::new();
        for RowChange { key, row } in changes {
            match row {
                Some(row) => arguments.extend([key, row]),
                None => deletes.push(key),
            }
        }
        arguments.extend(deletes);

        let keys = self.keys.model(&model);
        let names = [keys.rows.as_str(), &keys.index, &keys.checkpoints];
        let mut may_have_happened = false;
        let mut patience = Patience::new();
        let answer = loop {
            match self.functions.call(&self.connection, patience.deadline(), "commit", &names, &arguments).await {
                Ok(answer) => break answer,
                Err(failure) => {
                    may_have_happened |= matches!(failure, Failure::Lost(_));
                    endure(&operation, failure, &mut patience).await.map_err(|error| match error {
                        JournalError::Unavailable { operation, reason } if may_have_happened => {
                            let reason = format!("{reason}; whether it happened shows in the checkpoint");
                            JournalError::Unavailable { operation, reason }
                        }
                        error => error,
                    })?;
                }
            }
        };
        let mut reply = Reply::new(answer).map_err(odd)?;
        match reply.text().map_err(odd)?.as_str() {
            "done" => Ok(Committed::Done),
            "moved" => {
                let found = match reply.told().map_err(odd)? {
                    none if none.is_empty() => None,
                    found => Some(checkpoint(&keys.checkpoints, &field, &found)?.log_id),
                };
                // Then it was this commit whose answer was lost.
                if may_have_happened && found == Some(reached) {
                    return Ok(Committed::Done);
                }
                Ok(Committed::Moved { found })
            }
            word => Err(foreign(&operation, word, reply)),
        }
    }

    pub(super) async fn clear_rows(&self, model: ReadModel) -> Result<(), JournalError> {
        checks::read_model(&model)?;
        let operation = format!("clear `{model}`");
        let keys = self.keys.model(&model);
        let mut fields = vec![model.to_string()];
        fields.extend((0..self.keys.partitions()).map(|partition| Keys::checkpoint(&model, partition)));
        let names = [keys.rows.as_str(), &keys.index, &keys.checkpoints];
        let mut reply = self.call(&operation, "clear", &names, &fields).await?;
        match reply.text().map_err(|found| found.during(&operation))?.as_str() {
            "done" => Ok(()),
            word => Err(foreign(&operation, word, reply)),
        }
    }
}

fn checkpoint(key: &str, field: &str, text: &str) -> Result<Checkpoint, JournalError> {
    text.parse().map_err(|error: crate::journal::ParseLogIdError| JournalError::Foreign {
        place: format!("field `{field}` of key `{key}`"),
        reason: error.to_string(),
    })
}
