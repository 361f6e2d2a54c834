//! Every key of the journal. `FORMAT.md` says what lies under it.

use crate::{
    journal::{IdempotencyKey, PARTITION_HASH, ReadModel, partition_of},
    model::StreamName,
};
use std::sync::Arc;

/// How many versions one list of a stream holds. `journal.lua` counts by the same number.
pub(super) const SEGMENT: u64 = 4_096;
/// The version of the format that `FORMAT.md` describes.
pub(super) const FORMAT: &str = "1";
/// How streams are spread over partitions.
pub(super) const HASH: &str = PARTITION_HASH;

/// The keys of one journal.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    namespace: String,
    partitions: u16,
    /// The keys of each partition's log and head, which every append has.
    shared: Vec<Arc<[String; 2]>>,
}

/// The keys of one read model. It lies whole in one partition, its home, so that its rows and all of its checkpoints
/// can change together, wherever the events come from. All builds of one name have the same home.
#[derive(Clone, Debug)]
pub(super) struct ModelKeys {
    home: String,
    name: String,
    /// Name, version and build, as they stand in keys and fields.
    model: String,
}

impl ModelKeys {
    /// Hash: a row's key to the row.
    pub(super) fn rows(&self) -> String {
        format!("{}:rows:{}", self.home, self.model)
    }

    /// Sorted set: the rows' keys, in order.
    pub(super) fn row_keys(&self) -> String {
        format!("{}:keys:{}", self.home, self.model)
    }

    /// Sorted set: the entries of an index, in order.
    pub(super) fn index(&self, index: &str) -> String {
        format!("{}:by:{}:{index}", self.home, self.model)
    }

    /// Sorted set: the names of the indexes that have entries, or had some. `journal.lua` makes the keys of these indexes of it.
    pub(super) fn indexes(&self) -> String {
        format!("{}:by:{}", self.home, self.model)
    }

    /// Hash: a parked row's key to what is noted of it.
    pub(super) fn parked(&self) -> String {
        format!("{}:parked:{}", self.home, self.model)
    }

    /// Hash: how many rows of each read model are parked.
    pub(super) fn parked_counts(&self) -> String {
        format!("{}:parked", self.home)
    }

    /// Hash: how far each read model has come.
    pub(super) fn checkpoints(&self) -> String {
        format!("{}:checkpoints", self.home)
    }

    /// Hash: where each build of this name stands.
    pub(super) fn builds(&self) -> String {
        format!("{}:builds:{}", self.home, self.name)
    }

    /// Hash: who works on which partition, and for how long.
    pub(super) fn leases(&self) -> String {
        format!("{}:leases:{}", self.home, self.model)
    }

    /// Name, version and build, as they stand in keys and fields.
    pub(super) fn model(&self) -> &str {
        &self.model
    }
}

impl Keys {
    pub(super) fn new(namespace: &str, partitions: u16) -> Self {
        let keys = Self { namespace: namespace.to_owned(), partitions, shared: Vec::new() };
        let shared = (0..partitions).map(|partition| Arc::new([keys.log(partition), keys.head(partition)])).collect();
        Self { shared, ..keys }
    }

    pub(super) fn partitions(&self) -> u16 {
        self.partitions
    }

    pub(super) fn partition(&self, stream: &StreamName) -> u16 {
        self.partition_of(stream.as_str())
    }

    /// The partition of a stream by its name as it is written.
    pub(super) fn partition_of(&self, stream: &str) -> u16 {
        if self.partitions == 1 { 0 } else { partition_of(stream, self.partitions) }
    }

    /// Hash: the fixed settings.
    pub(super) fn meta(namespace: &str) -> String {
        format!("{namespace}:meta")
    }

    /// Hash: an event type to the kind of aggregate whose events are of it.
    pub(super) fn types(&self) -> String {
        format!("{}:types", self.namespace)
    }

    /// List: the first events of a stream.
    pub(super) fn stream(&self, stream: &StreamName) -> String {
        let mut key = String::new();
        self.write_segment(stream.as_str(), 0, &mut key);
        key
    }

    /// List: the events of a stream from version `segment * SEGMENT + 1` on.
    pub(super) fn segment(&self, stream: &StreamName, segment: u64) -> String {
        let mut key = String::new();
        self.write_segment(stream.as_str(), segment, &mut key);
        key
    }

    /// The key of a segment, in the place of what is in `key`. Formatting costs more than all else about a key, and
    /// reading a log asks for one an event.
    pub(super) fn write_segment(&self, stream: &str, segment: u64, key: &mut String) {
        key.clear();
        key.reserve(self.namespace.len() + stream.len() + 32);
        key.push('{');
        key.push_str(&self.namespace);
        key.push(':');
        match self.partition_of(stream) {
            0 => key.push('0'),
            partition => key.push_str(&partition.to_string()),
        }
        key.push_str("}:s:");
        key.push_str(stream);
        if segment > 0 {
            key.push(':');
            key.push_str(&segment.to_string());
        }
    }

    /// String: the newest snapshot of a stream.
    pub(super) fn snapshot(&self, stream: &StreamName) -> String {
        format!("{{{}:{}}}:snap:{stream}", self.namespace, self.partition(stream))
    }

    /// Stream: the pointers to the events of a partition, in order.
    pub(super) fn log(&self, partition: u16) -> String {
        format!("{{{}:{partition}}}:log", self.namespace)
    }

    /// String: the id of the last log entry.
    pub(super) fn head(&self, partition: u16) -> String {
        format!("{{{}:{partition}}}:head", self.namespace)
    }

    /// The partition where it shows whose an idempotency key is.
    pub(super) fn home(&self, key: &IdempotencyKey) -> u16 {
        partition_of(key.as_str(), self.partitions)
    }

    /// String with an expiry: what a command led to that was asked under this key.
    pub(super) fn once(&self, partition: u16, key: &IdempotencyKey) -> String {
        format!("{{{}:{partition}}}:once:{}", self.namespace, key.escaped())
    }

    /// The keys of the log and the head of a partition of the journal.
    pub(super) fn log_and_head(&self, partition: u16) -> Arc<[String; 2]> {
        Arc::clone(&self.shared[usize::from(partition)])
    }

    /// The keys of a build of a read model.
    pub(super) fn model(&self, model: &ReadModel) -> ModelKeys {
        let home = self.home_of(&model.name);
        ModelKeys { home, name: model.name.clone(), model: model.to_string() }
    }

    /// Hash: where each build of the read model of this name stands.
    pub(super) fn builds(&self, name: &str) -> String {
        format!("{}:builds:{name}", self.home_of(name))
    }

    /// Hash: how many rows are parked of each read model that has its home in this partition.
    pub(super) fn parked_counts(&self, partition: u16) -> String {
        format!("{{{}:{partition}}}:parked", self.namespace)
    }

    /// What all keys of the read model of this name begin with.
    fn home_of(&self, name: &str) -> String {
        format!("{{{}:{}}}", self.namespace, partition_of(name, self.partitions))
    }

    /// The field of a checkpoint.
    pub(super) fn checkpoint(model: &ReadModel, partition: u16) -> String {
        format!("{model}:{partition}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_as_the_format_promises() {
        let keys = Keys::new("annals", 1);
        let stream = StreamName::new("order", "Zoë:1");
        assert_eq!(Keys::meta("annals"), "annals:meta");
        assert_eq!(keys.stream(&stream), "{annals:0}:s:order-Zo%C3%AB%3A1");
        assert_eq!(keys.segment(&stream, 0), keys.stream(&stream));
        assert_eq!(keys.segment(&stream, 12), "{annals:0}:s:order-Zo%C3%AB%3A1:12");
        assert_eq!(keys.snapshot(&stream), "{annals:0}:snap:order-Zo%C3%AB%3A1");
        assert_eq!((keys.log(0), keys.head(0)), ("{annals:0}:log".to_owned(), "{annals:0}:head".to_owned()));
        let key = IdempotencyKey::new("request:7 ").unwrap();
        assert_eq!((keys.once(0, &key), keys.home(&key)), ("{annals:0}:once:request%3A7%20".to_owned(), 0));
        let model = ReadModel::new("OrderList", 2);
        assert_eq!(Keys::checkpoint(&model, 7), "OrderList:2:7");
        assert_eq!(Keys::checkpoint(&model.at_build(3), 7), "OrderList:2.3:7");
    }

    #[test]
    fn the_keys_of_a_read_model_are_as_the_format_promises() {
        let keys = Keys::new("annals", 1);
        for (model, text) in [
            (ReadModel::new("OrderList", 2), "OrderList:2"),
            (ReadModel::new("OrderList", 2).at_build(3), "OrderList:2.3"),
        ] {
            let of = keys.model(&model);
            assert_eq!(of.model(), text);
            for (key, kind) in [
                (of.rows(), "rows"),
                (of.row_keys(), "keys"),
                (of.indexes(), "by"),
                (of.parked(), "parked"),
                (of.leases(), "leases"),
            ] {
                assert_eq!(key, format!("{{annals:0}}:{kind}:{text}"));
            }
            assert_eq!(of.index("user"), format!("{{annals:0}}:by:{text}:user"));
            assert_eq!([of.checkpoints(), of.parked_counts()], ["{annals:0}:checkpoints", "{annals:0}:parked"]);
            assert_eq!(of.builds(), "{annals:0}:builds:OrderList");
            assert_eq!((keys.builds("OrderList"), keys.parked_counts(0)), (of.builds(), of.parked_counts()));
        }
    }

    #[test]
    fn a_stream_and_a_read_model_each_have_one_home() {
        let keys = Keys::new("n", 16);
        let stream = StreamName::new("order", "1");
        assert_eq!(keys.partition(&stream), partition_of("order-1", 16));
        let home = format!("{{n:{}}}:", partition_of("order-1", 16));
        assert!(keys.stream(&stream).starts_with(&home) && keys.snapshot(&stream).starts_with(&home));
        let home = format!("{{n:{}}}:", partition_of("OrderList", 16));
        for model in [ReadModel::new("OrderList", 1), ReadModel::new("OrderList", 7).at_build(9)] {
            let of = keys.model(&model);
            for key in [of.rows(), of.index("user"), of.checkpoints(), of.builds(), of.leases(), of.parked_counts()] {
                assert!(key.starts_with(&home), "{key}");
            }
        }
        assert!(keys.builds("OrderList").starts_with(&home));
    }

    #[test]
    fn the_server_counts_by_the_same_segments() {
        let lua = include_str!("journal.lua");
        assert!(lua.contains(&format!("local SEGMENT = {SEGMENT}\n")));
        assert!(lua.contains(&format!("local MOST_MISSED = {}\n", crate::journal::Conflict::MOST_MISSED)));
    }
}
