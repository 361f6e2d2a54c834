//! A payload of an older schema version, on its way into the event that it is today.

use super::DecodeReason;
use crate::model::VariantDescriptor;
use serde::de::DeserializeOwned;
use std::{any, fmt::Display};

/// A payload that was stored under an older schema version, to be turned into the event that it is today.
///
/// Each old shape is a struct that turns into the next one, and the last into the event: an *upcast*. The derive writes
/// [`Event::upcast`](crate::Event::upcast) from `#[event(version = 3, upcast(1 => CreatedV1, 2 => CreatedV2))]`; by hand
/// it is this:
///
/// ```
/// # use annals::{EventDescriptor, FieldDescriptor, Shape, VariantDescriptor};
/// use annals::{Event, codec::{DecodeReason, Old, decode}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Debug, PartialEq)]
/// enum OrderEvent {
///     Created { cents: u64, currency: String },
/// }
///
/// #[derive(Deserialize)]
/// struct CreatedV1 {
///     amount: f64,
/// }
///
/// #[derive(Deserialize)]
/// struct CreatedV2 {
///     cents: u64,
/// }
///
/// impl TryFrom<CreatedV1> for CreatedV2 {
///     type Error = String;
///
///     fn try_from(old: CreatedV1) -> Result<Self, String> {
///         match (old.amount * 100.0).round() {
///             cents if (0.0..1e15).contains(&cents) => Ok(Self { cents: cents as u64 }),
///             cents => Err(format!("{cents} cents are no amount")),
///         }
///     }
/// }
///
/// impl From<CreatedV2> for OrderEvent {
///     fn from(old: CreatedV2) -> Self {
///         Self::Created { cents: old.cents, currency: "EUR".to_owned() }
///     }
/// }
///
/// impl Event for OrderEvent {
/// #   const DESCRIPTOR: &'static EventDescriptor = &EventDescriptor::new(
/// #       "OrderEvent",
/// #       &[VariantDescriptor::new("Created", "OrderCreated").with_schema_version(3).with_fields(
/// #           Shape::Struct,
/// #           &[FieldDescriptor::new("cents", "u64"), FieldDescriptor::new("currency", "String")],
/// #       )],
/// #   );
/// #   fn variant_index(&self) -> usize { 0 }
///     // …
///     fn upcast(old: Old<'_>) -> Result<Self, DecodeReason> {
///         match old.variant() {
///             0 => {
///                 let first = old.first::<CreatedV1>(1)?;
///                 let second = old.then::<CreatedV1, CreatedV2>(first, 2)?;
///                 old.event::<CreatedV2, Self>(second)
///             }
///             _ => Err(old.unexpected()),
///         }
///     }
/// }
///
/// let event = decode::<OrderEvent>("OrderCreated", 1, r#"{"amount":9.5}"#);
/// assert_eq!(event, Ok(OrderEvent::Created { cents: 950, currency: "EUR".to_owned() }));
///
/// let refused = decode::<OrderEvent>("OrderCreated", 1, r#"{"amount":-1.0}"#).unwrap_err();
/// assert!(refused.to_string().starts_with("schema version 1 does not turn into 2: -100 cents are no amount"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Old<'a> {
    index: usize,
    descriptor: &'static VariantDescriptor,
    version: u32,
    payload: &'a str,
}

impl<'a> Old<'a> {
    pub(super) fn new(index: usize, descriptor: &'static VariantDescriptor, version: u32, payload: &'a str) -> Self {
        Self { index, descriptor, version, payload }
    }

    /// Of which variant it is: an index into [`EventDescriptor::variants`](crate::EventDescriptor::variants).
    #[must_use]
    pub fn variant(&self) -> usize {
        self.index
    }

    /// The schema version that it was stored under.
    ///
    /// ```
    /// # use annals::codec::Old;
    /// fn is_first(old: Old<'_>) -> bool {
    ///     old.schema_version() == 1
    /// }
    /// ```
    #[must_use]
    pub fn schema_version(&self) -> u32 {
        self.version
    }

    /// The payload as the shape of the oldest version, if it is of that version.
    ///
    /// # Errors
    ///
    /// [`DecodeReason::Payload`] where it is of that version and not of that shape.
    pub fn first<T: DeserializeOwned>(&self, version: u32) -> Result<Option<T>, DecodeReason> {
        if version != self.version {
            return Ok(None);
        }
        let read = serde_json::from_str(self.payload);
        read.map(Some).map_err(|error| self.misread(version, any::type_name::<T>(), &error))
    }

    /// The payload as the shape of the next version: turned into it from the one before, or read as it, if it is of that
    /// version.
    ///
    /// # Errors
    ///
    /// [`DecodeReason::Upcast`] where the one before does not turn into it, [`DecodeReason::Payload`] where it is of that
    /// version and not of that shape.
    pub fn then<T: UpcastsTo<N>, N: DeserializeOwned>(
        &self,
        before: Option<T>,
        version: u32,
    ) -> Result<Option<N>, DecodeReason> {
        match before {
            Some(before) => self.turn(before, version).map(Some),
            None => self.first(version),
        }
    }

    /// The event, turned from the shape of the version before it.
    ///
    /// # Errors
    ///
    /// [`DecodeReason::Upcast`] where that does not turn into it, [`DecodeReason::SchemaVersion`] where there is none.
    pub fn event<T: UpcastsTo<E>, E>(&self, before: Option<T>) -> Result<E, DecodeReason> {
        match before {
            Some(before) => self.turn(before, self.descriptor.schema_version),
            None => Err(self.unexpected()),
        }
    }

    /// The error that the payload is of a version that this program does not read.
    #[must_use]
    pub fn unexpected(&self) -> DecodeReason {
        DecodeReason::SchemaVersion { expected: self.descriptor.schema_version }
    }

    fn turn<T: UpcastsTo<N>, N>(&self, before: T, to: u32) -> Result<N, DecodeReason> {
        before.upcast().map_err(|reason| DecodeReason::Upcast {
            from: to.saturating_sub(1),
            to,
            reason,
            found: self.payload.to_owned(),
        })
    }

    fn misread(&self, version: u32, shape: &str, error: &dyn Display) -> DecodeReason {
        // The struct's own name says enough, and does not change when it moves.
        let shape = shape.rsplit("::").next().unwrap_or(shape);
        DecodeReason::Payload {
            reason: format!("as `{shape}`, the shape of version {version}: {error}"),
            found: self.payload.to_owned(),
        }
    }
}

/// The shape of one schema version that turns into that of the next, or into the event.
///
/// Every type has it that the next one is made of by `From` or `TryFrom`.
///
/// ```
/// use annals::codec::UpcastsTo;
///
/// assert_eq!(UpcastsTo::<u64>::upcast(7_u32), Ok(7));
/// assert!(UpcastsTo::<u8>::upcast(700_u32).is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not turn into `{N}`",
    label = "the next version is to be made of this one",
    note = "write `impl From<{Self}> for {N}`, or `TryFrom` with an error that implements `Display`"
)]
pub trait UpcastsTo<N>: Sized {
    /// Turns into the next version.
    ///
    /// # Errors
    ///
    /// What the conversion says.
    fn upcast(self) -> Result<N, String>;
}

#[diagnostic::do_not_recommend]
impl<T, N: TryFrom<T, Error: Display>> UpcastsTo<N> for T {
    fn upcast(self) -> Result<N, String> {
        N::try_from(self).map_err(|error| error.to_string())
    }
}
