//! The read models as they are first.

use super::purchase::PurchaseEvent;
use annals::{Indexed, prelude::*};
use std::fmt;

/// A customer, over all of their orders.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "customers", events(PurchaseEvent))]
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
}

/// Where an order stands.
#[derive(Indexed, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Status {
    #[default]
    Open,
    Paid,
    Cancelled,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        })
    }
}

/// An order.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "purchases", events(PurchaseEvent))]
pub(crate) struct Order {
    #[key]
    pub(crate) number: u64,
    #[on(Placed { customer, .. })]
    pub(crate) customer: String,
    #[index(range, per = customer)]
    #[on(Placed { cents, .. })]
    pub(crate) cents: i64,
    #[index]
    #[on(Paid { .. } => Status::Paid)]
    #[on(Cancelled { .. } => Status::Cancelled)]
    pub(crate) status: Status,
}

/// Everything in one row.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "turnover", events(PurchaseEvent), single)]
pub(crate) struct Turnover {
    #[on(Placed { .. } => += 1)]
    pub(crate) orders: u64,
    #[on(Paid { cents, .. } => += cents)]
    pub(crate) paid: i64,
    #[on(Cancelled { .. } => += 1)]
    pub(crate) cancelled: u64,
}
