//! Places in a log, made up.

use annals::{Annotations, Metadata, Position, StreamName, Timestamp, Version};

/// The metadata of the event at this version of the stream `order-ID`.
pub(crate) fn order(id: &str, version: u64) -> Metadata {
    let annotations = Annotations::default().with_actor("clerk");
    Metadata::new(
        StreamName::new("order", id),
        Version::new(version),
        Position::from(version),
        Timestamp::UNIX_EPOCH,
        annotations,
    )
}
