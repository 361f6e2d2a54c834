//! What a case may order from: events, an aggregate and an error without a mistake.

use annals::prelude::*;
use std::{error::Error, fmt};

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum OrderEvent {
    Created { user_id: String, amount: f64 },
    LineAdded { sku: String, quantity: u32 },
    Confirmed,
    Cancelled { reason: String },
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
#[aggregate(event = OrderEvent)]
pub struct Order {
    #[on(Created { user_id, .. })]
    pub user_id: String,
    #[on(Created { amount, .. })]
    pub total: f64,
    #[on(LineAdded { quantity, .. } => += quantity)]
    pub items: u32,
    #[on(Confirmed => true)]
    #[on(Cancelled { .. } => false)]
    pub confirmed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum OrderError {
    NothingToPay,
    NotOpen,
}

impl Error for OrderError {}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order is not open, or there is nothing to pay")
    }
}
