//! What happened, and the descriptions that the derive makes of it.

use crate::{codec::DecodeError, journal::StoredEvent};
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
        Self { name, doc: "", variants }
    }

    /// Sets the doc comment.
    #[must_use]
    pub const fn with_doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// The index of the variant that reads this stored type name, which may be an alias.
    #[must_use]
    pub fn position(&self, event_type: &str) -> Option<usize> {
        self.variants.iter().position(|variant| variant.reads(event_type))
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
    /// The stored type name.
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

    /// Every stored type name that is read, aliases included.
    #[must_use]
    fn event_types() -> Vec<&'static str> {
        let variants = Self::descriptors().into_iter().flat_map(|descriptor| descriptor.variants);
        variants.flat_map(|variant| std::iter::once(&variant.event_type).chain(variant.aliases)).copied().collect()
    }
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
}
