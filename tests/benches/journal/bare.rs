//! The commands that the library sends, prepared and sent by hand: the ceiling of what it can reach.
//!
//! This is the one place that knows how a function is called. Where the library calls another one, this must follow.

use super::{data, ground::array};
use redis::{Cmd, Value, aio::MultiplexedConnection};

/// The key of a stream in a store of one partition.
pub(crate) fn stream_key(id: &str) -> String {
    stream_key_in(0, id)
}

/// The key of a stream of this partition.
pub(crate) fn stream_key_in(partition: u16, id: &str) -> String {
    format!("{{annals:{partition}}}:s:{}", data::stream(id))
}

/// The key of a partition's log.
pub(crate) fn log_of(partition: u16) -> String {
    format!("{{annals:{partition}}}:log")
}

pub(crate) const LOG: &str = "{annals:0}:log";
pub(crate) const HEAD: &str = "{annals:0}:head";

/// The name under which the server knows the library's function; it has a hash in it.
pub(crate) async fn function(raw: &mut MultiplexedConnection, name: &str) -> String {
    let libraries: Value = redis::cmd("FUNCTION").arg("LIST").query_async(raw).await.unwrap();
    let names = strings(&libraries);
    let ending = format!("_{name}");
    let found = names.into_iter().find(|found| found.starts_with("annals_") && found.ends_with(&ending));
    found.unwrap_or_else(|| panic!("expected a function annals_…{ending}, found none"))
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::BulkString(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
        Value::Array(values) | Value::Set(values) => values.iter().flat_map(strings).collect(),
        Value::Map(pairs) => pairs.iter().flat_map(|(key, value)| [strings(key), strings(value)].concat()).collect(),
        _ => Vec::new(),
    }
}

/// What a stored event is, but for its log id.
fn element(number: usize) -> String {
    data::event().write(&annals::journal::AppendId::new(&format!("b{number:015}")).unwrap()).unwrap()
}

/// The call that appends one event.
pub(crate) fn call(function: &str, id: &str, version: usize) -> Cmd {
    let stream = data::stream(id);
    let mut command = redis::cmd("FCALL");
    command.arg(function).arg(3).arg(LOG).arg(HEAD).arg(stream_key(id));
    command.arg("0").arg(version).arg("").arg(format!("version {version} b{version:015} 0 1 0 {stream}"));
    command.arg(format!("{stream} {} {}", version + 1, data::TYPE)).arg(element(version));
    command
}

/// Whether the call was answered as it should be.
pub(crate) fn is_appended(answer: Value) -> bool {
    matches!(array(answer).get(1), Some(Value::BulkString(_)))
}

/// The same bytes at the end of a list, without any check, order or log.
pub(crate) fn push(id: &str, version: usize) -> Cmd {
    let mut command = redis::cmd("RPUSH");
    command.arg(format!("pushed:{id}")).arg(format!("1732000000000-1234567 {}", element(version)));
    command
}
