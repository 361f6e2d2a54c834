//! What changed between two versions of an aggregate, field by field.

use super::{Loaded, Repository, TimeTravelError};
use crate::{
    codec,
    model::{Aggregate, IntoIdentifier, StreamName, Version},
};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeSet, fmt};

/// What changed between two versions of an aggregate, made by [`Repository::difference`].
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
/// # enum CartEvent {
/// #     Added { sku: String, quantity: u32 },
/// #     Paid,
/// # }
/// # #[derive(Command, Clone)]
/// # #[command(cart: Cart)]
/// # enum CartCommand {
/// #     #[command(any)]
/// #     #[emit(Added { sku, quantity })]
/// #     Add { sku: String, quantity: u32 },
/// #     #[emit(Paid)]
/// #     Pay,
/// # }
/// # use std::collections::BTreeMap;
/// #[derive(Aggregate, Default, Serialize)]
/// #[aggregate(event = CartEvent)]
/// struct Cart {
///     #[on(Added { sku, quantity } => .insert(sku.clone(), *quantity))]
///     lines: BTreeMap<String, u32>,
///     #[on(Paid => true)]
///     paid: bool,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let carts = Store::memory().repository::<Cart>();
/// # for (sku, quantity) in [("apple", 1), ("apple", 3), ("pear", 2)] {
/// #     carts.execute("1", CartCommand::Add { sku: sku.into(), quantity }).await?;
/// # }
/// # carts.execute("1", CartCommand::Pay).await?;
/// // An apple, then three of them, then two pears, then paid:
/// let difference = carts.difference("1", Version::new(1), Version::new(4)).await?;
/// assert_eq!(
///     difference.to_string(),
///     "lines.apple: 1 → 3\n\
///      lines.pear: nothing → 2\n\
///      paid: false → true\n",
/// );
/// assert_eq!(difference.changes[0].path, "lines.apple");
/// assert_eq!(difference.changes[1].before, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The version before.
    pub from: Version,
    /// The version after.
    pub to: Version,
    /// Every field that is another one, in the order of their names.
    pub changes: Vec<FieldChange>,
}

/// A field that is another one in another version.
///
/// ```
/// use annals::repository::Difference;
///
/// fn show(difference: &Difference) {
///     for change in &difference.changes {
///         println!("{}: {:?} became {:?}", change.path, change.before, change.after);
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldChange {
    /// The way to it: names joined by `.`, places in a list as `[2]`, names that are no words as `["a b"]`. Empty for a
    /// state that is no object.
    pub path: String,
    /// What it was; `None` where it was not there.
    pub before: Option<Value>,
    /// What it is; `None` where it is not there any more.
    pub after: Option<Value>,
}

impl fmt::Display for Difference {
    /// A line a field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.iter().try_for_each(|change| writeln!(f, "{change}"))
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        write!(f, "{}: {} → {}", self.path, show(&self.before), show(&self.after))
    }
}

impl<A: Aggregate + Serialize> Repository<A> {
    /// What is another in the version `to` of an aggregate than it was in `from`, field by field, as its state is
    /// serialized. `to` may be the earlier one.
    ///
    /// # Errors
    ///
    /// As [`at`](Self::at), and [`TimeTravelError::State`] where a state has no JSON form.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// # #[derive(Command, Clone)]
    /// # #[command(counter: Counter)]
    /// # #[command(any)]
    /// # #[emit(Added { amount })]
    /// # struct Add { amount: u64 }
    /// #[derive(Aggregate, Default, Serialize)]
    /// #[aggregate(event = CounterEvent)]
    /// struct Counter {
    ///     #[on(Added { amount } => += *amount)]
    ///     total: u64,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counters = Store::memory().repository::<Counter>();
    /// counters.execute("visits", Add { amount: 2 }).await?;
    /// let difference = counters.difference("visits", Version::NONE, Version::new(1)).await?;
    /// assert_eq!(difference.to_string(), "total: 0 → 2\n");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn difference(
        &self,
        id: impl IntoIdentifier<A::Id>,
        from: Version,
        to: Version,
    ) -> Result<Difference, TimeTravelError> {
        let stream = self.stream(id);
        let earlier = self.at_version(&stream, Loaded::empty(), from.min(to)).await?;
        let earlier_json = json(&stream, earlier.version, &earlier.state)?;
        let later = self.at_version(&stream, earlier, from.max(to)).await?;
        let later_json = json(&stream, later.version, &later.state)?;
        let (before, after) = if from <= to { (&earlier_json, &later_json) } else { (&later_json, &earlier_json) };
        let mut changes = Vec::new();
        compare(&mut String::new(), Some(before), Some(after), &mut changes);
        Ok(Difference { from, to, changes })
    }
}

fn json<A: Serialize>(stream: &StreamName, version: Version, state: &A) -> Result<Value, TimeTravelError> {
    let json = codec::json(state).and_then(|json| serde_json::from_str(&json));
    json.map_err(|error| TimeTravelError::State { stream: stream.clone(), version, reason: error.to_string() })
}

/// Adds every difference below the path.
fn compare(path: &mut String, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            for name in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
                below(path, &segment(name), left.get(name), right.get(name), changes);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for index in 0..left.len().max(right.len()) {
                below(path, &format!("[{index}]"), left.get(index), right.get(index), changes);
            }
        }
        _ => changes.push(FieldChange { path: path.clone(), before: before.cloned(), after: after.cloned() }),
    }
}

fn below(
    path: &mut String,
    segment: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<FieldChange>,
) {
    let length = path.len();
    if !path.is_empty() && !segment.starts_with('[') {
        path.push('.');
    }
    path.push_str(segment);
    compare(path, before, after, changes);
    path.truncate(length);
}

/// The name as a part of a path: quoted where it is no word.
fn segment(name: &str) -> String {
    let is_word = |char: char| char.is_alphanumeric() || char == '_' || char == '-';
    if !name.is_empty() && name.chars().all(is_word) { name.to_owned() } else { format!("[{name:?}]") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let mut changes = Vec::new();
        compare(&mut String::new(), Some(before), Some(after), &mut changes);
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_field_that_changed_is_told_by_its_path() {
        let before =
            json!({"a": 1, "b": {"c": [1, {"d": 2}, 3]}, "gone": null, "same": [1], "a b": 1, "": 1, "x.y": 1});
        let after =
            json!({"a": 2, "b": {"c": [1, {"d": 5}]}, "came": {"e": 1}, "same": [1], "a b": 2, "": 2, "x.y": 2});
        assert_eq!(
            told(&before, &after),
            [
                r#"[""]: 1 → 2"#,
                "a: 1 → 2",
                r#"["a b"]: 1 → 2"#,
                "b.c[1].d: 2 → 5",
                "b.c[2]: 3 → nothing",
                r#"came: nothing → {"e":1}"#,
                "gone: null → nothing",
                r#"["x.y"]: 1 → 2"#,
            ]
        );
        assert_eq!(told(&before, &before), [""; 0]);
    }

    #[test]
    fn a_value_of_another_kind_is_told_whole() {
        assert_eq!(told(&json!({"a": [1]}), &json!({"a": {"0": 1}})), [r#"a: [1] → {"0":1}"#]);
        assert_eq!(told(&json!(1), &json!(2)), [": 1 → 2"]);
    }
}
