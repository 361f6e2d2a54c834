//! What is known of a recorded event beside the event itself.

use super::{Position, StreamName, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a caller tells about a change: who wanted it, what it belongs to, what caused it, and entries of their own.
///
/// Stored beside each event of the append; an append without any costs no byte.
///
/// ```
/// use annals::Annotations;
///
/// let annotations = Annotations::default().with_actor("clerk-7").with_entry("channel", "phone");
/// assert_eq!(annotations.actor.as_deref(), Some("clerk-7"));
/// assert!(Annotations::default().is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Annotations {
    /// What this change belongs to: the same in everything that one request, order or case set off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// What caused this change: an event as `STREAM@VERSION`, or a name of the caller's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<String>,
    /// Who wanted this change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The version of the event in the same stream that this one undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Version>,
    /// The caller's own entries.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub entries: BTreeMap<String, String>,
}

impl Annotations {
    /// Whether nothing is told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sets what the change belongs to.
    #[must_use]
    pub fn with_correlation(mut self, correlation: impl Into<String>) -> Self {
        self.correlation = Some(correlation.into());
        self
    }

    /// Sets what caused the change.
    #[must_use]
    pub fn with_causation(mut self, causation: impl Into<String>) -> Self {
        self.causation = Some(causation.into());
        self
    }

    /// Sets who wanted the change.
    #[must_use]
    pub fn with_actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Says which event of the same stream the change undoes. [`Repository::undo`](crate::repository::Repository::undo)
    /// does.
    ///
    /// ```
    /// use annals::{Annotations, Version};
    ///
    /// assert_eq!(Annotations::default().with_undoes(Version::new(3)).undoes, Some(Version::new(3)));
    /// ```
    #[must_use]
    pub fn with_undoes(mut self, version: Version) -> Self {
        self.undoes = Some(version);
        self
    }

    /// Adds an entry of the caller's own; a second one under the same name replaces the first.
    #[must_use]
    pub fn with_entry(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.entries.insert(name.into(), value.into());
        self
    }

    /// Carries an event's story on: what it caused belongs to what it belonged to.
    ///
    /// The causation becomes the event, as `STREAM@VERSION`; the correlation becomes the event's own, or, where it
    /// had none, the event.
    ///
    /// ```
    /// use annals::{Annotations, Metadata, Position, StreamName, Timestamp, Version};
    ///
    /// let told = Annotations::default().with_correlation("request-1").with_causation("a click");
    /// let order = StreamName::new("order", "1");
    /// let paid = Metadata::new(order, Version::new(3), Position::from(41), Timestamp::UNIX_EPOCH, told);
    ///
    /// let annotations = Annotations::default().caused_by(&paid);
    /// assert_eq!(annotations.correlation.as_deref(), Some("request-1"));
    /// assert_eq!(annotations.causation.as_deref(), Some("order-1@3"));
    /// ```
    #[must_use]
    pub fn caused_by(mut self, cause: &Metadata) -> Self {
        let event = cause.reference();
        self.correlation = Some(cause.correlation.clone().unwrap_or_else(|| event.clone()));
        self.causation = Some(event);
        self
    }
}

/// What is known of a recorded event: where it lies, when it was recorded, and what its caller told.
///
/// ```
/// use annals::{Annotations, Metadata, Position, StreamName, Timestamp, Version};
///
/// let told = Annotations::default().with_actor("clerk-7");
/// let order = StreamName::new("order", "1");
/// let metadata = Metadata::new(order, Version::new(3), Position::from(41), Timestamp::UNIX_EPOCH, told);
/// assert_eq!(metadata.reference(), "order-1@3");
/// assert_eq!(metadata.actor.as_deref(), Some("clerk-7"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metadata {
    /// The stream that the event belongs to.
    pub stream: StreamName,
    /// The event's place in its stream.
    pub version: Version,
    /// The event's place in the log.
    pub position: Position,
    /// When the server recorded it, to the millisecond. Never earlier than an event before it in the same partition.
    pub recorded_at: Timestamp,
    /// What the change belongs to.
    pub correlation: Option<String>,
    /// What caused the change.
    pub causation: Option<String>,
    /// Who wanted the change.
    pub actor: Option<String>,
    /// The version of the event in the same stream that this one undoes.
    pub undoes: Option<Version>,
    /// The caller's own entries.
    pub entries: BTreeMap<String, String>,
}

impl Metadata {
    /// The metadata of an event at this place.
    #[must_use]
    pub fn new(
        stream: StreamName,
        version: Version,
        position: Position,
        recorded_at: Timestamp,
        annotations: Annotations,
    ) -> Self {
        let Annotations { correlation, causation, actor, undoes, entries } = annotations;
        Self { stream, version, position, recorded_at, correlation, causation, actor, undoes, entries }
    }

    /// The event as other events name it: `STREAM@VERSION`, as in `order-1@3`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}@{}", self.stream, self.version)
    }
}

/// An event together with its metadata.
///
/// ```
/// use annals::{Annotations, Metadata, Position, Recorded, StreamName, Timestamp, Version};
///
/// # let order = StreamName::new("order", "1");
/// # let metadata =
/// #     Metadata::new(order, Version::new(3), Position::from(41), Timestamp::UNIX_EPOCH, Annotations::default());
/// let recorded = Recorded::new("any event", metadata);
/// assert_eq!((recorded.event, recorded.metadata.version), ("any event", Version::new(3)));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recorded<E> {
    /// The event.
    pub event: E,
    /// Where it lies, when it was recorded, what its caller told.
    pub metadata: Metadata,
}

impl<E> Recorded<E> {
    /// This event with this metadata.
    #[must_use]
    pub fn new(event: E, metadata: Metadata) -> Self {
        Self { event, metadata }
    }
}
