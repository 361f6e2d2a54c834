//! What happened, and the descriptions that the derive makes of it.

use super::{Undo, UnknownEvent};
use crate::{
    codec::{DecodeError, DecodeReason, Old},
    journal::StoredEvent,
};
use serde::{Serialize, de::DeserializeOwned};

/// Something that happened, as an enum of all that can happen to one kind of aggregate. Usually derived:
/// `#[derive(Event)]`.
///
/// The user's own `Serialize` and `Deserialize` derives do the encoding; what is stored is the content of the
/// variant alone, under the variant's stored type name.
///
/// ```
/// # use annals::prelude::*;
/// #[derive(Event, Serialize, Deserialize)]
/// enum OrderEvent {
///     Created { user_id: String, amount: f64 },
///     Confirmed,
/// }
///
/// let created = OrderEvent::Created { user_id: "user1".to_owned(), amount: 99.99 };
/// assert_eq!((created.variant_index(), created.event_type()), (0, "OrderCreated"));
/// assert_eq!(OrderEvent::Confirmed.descriptor().name, "Confirmed");
/// assert_eq!(OrderEvent::DESCRIPTOR.variants.len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "expected an enum with `#[derive(Event)]`",
    note = "an event enum derives `Event`, `Serialize` and `Deserialize`"
)]
pub trait Event: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Every variant, in the order of the enum.
    const DESCRIPTOR: &'static EventDescriptor;

    /// Which variant this is: an index into [`EventDescriptor::variants`].
    fn variant_index(&self) -> usize;

    /// The description of this variant.
    fn descriptor(&self) -> &'static VariantDescriptor {
        &Self::DESCRIPTOR.variants[self.variant_index()]
    }

    /// The stored type name of this event, as in `OrderCreated`.
    ///
    /// ```
    /// # use annals::Event;
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Event, Serialize, Deserialize)]
    /// enum OrderEvent {
    ///     Confirmed,
    /// }
    ///
    /// assert_eq!(OrderEvent::Confirmed.event_type(), "OrderConfirmed");
    /// ```
    fn event_type(&self) -> &'static str {
        self.descriptor().event_type
    }

    /// Reads a payload that was stored under an older schema version than the variant's own.
    ///
    /// The derive writes it from `upcast(…)`; see [`Old`] for the steps.
    ///
    /// # Errors
    ///
    /// [`DecodeReason::SchemaVersion`] where that version is not one that this program reads,
    /// [`DecodeReason::Payload`] where the payload is not of its shape, [`DecodeReason::Upcast`] where it does not turn
    /// into the next one.
    ///
    /// ```
    /// use annals::{codec::{DecodeReason, Old, decode}, prelude::*};
    ///
    /// #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    /// enum OrderEvent {
    ///     #[event(version = 2, upcast(1 => CreatedV1))]
    ///     Created { cents: u64 },
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct CreatedV1 {
    ///     euros: u64,
    /// }
    ///
    /// impl From<CreatedV1> for OrderEvent {
    ///     fn from(old: CreatedV1) -> Self {
    ///         Self::Created { cents: old.euros * 100 }
    ///     }
    /// }
    ///
    /// assert_eq!(decode("OrderCreated", 1, r#"{"euros":9}"#), Ok(OrderEvent::Created { cents: 900 }));
    /// let _: fn(Old<'_>) -> Result<OrderEvent, DecodeReason> = OrderEvent::upcast; // what `decode` calls
    /// ```
    fn upcast(old: Old<'_>) -> Result<Self, DecodeReason> {
        Err(old.unexpected())
    }

    /// The event that stands for one of a type that this program does not know; `None` where such a one stops its
    /// readers. The derive writes it where a variant has `#[event(unknown)]`.
    ///
    /// ```
    /// use annals::{UnknownEvent, prelude::*};
    ///
    /// #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    /// enum OrderEvent {
    ///     Confirmed,
    ///     #[event(unknown)]
    ///     Unknown(UnknownEvent),
    /// }
    ///
    /// # let stream = annals::StreamName::new("order", "1");
    /// # let (position, told) = (annals::Position::from(1), annals::Annotations::default());
    /// # let metadata = Metadata::new(stream, Version::new(1), position, Timestamp::UNIX_EPOCH, told);
    /// let shipped = UnknownEvent::new("OrderShipped", 1, "{}", metadata);
    /// assert_eq!(OrderEvent::from_unknown(shipped.clone()), Some(OrderEvent::Unknown(shipped)));
    /// ```
    #[must_use]
    fn from_unknown(event: UnknownEvent) -> Option<Self> {
        let _ = event;
        None
    }

    /// What would undo this event. The derive writes it from `#[undo(…)]`.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// use annals::Undo;
    ///
    /// #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    /// enum DoorEvent {
    ///     #[undo(Closed)]
    ///     Opened,
    ///     Closed,
    /// }
    ///
    /// assert_eq!(DoorEvent::Opened.undo(), Undo::With(vec![DoorEvent::Closed]));
    /// assert_eq!(DoorEvent::Closed.undo(), Undo::Unsaid);
    /// ```
    fn undo(self) -> Undo<Self> {
        Undo::Unsaid
    }
}

/// The description of an event enum.
///
/// ```
/// use annals::Event;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum OrderEvent {
///     /// The customer has ordered.
///     Created { amount: f64 },
/// }
///
/// let created = &OrderEvent::DESCRIPTOR.variants[0];
/// assert_eq!(created.event_type, "OrderCreated");
/// assert_eq!(created.doc, "The customer has ordered.");
/// assert_eq!((created.fields[0].name, created.fields[0].ty), ("amount", "f64"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventDescriptor {
    /// The enum's name in Rust.
    pub name: &'static str,
    /// The enum's doc comment; empty where there is none.
    pub doc: &'static str,
    /// Every variant, in the order of the enum.
    pub variants: &'static [VariantDescriptor],
    /// The stored type names that happened of old and are skipped knowingly.
    pub retired: &'static [&'static str],
    /// The variant that takes the events of types that this program does not know, if there is one.
    pub unknown: Option<usize>,
}

impl EventDescriptor {
    /// The description of the enum `name` with these variants.
    ///
    /// ```
    /// use annals::{EventDescriptor, VariantDescriptor};
    ///
    /// const ORDER: EventDescriptor =
    ///     EventDescriptor::new("OrderEvent", &[VariantDescriptor::new("Confirmed", "OrderConfirmed")])
    ///         .with_doc("What happens to an order.");
    ///
    /// assert_eq!(ORDER.position("OrderConfirmed"), Some(0));
    /// assert_eq!(ORDER.position("OrderShipped"), None);
    /// ```
    #[must_use]
    pub const fn new(name: &'static str, variants: &'static [VariantDescriptor]) -> Self {
        Self { name, doc: "", variants, retired: &[], unknown: None }
    }

    /// Sets the doc comment.
    #[must_use]
    pub const fn with_doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// Sets the stored type names that are skipped knowingly.
    ///
    /// ```
    /// use annals::EventDescriptor;
    ///
    /// const ORDER: EventDescriptor = EventDescriptor::new("OrderEvent", &[]).with_retired(&["OrderPromised"]);
    /// assert!(ORDER.retires("OrderPromised") && !ORDER.retires("OrderCreated"));
    /// ```
    #[must_use]
    pub const fn with_retired(mut self, retired: &'static [&'static str]) -> Self {
        self.retired = retired;
        self
    }

    /// Says which variant takes the events of types that this program does not know. Its own type name is empty.
    ///
    /// ```
    /// use annals::{EventDescriptor, VariantDescriptor};
    ///
    /// const ORDER: EventDescriptor = EventDescriptor::new("OrderEvent", &[VariantDescriptor::new("Unknown", "")])
    ///     .with_unknown(0);
    /// assert_eq!((ORDER.unknown, ORDER.position("OrderShipped")), (Some(0), None));
    /// ```
    #[must_use]
    pub const fn with_unknown(mut self, index: usize) -> Self {
        self.unknown = Some(index);
        self
    }

    /// The index of the variant that reads this stored type name, which may be an alias.
    #[must_use]
    pub fn position(&self, event_type: &str) -> Option<usize> {
        self.numbered().find(|(_, variant)| variant.reads(event_type)).map(|(index, _)| index)
    }

    /// Whether events of this stored type name are skipped knowingly.
    #[must_use]
    pub fn retires(&self, event_type: &str) -> bool {
        self.retired.contains(&event_type)
    }

    /// The variants that have a stored type name: all but the one for unknown events.
    pub(crate) fn known(&self) -> impl Iterator<Item = &'static VariantDescriptor> + use<> {
        self.numbered().map(|(_, variant)| variant)
    }

    /// The same, each with its index.
    fn numbered(&self) -> impl Iterator<Item = (usize, &'static VariantDescriptor)> + use<> {
        let unknown = self.unknown;
        self.variants.iter().enumerate().filter(move |(index, _)| Some(*index) != unknown)
    }
}

/// The description of one variant of an event enum.
///
/// ```
/// use annals::{FieldDescriptor, Shape, VariantDescriptor};
///
/// const CREATED: VariantDescriptor = VariantDescriptor::new("Created", "OrderCreated")
///     .with_aliases(&["OrderPlaced"])
///     .with_schema_version(1)
///     .with_doc("The customer has ordered.")
///     .with_fields(Shape::Struct, &[FieldDescriptor::new("amount", "f64")]);
///
/// assert!(CREATED.reads("OrderCreated") && CREATED.reads("OrderPlaced"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VariantDescriptor {
    /// The variant's name in Rust.
    pub name: &'static str,
    /// The stored type name; empty for the variant of unknown events, each of which has its own.
    pub event_type: &'static str,
    /// Further stored type names that are read as this variant.
    pub aliases: &'static [&'static str],
    /// The version of the payload's shape that is written, from 1.
    pub schema_version: u32,
    /// The doc comment; empty where there is none.
    pub doc: &'static str,
    /// Whether the variant has named fields, one unnamed field, or none.
    pub shape: Shape,
    /// The named fields, or the one unnamed field under the name `0`.
    pub fields: &'static [FieldDescriptor],
}

impl VariantDescriptor {
    /// The description of a variant without fields.
    #[must_use]
    pub const fn new(name: &'static str, event_type: &'static str) -> Self {
        Self { name, event_type, aliases: &[], schema_version: 1, doc: "", shape: Shape::Unit, fields: &[] }
    }

    /// Sets further stored type names to read.
    #[must_use]
    pub const fn with_aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Sets the version of the payload's shape.
    #[must_use]
    pub const fn with_schema_version(mut self, version: u32) -> Self {
        self.schema_version = version;
        self
    }

    /// Sets the doc comment.
    #[must_use]
    pub const fn with_doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// Sets the fields and how they are written.
    #[must_use]
    pub const fn with_fields(mut self, shape: Shape, fields: &'static [FieldDescriptor]) -> Self {
        self.shape = shape;
        self.fields = fields;
        self
    }

    /// Whether events stored under this type name are read as this variant.
    #[must_use]
    pub fn reads(&self, event_type: &str) -> bool {
        self.event_type == event_type || self.aliases.contains(&event_type)
    }
}

/// How the fields of a variant are written.
///
/// ```
/// use annals::{Event, Shape};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum OrderEvent {
///     Created { amount: f64 },
///     Confirmed,
/// }
///
/// let shapes = OrderEvent::DESCRIPTOR.variants.iter().map(|variant| variant.shape);
/// assert_eq!(shapes.collect::<Vec<_>>(), [Shape::Struct, Shape::Unit]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// `Confirmed`
    Unit,
    /// `Created(OrderCreated)`
    Newtype,
    /// `Created { amount: f64 }`
    Struct,
}

/// The description of one field of an event.
///
/// ```
/// use annals::FieldDescriptor;
///
/// const AMOUNT: FieldDescriptor = FieldDescriptor::new("amount", "f64").with_doc("What is to be paid, in euros.");
///
/// assert_eq!((AMOUNT.name, AMOUNT.ty), ("amount", "f64"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldDescriptor {
    /// The field's name in Rust.
    pub name: &'static str,
    /// The field's type, as written in the source.
    pub ty: &'static str,
    /// The doc comment; empty where there is none.
    pub doc: &'static str,
}

impl FieldDescriptor {
    /// The description of a field.
    #[must_use]
    pub const fn new(name: &'static str, ty: &'static str) -> Self {
        Self { name, ty, doc: "" }
    }

    /// Sets the doc comment.
    #[must_use]
    pub const fn with_doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }
}

/// One event enum, or several: what a projection reads.
///
/// Every [`Event`] is one; [`Or`] joins two.
///
/// ```
/// # use annals::prelude::*;
/// use annals::{EventSet, StreamName, journal::StoredEvent};
///
/// #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// enum OrderEvent {
///     Confirmed,
/// }
///
/// let stored = |text: &str| StoredEvent::read(StreamName::new("order", "1"), Version::new(1), 0, text.into());
/// let confirmed = stored("1732000000000-41 OrderConfirmed 1 import-7\n{}")?;
/// let received = stored("1732000000000-42 PaymentReceived 1 import-8\n{}")?;
///
/// assert_eq!(<OrderEvent as EventSet>::decode(&confirmed), Ok(Some(OrderEvent::Confirmed)));
/// assert_eq!(<OrderEvent as EventSet>::decode(&received), Ok(None));
/// assert_eq!(OrderEvent::descriptors()[0].name, "OrderEvent");
/// # Ok::<(), annals::journal::JournalError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "expected an enum with `#[derive(Event)]`"
)]
pub trait EventSet: Sized + Send + Sync + 'static {
    /// The descriptions of the enums, in order.
    fn descriptors() -> Vec<&'static EventDescriptor>;

    /// Reads a stored event, if its type is one of these; `None` where it is somebody else's.
    ///
    /// # Errors
    ///
    /// When the type is one of these and the payload does not decode.
    fn decode(stored: &StoredEvent) -> Result<Option<Self>, DecodeError>;

    /// Takes an event of a type that is none of these as one of the enum at `index` of
    /// [`descriptors`](Self::descriptors), if that enum has a variant with `#[event(unknown)]`.
    ///
    /// # Errors
    ///
    /// When its metadata does not read.
    ///
    /// ```
    /// use annals::{EventSet, StreamName, UnknownEvent, journal::StoredEvent, prelude::*};
    ///
    /// #[derive(Event, Serialize, Deserialize)]
    /// enum OrderEvent {
    ///     Confirmed,
    ///     #[event(unknown)]
    ///     Unknown(UnknownEvent),
    /// }
    ///
    /// let text = "1732000000000-41 OrderShipped 1 import-7\n{}";
    /// let shipped = StoredEvent::read(StreamName::new("order", "1"), Version::new(1), 0, text.into())?;
    /// assert!(<OrderEvent as EventSet>::decode(&shipped)?.is_none());
    /// assert!(matches!(OrderEvent::decode_unknown(&shipped, 0)?, Some(OrderEvent::Unknown(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn decode_unknown(stored: &StoredEvent, index: usize) -> Result<Option<Self>, DecodeError> {
        let _ = (stored, index);
        Ok(None)
    }

    /// Every stored type name that is read, aliases included, enum by enum.
    #[must_use]
    fn event_types() -> Vec<&'static str> {
        Self::descriptors().into_iter().flat_map(event_types).collect()
    }
}

/// Every stored type name that an enum reads, aliases included.
pub(crate) fn event_types(descriptor: &'static EventDescriptor) -> impl Iterator<Item = &'static str> {
    descriptor.known().flat_map(|variant| std::iter::once(&variant.event_type).chain(variant.aliases)).copied()
}

#[diagnostic::do_not_recommend]
impl<E: Event> EventSet for E {
    fn descriptors() -> Vec<&'static EventDescriptor> {
        vec![E::DESCRIPTOR]
    }

    fn decode(stored: &StoredEvent) -> Result<Option<Self>, DecodeError> {
        match E::DESCRIPTOR.position(stored.event_type()) {
            Some(_) => stored.decode().map(Some),
            None => Ok(None),
        }
    }

    fn decode_unknown(stored: &StoredEvent, index: usize) -> Result<Option<Self>, DecodeError> {
        if index == 0 && E::DESCRIPTOR.unknown.is_some() { stored.decode().map(Some) } else { Ok(None) }
    }
}

/// An event of the first set or of the second.
///
/// ```
/// use annals::{EventSet, Or};
/// # use annals::Event;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum OrderEvent { Created }
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum PaymentEvent { Received }
///
/// assert_eq!(Or::<OrderEvent, PaymentEvent>::event_types(), ["OrderCreated", "PaymentReceived"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Or<A, B> {
    /// An event of the first set.
    First(A),
    /// An event of the second set.
    Second(B),
}

impl<A: EventSet, B: EventSet> EventSet for Or<A, B> {
    fn descriptors() -> Vec<&'static EventDescriptor> {
        let mut descriptors = A::descriptors();
        descriptors.extend(B::descriptors());
        descriptors
    }

    fn decode(stored: &StoredEvent) -> Result<Option<Self>, DecodeError> {
        Ok(match A::decode(stored)? {
            Some(event) => Some(Self::First(event)),
            None => B::decode(stored)?.map(Self::Second),
        })
    }

    fn decode_unknown(stored: &StoredEvent, index: usize) -> Result<Option<Self>, DecodeError> {
        match index.checked_sub(A::descriptors().len()) {
            None => Ok(A::decode_unknown(stored, index)?.map(Self::First)),
            Some(index) => Ok(B::decode_unknown(stored, index)?.map(Self::Second)),
        }
    }
}
