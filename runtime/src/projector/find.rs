//! Rows found by their indexes, a page at a time.

use super::{Page, ProjectError, Projector, read_row};
use crate::{
    journal,
    model::{Projection, Query, escaped, unescaped},
};
use futures_util::future::BoxFuture;
use std::{fmt, future::IntoFuture};

/// Rows that an index leads to, made by [`Projector::find`]. Await it for a [`Page`].
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum OrderEvent { Created { user_id: String, amount: f64 } }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = OrderEvent)]
/// # struct Order { #[on(Created { amount, .. })] amount: f64 }
/// # #[derive(Command, Clone)]
/// # #[command(order: Order)]
/// # #[command(creates)]
/// # #[emit(Created { user_id, amount })]
/// # struct Create { user_id: String, amount: f64 }
/// #[derive(Projection, Default, Debug, Serialize, Deserialize)]
/// #[projection(name = "orders", events(OrderEvent))]
/// struct Row {
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
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Store::memory();
/// # let orders = store.repository::<Order>();
/// # for (id, user, amount) in [("1", "ann", 20.0), ("2", "bob", 60.0), ("3", "ann", 80.0)] {
/// #     orders.execute(id, Create { user_id: user.to_owned(), amount }).await?;
/// # }
/// let rows = store.projection::<Row>();
/// rows.catch_up().await?;
///
/// let of_ann = rows.find(Row::by_user_id("ann")).await?.rows;
/// assert_eq!(of_ann.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["1", "3"]);
///
/// let dear = rows.find(Row::by_amount(50.0..)).descending().limit(1).await?;
/// assert_eq!(dear.rows[0].id, "3");
/// let next = rows.find(Row::by_amount(50.0..)).descending().limit(1).after(dear.next.unwrap()).await?;
/// assert_eq!((next.rows[0].id.as_str(), next.next), ("2", None));
///
/// let both = rows.find(Row::by_user_id_and_amount("ann", 50.0..)).await?.rows;
/// assert_eq!(both.len(), 1);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read until it is awaited"]
pub struct Find<P> {
    projector: Projector<P>,
    query: Query<P>,
    descending: bool,
    after: Option<String>,
    limit: usize,
}

impl<P> fmt::Debug for Find<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Find")
            .field("query", &self.query)
            .field("descending", &self.descending)
            .field("after", &self.after)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl<P: Projection> Find<P> {
    /// The largest value first: of times, the newest.
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Begins behind the last row of a page: with its [`next`](Page::next). Text of letters, digits and `%-_.~@+/`, to be
    /// handed out and taken back.
    pub fn after(mut self, next: impl Into<String>) -> Self {
        self.after = Some(next.into());
        self
    }

    /// At most this many rows a page; 100 unless said otherwise, and at least one.
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = rows.max(1);
        self
    }

    async fn page(self) -> Result<Page<P>, ProjectError> {
        let Self { projector, query, descending, after, limit } = self;
        let find = asked(&query, descending, after, limit).map_err(|reason| ProjectError::Query {
            projection: P::NAME,
            index: query.index(),
            reason,
        })?;
        let Some(find) = find else { return Ok(Page { rows: Vec::new(), next: None }) };
        let found = projector.read(move |journal, model| {
            let find = find.clone();
            Box::pin(async move { journal.find(&model, find).await })
        });
        let found = found.await?;
        let next = found.rows.last().filter(|_| found.more).map(|row| escaped(&row.entry));
        let rows = found.rows.iter().map(|row| read_row(&row.key, &row.row)).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }
}

/// What the journal is asked; `None` where nothing can be found, or why it cannot be asked.
fn asked<P>(
    query: &Query<P>,
    descending: bool,
    after: Option<String>,
    limit: usize,
) -> Result<Option<journal::Find>, String> {
    let span = query.span().map_err(|error| error.to_string())?;
    let (mut from, mut to) = (span.from.clone(), span.to.clone());
    if let Some(after) = after {
        let entry = unescaped(&after).ok_or_else(|| {
            let found = crate::codec::shortened(&after);
            format!("expected what a page gave as `next` to go on after, found `{found}`")
        })?;
        // Whoever sends something else finds nothing beyond what was asked for.
        if descending {
            to = Some(to.map_or_else(|| entry.clone(), |to| to.min(entry.clone())));
        } else {
            // The least text behind the entry.
            from = from.max(entry + "\0");
        }
    }
    if to.as_ref().is_some_and(|to| *to <= from) {
        return Ok(None);
    }
    let mut find = journal::Find::new(query.index(), query.parts(), from, limit);
    find.to = to;
    find.descending = descending;
    Ok(Some(find))
}

impl<P: Projection> IntoFuture for Find<P> {
    type Output = Result<Page<P>, ProjectError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.page())
    }
}

impl<P: Projection> Projector<P> {
    /// Rows that a declared index leads to, in the order of the values that they are found by, and of their keys where these
    /// are equal; as far as the rows have been brought.
    pub fn find(&self, query: Query<P>) -> Find<P> {
        Find { projector: self.clone(), query, descending: false, after: None, limit: 100 }
    }
}
