//! The few streams, types, read models and keys that programs are about, so that their steps meet.

use super::operation::Limit;
use annals::{StreamName, journal::ReadModel};

pub(super) const STREAMS: [(&str, &str); 5] =
    [("order", "1"), ("order", "2"), ("order", "{é}:s 1"), ("user", "1"), ("cart", "")];
pub(super) const AGGREGATES: [&str; 4] = ["order", "user", "cart", ""];
pub(super) const TYPES: [&str; 5] = ["Placed", "Paid", "Named", "Filled", "a b"];
/// Names, versions and numbers of builds.
pub(super) const MODELS: [(&str, u32, u32); 5] =
    [("orders", 1, 0), ("orders", 2, 0), ("orders", 1, 1), ("totals", 1, 0), ("no name", 1, 0)];
pub(super) const HOLDERS: [&str; 3] = ["a", "b", "c:{1}"];
pub(super) const VALUES: [&str; 5] = ["", "1", "é", "\u{1}", "10"];
pub(super) const REQUESTS: [&str; 6] = ["r-1", "r-2", "", "{annals:0}:log", "é\r\n", "r:1"];
pub(super) const KEYS: [&str; 6] = ["", "1", "10", "2", "é", "{1}:\n"];

pub(super) fn pick<T: Copy>(from: &[T], number: u8) -> T {
    from[usize::from(number) % from.len()]
}

pub(super) fn stream(number: u8) -> StreamName {
    let (aggregate, id) = pick(&STREAMS, number);
    StreamName::new(aggregate, id)
}

pub(super) fn read_model(number: u8) -> ReadModel {
    let (name, version, build) = pick(&MODELS, number);
    ReadModel::new(name, version).at_build(build)
}

pub(super) fn texts(from: &[&str], numbers: &[u8]) -> Vec<String> {
    numbers.iter().map(|number| pick(from, *number).to_owned()).collect()
}

pub(super) fn limit(limit: Limit) -> usize {
    match limit {
        Limit::Of(limit) => limit.into(),
        Limit::All => usize::MAX,
    }
}
