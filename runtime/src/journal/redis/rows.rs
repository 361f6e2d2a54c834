//! The rows and checkpoints of read models, read and cleared.

use super::{
    Checkpoint, Find, Found, JournalError, ReadModel, RedisJournal, RowsPage, Value, builds, checks, foreign,
    keys::{Keys, ModelKeys},
    reply::{self, Reply, Unexpected},
};
use crate::journal::FoundRow;
use std::collections::BTreeMap;

impl RedisJournal {
    pub(super) async fn checkpoints_of(&self, model: ReadModel) -> Result<BTreeMap<u16, Checkpoint>, JournalError> {
        checks::read_model(&model)?;
        let operation = format!("read the checkpoints of `{model}`");
        let key = self.keys.model(&model).checkpoints();
        let fields: Vec<_> = self.checkpoint_fields(&model).collect();
        let values = self.values(&operation, &key, &fields).await?;
        let mut checkpoints = BTreeMap::new();
        for ((partition, field), value) in (0..).zip(fields).zip(values) {
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
        let operation = format!("read rows of `{model}`");
        let of = self.keys.model(&model);
        let (rows, builds) = (of.rows(), of.builds());
        let mut commands = redis::pipe();
        if !keys.is_empty() {
            commands.cmd("HMGET").arg(&rows).arg(&keys);
        }
        // Behind the rows: as long as the build was not retired by then, they were still whole.
        commands.cmd("HGETALL").arg(&builds);
        let mut answers = self.read(&operation, &commands).await?;
        let there = answers.pop().unwrap_or(Value::Nil);
        if builds::retires(&builds::read(&builds, &model.name, there)?, &model) {
            return Err(JournalError::Retired { model });
        }
        answers.pop().map_or(Ok(Vec::new()), |values| read_values(&operation, &rows, values))
    }

    pub(super) async fn revision_of(&self, model: ReadModel) -> Result<u64, JournalError> {
        checks::read_model(&model)?;
        let operation = format!("read the revision of `{model}`");
        let key = self.keys.model(&model).checkpoints();
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
        let values = self.read(operation, &commands).await?.pop().unwrap_or(Value::Nil);
        read_values(operation, key, values)
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
        let rows = keys.rows();
        let arguments = [model.to_string(), at_most(limit), from];
        let mut reply = self.call(&operation, "page", &[&rows, &keys.row_keys(), &keys.builds()], &arguments).await?;
        match reply.text().map_err(odd)?.as_str() {
            "page" => {
                let more = reply.number().map_err(odd)? == 1;
                Ok(RowsPage::new(read_pairs(reply, &rows)?, more))
            }
            word => Err(refusal(&operation, &model, word, reply)),
        }
    }

    pub(super) async fn found_rows(&self, model: ReadModel, find: Find) -> Result<Found, JournalError> {
        checks::find(&model, &find)?;
        let operation = format!("find rows of `{model}` by `{}`", find.index);
        let odd = |found: Unexpected| found.during(&operation);
        let keys = self.keys.model(&model);
        let index = keys.index(&find.index);
        let arguments = places(&keys, &find);
        let mut reply = self.call(&operation, "find", &[&keys.rows(), &index, &keys.builds()], &arguments).await?;
        match reply.text().map_err(odd)?.as_str() {
            "found" => {
                let more = reply.number().map_err(odd)? == 1;
                let rows = read_pairs(reply, &index)?.into_iter().map(|(entry, row)| match find.key_of(&entry) {
                    Some(key) => Ok(FoundRow { key: key.to_owned(), entry, row }),
                    None => Err(odd(Unexpected::new("an entry of this index", &entry))),
                });
                Ok(Found::new(rows.collect::<Result<_, _>>()?, more))
            }
            word => Err(refusal(&operation, &model, word, reply)),
        }
    }

    pub(super) async fn clear_rows(&self, model: ReadModel) -> Result<(), JournalError> {
        checks::read_model(&model)?;
        let operation = format!("clear `{model}`");
        let keys = self.keys.model(&model);
        let names = [
            keys.rows(),
            keys.row_keys(),
            keys.checkpoints(),
            keys.builds(),
            keys.parked(),
            keys.parked_counts(),
            keys.indexes(),
        ];
        let mut arguments = vec![model.to_string()];
        arguments.extend(self.checkpoint_fields(&model));
        let mut reply = self.call(&operation, "clear", &names.each_ref().map(String::as_str), &arguments).await?;
        match reply.text().map_err(|found| found.during(&operation))?.as_str() {
            "done" => Ok(()),
            word => Err(refusal(&operation, &model, word, reply)),
        }
    }

    /// The fields of a read model's checkpoints, by the number of the partition.
    pub(super) fn checkpoint_fields(&self, model: &ReadModel) -> impl Iterator<Item = String> {
        (0..self.keys.partitions()).map(|partition| Keys::checkpoint(model, partition))
    }
}

/// A part of an index as the function wants it: by which command, how many, and from where to where.
fn places(keys: &ModelKeys, find: &Find) -> [String; 6] {
    let from = format!("[{}", find.from);
    let to = find.to.as_ref().map_or("+".to_owned(), |to| format!("({to}"));
    // The one that counts backwards is told the end first.
    let (command, first, last) = if find.descending { ("ZREVRANGEBYLEX", to, from) } else { ("ZRANGEBYLEX", from, to) };
    [keys.model().to_owned(), find.parts.to_string(), command.to_owned(), at_most(find.limit), first, last]
}

/// How many are wanted. The server counts with signed numbers, and by one more.
fn at_most(limit: usize) -> String {
    u32::try_from(limit).unwrap_or(u32::MAX).to_string()
}

/// The values of a hash, some of which may not be there.
fn read_values(operation: &str, key: &str, values: Value) -> Result<Vec<Option<String>>, JournalError> {
    let Value::Array(values) = values else {
        return Err(Unexpected::new("values", &values).during(operation));
    };
    let read = |value| match value {
        Value::Nil => Ok(None),
        value => reply::text(value).map(Some).map_err(|found| at_key(key, &found)),
    };
    values.into_iter().map(read).collect()
}

/// The pairs that an answer goes on with: what lies under this key.
fn read_pairs(mut reply: Reply, key: &str) -> Result<Vec<(String, String)>, JournalError> {
    let mut pairs = Vec::new();
    while !reply.is_empty() {
        let mut next = || reply.text().map_err(|found| at_key(key, &found));
        pairs.push((next()?, next()?));
    }
    Ok(pairs)
}

/// The error that what lies under this key does not read.
pub(super) fn at_key(key: &str, found: &Unexpected) -> JournalError {
    JournalError::Foreign { place: format!("key `{key}`"), reason: found.to_string() }
}

/// The error that an answer of this word stands for.
pub(super) fn refusal(operation: &str, model: &ReadModel, word: &str, reply: Reply) -> JournalError {
    if word == "retired" { JournalError::Retired { model: model.clone() } } else { foreign(operation, word, reply) }
}

pub(super) fn checkpoint(key: &str, field: &str, text: &str) -> Result<Checkpoint, JournalError> {
    text.parse().map_err(|error: crate::journal::ParseLogIdError| JournalError::Foreign {
        place: format!("field `{field}` of key `{key}`"),
        reason: error.to_string(),
    })
}
