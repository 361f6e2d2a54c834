//! What a user describes: events, aggregates, commands, projections, and the facts that surround them. No I/O, no async.

mod aggregate;
mod command;
mod event;
mod fingerprint;
mod identifier;
pub(crate) mod index;
mod metadata;
mod position;
mod projection;
mod query;
mod snapshots;
mod stream_name;
mod undo;
mod unknown;
mod version;

pub use aggregate::Aggregate;
pub use command::{Command, Context, Existence, IntoDecision, Targeted};
pub(crate) use event::event_types;
pub use event::{Event, EventDescriptor, EventSet, FieldDescriptor, Or, Shape, VariantDescriptor};
pub(crate) use fingerprint::fnv1a64;
pub use fingerprint::{Fingerprint, ParseFingerprintError};
pub use identifier::{Identifier, IntoIdentifier};
pub use index::{IndexDescriptor, IndexEntries, Indexed, NotIndexable};
pub use metadata::{Annotations, Metadata, Recorded};
pub(crate) use position::Seen;
pub use position::{Checkpoint, Cursor, LogId, ParseLogIdError, Position};
pub use projection::{Fold, IntoKeys, Keys, ManyKeys, OneKey, Projection, Single};
pub use query::{IntoIndexed, IntoRange, Query};
pub use snapshots::Snapshots;
pub use stream_name::{ParseStreamNameError, StreamName};
pub(crate) use stream_name::{escaped, unescaped};
pub use undo::Undo;
pub use unknown::UnknownEvent;
pub use version::Version;
