//! The read model of customers as it is made later: it knows their largest order too.

use super::purchase::PurchaseEvent;
use annals::prelude::*;

/// A customer, over all of their orders.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "customers", version = 2, events(PurchaseEvent))]
#[row(Placed { customer, .. } | Paid { customer, .. } | Cancelled { customer, .. } => customer)]
pub(crate) struct Customer {
    #[key]
    pub(crate) name: String,
    #[on(Placed { .. } => += 1)]
    pub(crate) orders: u64,
    #[index(range)]
    #[on(Paid { cents, .. } => += cents)]
    pub(crate) spent: i64,
    #[on(Cancelled { .. } => += 1)]
    pub(crate) cancelled: u64,
    #[index(range)]
    #[on(Paid { cents, .. } => self.largest.max(*cents))]
    pub(crate) largest: i64,
}
