//! The builds of read models on Redis: where each stands, and what is left of one that is retired.

use super::{
    BuildStep, Builds, Fingerprint, JournalError, ReadModel, RedisJournal, Value, checks, foreign,
    reply::{self, Unexpected},
};
use crate::journal::{Build, BuildState};

/// How many rows one call deletes at most, whatever it is asked for: a server does nothing else meanwhile.
const MOST_SWEPT: usize = 10_000;

impl RedisJournal {
    pub(super) async fn builds_of(&self, name: String) -> Result<Builds, JournalError> {
        checks::model_name(&name)?;
        let key = self.keys.builds(&name);
        let mut commands = redis::pipe();
        commands.cmd("HGETALL").arg(&key);
        let answer = self.read(&format!("read the builds of `{name}`"), &commands).await?.pop();
        read(&key, &name, answer.unwrap_or(Value::Nil))
    }

    /// A step that was taken is taken again without a change, so a lost answer is asked for again.
    pub(super) async fn take_step(&self, model: ReadModel, step: BuildStep) -> Result<Builds, JournalError> {
        checks::read_model(&model)?;
        let (word, fingerprint) = match step {
            BuildStep::Begin(fingerprint) => ("begin", Some(fingerprint)),
            BuildStep::Serve => ("serve", None),
            BuildStep::Abandon => ("abandon", None),
            BuildStep::Accept(fingerprint) => ("accept", Some(fingerprint)),
        };
        let operation = format!("{word} the build `{model}`");
        let keys = self.keys.model(&model);
        let builds = keys.builds();
        let arguments = [
            model.to_string(),
            word.to_owned(),
            fingerprint.map(|fingerprint| fingerprint.to_string()).unwrap_or_default(),
            self.keys.partitions().to_string(),
        ];
        let mut reply = self.call(&operation, "build", &[&builds, &keys.checkpoints()], &arguments).await?;
        match reply.text().map_err(|found| found.during(&operation))?.as_str() {
            "builds" => read(&builds, &model.name, reply.into_value()),
            word => Err(foreign(&operation, word, reply)),
        }
    }

    /// What was deleted is deleted again without a change, so a lost answer is asked for again.
    pub(super) async fn sweep_rows(&self, model: ReadModel, rows: usize) -> Result<bool, JournalError> {
        checks::sweep(&model, rows)?;
        let operation = format!("sweep `{model}`");
        let odd = |found: Unexpected| found.during(&operation);
        let keys = self.keys.model(&model);
        let names = [
            keys.rows(),
            keys.row_keys(),
            keys.checkpoints(),
            keys.builds(),
            keys.leases(),
            keys.parked(),
            keys.parked_counts(),
            keys.indexes(),
        ];
        let mut arguments = vec![model.to_string(), rows.min(MOST_SWEPT).to_string()];
        arguments.extend(self.checkpoint_fields(&model));
        let mut reply = self.call(&operation, "sweep", &names.each_ref().map(String::as_str), &arguments).await?;
        match reply.text().map_err(odd)?.as_str() {
            "swept" => Ok(reply.number().map_err(odd)? == 1),
            word => Err(foreign(&operation, word, reply)),
        }
    }
}

/// Whether a build gives no rows and takes no commits, where these are the builds: it is retired, or it is older than the one
/// that is read and was forgotten since.
pub(super) fn retires(builds: &Builds, model: &ReadModel) -> bool {
    match (builds.of(model), builds.serving()) {
        (Some(build), _) => build.state == BuildState::Retired,
        (None, Some(serving)) => serving.model.age() > model.age(),
        (None, None) => false,
    }
}

/// Reads the fields and values of the hash that the builds of this name lie in.
pub(super) fn read(key: &str, name: &str, fields: Value) -> Result<Builds, JournalError> {
    let foreign = |reason| JournalError::Foreign { place: format!("key `{key}`"), reason };
    let Value::Array(words) = fields else {
        return Err(foreign(Unexpected::new("fields and values", &fields).to_string()));
    };
    let mut words = words.into_iter();
    let mut all = Vec::new();
    while let (Some(field), Some(value)) = (words.next(), words.next()) {
        let text = |value| reply::text(value).map_err(|found| foreign(found.to_string()));
        let (field, value) = (text(field)?, text(value)?);
        all.push(build(name, &field, &value).ok_or_else(|| {
            let (field, value) = (crate::codec::shortened(&field), crate::codec::shortened(&value));
            foreign(format!("expected `STATE FINGERPRINT` under each version, found `{value}` under `{field}`"))
        })?);
    }
    let serving = all.iter().filter(|build| build.state == BuildState::Serving).count();
    if serving > 1 {
        return Err(foreign(format!("expected one build that serves, found {serving}")));
    }
    Ok(Builds::new(all))
}

fn build(name: &str, field: &str, value: &str) -> Option<Build> {
    let (state, fingerprint) = value.split_once(' ')?;
    let state = match state {
        "serving" => BuildState::Serving,
        "building" => BuildState::Building,
        "retired" => BuildState::Retired,
        _ => return None,
    };
    Some(Build::new(model(name, field)?, Fingerprint::parse(fingerprint)?, state))
}

/// Reads `V` or `V.B`, as it is written.
pub(super) fn model(name: &str, written: &str) -> Option<ReadModel> {
    let (version, build) = written.split_once('.').unwrap_or((written, "0"));
    let model = ReadModel::new(name, version.parse().ok()?).at_build(build.parse().ok()?);
    (model.to_string().strip_prefix(name)?.strip_prefix(':')? == written).then_some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[&str]) -> Result<Builds, JournalError> {
        let words = fields.iter().map(|word| Value::BulkString(word.as_bytes().to_vec())).collect();
        super::read("k", "orders", Value::Array(words))
    }

    fn at(version: u32) -> ReadModel {
        ReadModel::new("orders", version)
    }

    #[test]
    fn builds_are_read_as_they_are_written() {
        let builds = read(&["2.1", "building 0000000000000002", "1", "serving 00000000000000ff"]).unwrap();
        let expected = [
            Build::new(at(1), Fingerprint::new(255), BuildState::Serving),
            Build::new(at(2).at_build(1), Fingerprint::new(2), BuildState::Building),
        ];
        assert_eq!(builds.all, expected);
    }

    #[test]
    fn what_is_no_build_is_named() {
        let fine = "serving 00000000000000ff";
        for (field, value) in [
            ("x", fine),
            ("1.0", fine),
            ("01", fine),
            ("1.2.3", fine),
            ("4294967296", fine),
            ("1", "serving"),
            ("1", "gone 00000000000000ff"),
            ("1", "serving ff"),
            ("1", "serving 00000000000000FF"),
        ] {
            let error = read(&[field, value]).unwrap_err().to_string();
            assert!(error.contains("key `k`") && error.contains(&format!("`{value}` under `{field}`")), "{error}");
        }
        let error = read(&["1", fine, "2", fine]).unwrap_err().to_string();
        assert!(error.contains("expected one build that serves, found 2"), "{error}");
    }

    #[test]
    fn one_is_retired_by_its_state_or_by_a_newer_one_that_serves() {
        let builds = read(&["2", "serving 0000000000000002", "4", "retired 0000000000000004"]).unwrap();
        let retired: Vec<_> = (1..=5).filter(|&version| retires(&builds, &at(version))).collect();
        assert_eq!(retired, [1, 4]);
        assert!(retires(&builds, &at(1).at_build(9)) && !retires(&builds, &at(2).at_build(1)));
        assert!(!retires(&Builds::default(), &at(1)));
    }
}
