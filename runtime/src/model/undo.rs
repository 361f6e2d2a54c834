//! What undoes an event.

/// What would undo an event, as its `#[undo(…)]` says.
///
/// Nothing that was recorded is ever taken back; what undoes an event is another one, the compensating event.
///
/// ```
/// use annals::{Undo, prelude::*};
///
/// #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// enum CartEvent {
///     #[undo(Removed { sku })]
///     Added { sku: String },
///     Removed { sku: String },
///     #[undo(never)]
///     CheckedOut,
/// }
///
/// let added = CartEvent::Added { sku: "apple".to_owned() };
/// assert_eq!(added.undo(), Undo::With(vec![CartEvent::Removed { sku: "apple".to_owned() }]));
/// assert_eq!(CartEvent::CheckedOut.undo(), Undo::Never);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo<E> {
    /// These events, in this order.
    With(Vec<E>),
    /// It cannot be undone, and its variant says so: `#[undo(never)]`.
    Never,
    /// Its variant does not say how.
    Unsaid,
}
