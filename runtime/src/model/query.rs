//! What is asked of an index: the finders that a projection's derive generates give it.

use super::{
    Indexed, NotIndexable,
    index::{BEHIND, END, entry},
};
use std::{
    fmt,
    marker::PhantomData,
    ops::{Bound, Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive},
};

/// Which rows are looked for, and in which order: what the finders of a projection give, such as `Order::by_amount(50.0..)`.
/// It is asked by [`Projector::find`](crate::projector::Projector::find).
///
/// ```
/// use annals::prelude::*;
///
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum OrderEvent { Created { user_id: String, amount: f64 } }
/// #[derive(Projection, Default, Serialize, Deserialize)]
/// #[projection(name = "orders", events(OrderEvent))]
/// struct Order {
///     #[key]
///     id: String,
///     #[index]
///     #[on(Created { user_id, .. })]
///     user_id: String,
///     #[index(range)]
///     #[index(range, per = user_id)]
///     #[on(Created { amount, .. })]
///     amount: f64,
/// }
///
/// let query = Order::by_user_id("user1");
/// assert_eq!(query.index(), "user_id");
/// let query = Order::by_amount(50.0..);
/// assert_eq!(query.index(), "amount");
/// let query = Order::by_user_id_and_amount("user1", ..=9.5);
/// assert_eq!(query.index(), "user_id.amount");
/// ```
pub struct Query<P> {
    index: &'static str,
    parts: usize,
    span: Result<Span, NotIndexable>,
    row: PhantomData<fn() -> P>,
}

/// The part of an index between two texts: from the first on, and before the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: String,
    pub(crate) to: Option<String>,
}

impl<P> Clone for Query<P> {
    fn clone(&self) -> Self {
        Self { index: self.index, parts: self.parts, span: self.span.clone(), row: PhantomData }
    }
}

impl<P> fmt::Debug for Query<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("index", &self.index).field("span", &self.span).finish_non_exhaustive()
    }
}

impl<P> Query<P> {
    /// The rows that have these values, each one of a part of the index.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum OrderEvent { Created { user_id: String } }
    /// # #[derive(Projection, Default, Serialize, Deserialize)]
    /// # #[projection(name = "orders", events(OrderEvent))]
    /// # struct Order { #[key] id: String, #[index] #[on(Created { user_id })] user_id: String }
    /// use annals::index::Query;
    ///
    /// // What `Order::by_user_id("user1")` gives.
    /// let query: Query<Order> = Query::exact("user_id", &[&"user1"]);
    /// assert_eq!(format!("{query:?}"), format!("{:?}", Order::by_user_id("user1")));
    /// ```
    #[must_use]
    pub fn exact(index: &'static str, values: &[&dyn Indexed]) -> Self {
        Self::between(index, values, values.len(), (Bound::Unbounded, Bound::Unbounded))
    }

    /// The rows that have these values, and behind them one within the range.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum OrderEvent { Created { user_id: String, amount: f64 } }
    /// # #[derive(Projection, Default, Serialize, Deserialize)]
    /// # #[projection(name = "orders", events(OrderEvent))]
    /// # struct Order {
    /// #     #[key] id: String,
    /// #     #[on(Created { user_id, .. })] user_id: String,
    /// #     #[index(range, per = user_id)] #[on(Created { amount, .. })] amount: f64,
    /// # }
    /// use annals::index::Query;
    ///
    /// // What `Order::by_user_id_and_amount("user1", 50.0..)` gives.
    /// let query: Query<Order> = Query::range::<f64>("user_id.amount", &[&"user1"], 50.0..);
    /// assert_eq!(format!("{query:?}"), format!("{:?}", Order::by_user_id_and_amount("user1", 50.0..)));
    /// ```
    #[must_use]
    pub fn range<V: Indexed>(index: &'static str, values: &[&dyn Indexed], range: impl IntoRange<V>) -> Self {
        fn written<V: Indexed>(value: &V) -> &dyn Indexed {
            value
        }
        let (from, to) = range.into_range();
        let bounds = (from.as_ref().map(written), to.as_ref().map(written));
        Self::between(index, values, values.len() + 1, bounds)
    }

    /// The entries of so many parts that begin with these values, and have one within the bounds behind them.
    pub(crate) fn between(
        index: &'static str,
        values: &[&dyn Indexed],
        parts: usize,
        (from, to): (Bound<&dyn Indexed>, Bound<&dyn Indexed>),
    ) -> Self {
        let span = entry(values).and_then(|prefix| Ok(Span { from: lower(&prefix, from)?, to: upper(&prefix, to)? }));
        Self { index, parts, span, row: PhantomData }
    }

    /// The index that is asked.
    #[must_use]
    pub fn index(&self) -> &'static str {
        self.index
    }

    /// How many values an entry of the index has.
    pub(crate) fn parts(&self) -> usize {
        self.parts
    }

    /// The part of the index that is asked for.
    pub(crate) fn span(&self) -> Result<&Span, NotIndexable> {
        self.span.as_ref().map_err(Clone::clone)
    }
}

/// Where the entries begin that are within the lower bound.
fn lower(prefix: &str, bound: Bound<&dyn Indexed>) -> Result<String, NotIndexable> {
    Ok(match bound {
        Bound::Unbounded => prefix.to_owned(),
        Bound::Included(value) => format!("{prefix}{}", entry(&[value])?),
        Bound::Excluded(value) => format!("{prefix}{}", behind(entry(&[value])?)),
    })
}

/// Before what the entries end that are within the upper bound.
fn upper(prefix: &str, bound: Bound<&dyn Indexed>) -> Result<Option<String>, NotIndexable> {
    Ok(Some(match bound {
        Bound::Unbounded if prefix.is_empty() => return Ok(None),
        Bound::Unbounded => behind(prefix.to_owned()),
        Bound::Included(value) => format!("{prefix}{}", behind(entry(&[value])?)),
        Bound::Excluded(value) => format!("{prefix}{}", entry(&[value])?),
    }))
}

/// What comes right behind all entries that begin with this one, which ends a value.
fn behind(mut entry: String) -> String {
    if entry.pop() == Some(END) {
        entry.push(BEHIND);
    }
    entry
}

/// What may be given for a value of type `V` that rows are found by: the value, a reference to it, a `&str` for a
/// [`String`], and each of these for an `Option`.
///
/// ```
/// use annals::index::IntoIndexed;
///
/// fn find(user: impl IntoIndexed<Option<String>>) -> Option<String> {
///     user.into_indexed()
/// }
///
/// assert_eq!(find("ann"), find(String::from("ann")));
/// assert_eq!(find(None::<String>), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the value that rows are found by here, `{V}`",
    label = "expected `{V}`"
)]
pub trait IntoIndexed<V> {
    /// The value itself.
    fn into_indexed(self) -> V;
}

impl<V: Indexed> IntoIndexed<V> for V {
    fn into_indexed(self) -> V {
        self
    }
}

impl<V: Indexed + Clone> IntoIndexed<V> for &V {
    fn into_indexed(self) -> V {
        self.clone()
    }
}

impl<V: Indexed> IntoIndexed<Option<V>> for V {
    fn into_indexed(self) -> Option<V> {
        Some(self)
    }
}

impl IntoIndexed<String> for &str {
    fn into_indexed(self) -> String {
        self.to_owned()
    }
}

impl IntoIndexed<Option<String>> for &str {
    fn into_indexed(self) -> Option<String> {
        Some(self.to_owned())
    }
}

/// What may be given for a range of values of type `V`: the ranges of the language, and a pair of bounds.
///
/// ```
/// use annals::index::IntoRange;
/// use std::ops::Bound;
///
/// fn bounds(range: impl IntoRange<f64>) -> (Bound<f64>, Bound<f64>) {
///     range.into_range()
/// }
///
/// assert_eq!(bounds(0.5..9.0), (Bound::Included(0.5), Bound::Excluded(9.0)));
/// assert_eq!(bounds((Bound::Excluded(0.5), Bound::Unbounded)), (Bound::Excluded(0.5), Bound::Unbounded));
/// assert_eq!(bounds(..), (Bound::Unbounded, Bound::Unbounded));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a range of the values that rows are found by here, `{V}`",
    label = "expected a range of `{V}`",
    note = "write `a..b`, `a..=b`, `a..`, `..b` or `..`; for one value, `a..=a`"
)]
pub trait IntoRange<V> {
    /// The lower and the upper bound.
    fn into_range(self) -> (Bound<V>, Bound<V>);
}

impl<V> IntoRange<V> for RangeFull {
    fn into_range(self) -> (Bound<V>, Bound<V>) {
        (Bound::Unbounded, Bound::Unbounded)
    }
}

impl<V, T: IntoIndexed<V>> IntoRange<V> for RangeFrom<T> {
    fn into_range(self) -> (Bound<V>, Bound<V>) {
        (Bound::Included(self.start.into_indexed()), Bound::Unbounded)
    }
}

impl<V, T: IntoIndexed<V>> IntoRange<V> for RangeTo<T> {
    fn into_range(self) -> (Bound<V>, Bound<V>) {
        (Bound::Unbounded, Bound::Excluded(self.end.into_indexed()))
    }
}

impl<V, T: IntoIndexed<V>> IntoRange<V> for RangeToInclusive<T> {
    fn into_range(self) -> (Bound<V>, Bound<V>) {
        (Bound::Unbounded, Bound::Included(self.end.into_indexed()))
    }
}

impl<V, T: IntoIndexed<V>> IntoRange<V> for Range<T> {
    fn into_range(self) -> (Bound<V>, Bound<V>) {
        (Bound::Included(self.start.into_indexed()), Bound::Excluded(self.end.into_indexed()))
    }
}

impl<V, T: IntoIndexed<V>> IntoRange<V> for RangeInclusive<T> {
    fn into_range(self) -> (Bound<V>, Bound<V>) {
        let (start, end) = self.into_inner();
        (Bound::Included(start.into_indexed()), Bound::Included(end.into_indexed()))
    }
}

impl<V, T: IntoIndexed<V>> IntoRange<V> for (Bound<T>, Bound<T>) {
    fn into_range(self) -> (Bound<V>, Bound<V>) {
        let (from, to) = self;
        (from.map(IntoIndexed::into_indexed), to.map(IntoIndexed::into_indexed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finds(query: &Query<()>, values: &[&dyn Indexed]) -> bool {
        let Span { from, to } = query.span().unwrap();
        let member = entry(values).unwrap() + "key";
        member >= *from && to.as_ref().is_none_or(|to| member < *to)
    }

    proptest! {
        #[test]
        fn a_range_of_numbers_finds_what_is_within_it(
            values in proptest::collection::vec(-3_i64..3, 1..9), from in -4_i64..4, to in -4_i64..4
        ) {
            for value in values {
                let within = |range: (Bound<i64>, Bound<i64>)| {
                    finds(&Query::range::<i64>("n", &[], range), &[&value])
                };
                prop_assert_eq!(within((Bound::Included(from), Bound::Excluded(to))), from <= value && value < to);
                prop_assert_eq!(within((Bound::Excluded(from), Bound::Included(to))), from < value && value <= to);
                prop_assert_eq!(within((Bound::Unbounded, Bound::Included(to))), value <= to);
                prop_assert_eq!(within((Bound::Excluded(from), Bound::Unbounded)), from < value);
            }
        }

        #[test]
        fn a_range_of_texts_finds_what_is_within_it(value in "[\0\x01\x02ab]{0,3}", from in "[\0\x01\x02ab]{0,3}", to in "[\0\x01\x02ab]{0,3}") {
            let within = |range: (Bound<&str>, Bound<&str>)| finds(&Query::range::<String>("n", &[], range), &[&value]);
            let (from, to) = (from.as_str(), to.as_str());
            prop_assert_eq!(within((Bound::Included(from), Bound::Excluded(to))), *from <= *value && *value < *to);
            prop_assert_eq!(within((Bound::Excluded(from), Bound::Included(to))), *from < *value && *value <= *to);
            prop_assert!(within((Bound::Unbounded, Bound::Unbounded)));
        }

        #[test]
        fn a_range_behind_a_value_finds_only_what_has_that(user in "[\0\x01a]{0,2}", other in "[\0\x01a]{0,2}", amount in -2_f64..2.0, from in -2_f64..2.0) {
            let found = |query: &Query<()>| finds(query, &[&user, &amount]);
            prop_assert_eq!(found(&Query::range::<f64>("n", &[&other], from..)), user == other && amount >= from);
            prop_assert_eq!(found(&Query::range::<f64>("n", &[&other], ..)), user == other);
            prop_assert!(found(&Query::exact("n", &[&user, &amount])));
        }
    }
}
