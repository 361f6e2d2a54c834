//! An order: what happens to it, what it is, what may be asked of it, and how it is read.

use annals::prelude::*;
use std::collections::BTreeMap;

/// What happens to an order.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum OrderEvent {
    Created { user_id: String, amount: f64 },
    LineAdded { sku: String, price: f64, quantity: u32 },
    Confirmed,
    Cancelled { reason: String },
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Status {
    #[default]
    Open,
    Confirmed,
    Cancelled,
}

/// An order, as its events add up.
#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(event = OrderEvent)]
pub struct Order {
    #[on(Created { user_id, .. })]
    user_id: String,

    #[on(Created { .. } => Status::Open)]
    #[on(Confirmed => Status::Confirmed)]
    #[on(Cancelled { .. } => Status::Cancelled)]
    status: Status,

    #[on(Created { amount, .. })]
    #[on(LineAdded { price, quantity, .. } => += price * f64::from(*quantity))]
    total: f64,

    #[on(LineAdded { sku, quantity, .. } => .insert(sku.clone(), *quantity))]
    lines: BTreeMap<String, u32>,
}

impl Order {
    /// Cancels an order that was not cancelled before.
    fn cancel(&self, reason: String) -> Result<OrderEvent, OrderError> {
        match self.status {
            Status::Cancelled => Err(OrderError::NotOpen),
            Status::Open | Status::Confirmed => Ok(OrderEvent::Cancelled { reason }),
        }
    }
}

/// Why an order refuses.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OrderError {
    #[error("an order must be worth something")]
    NothingToPay,
    #[error("the order is not open any more")]
    NotOpen,
}

/// What may be asked of an order.
#[derive(Command, Clone, Debug)]
#[command(order: Order, error = OrderError)]
pub enum OrderCommand {
    #[command(creates)]
    #[require(amount > 0.0, OrderError::NothingToPay)]
    #[emit(Created { user_id, amount })]
    Create { user_id: String, amount: f64 },

    #[require(order.status == Status::Open, OrderError::NotOpen)]
    #[emit(LineAdded { sku, price, quantity })]
    AddLine { sku: String, price: f64, quantity: u32 },

    #[skip_if(order.status == Status::Confirmed)]
    #[require(order.status == Status::Open, OrderError::NotOpen)]
    #[emit(Confirmed)]
    Confirm,

    #[handler(Order::cancel)]
    Cancel { reason: String },
}

/// An order as a list of orders shows it.
#[derive(Projection, Clone, Debug, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent))]
pub struct OrderSummary {
    #[key]
    pub order_id: String,
    #[on(Created { user_id, .. })]
    pub user_id: String,
    #[on(Created { amount, .. })]
    #[on(LineAdded { price, quantity, .. } => += price * f64::from(*quantity))]
    pub amount: f64,
    #[on(Created { .. }, meta => Some(meta.recorded_at))]
    pub created_at: Option<Timestamp>,
    #[on(Confirmed => "confirmed".to_owned())]
    #[on(Cancelled { .. } => "cancelled".to_owned())]
    pub status: String,
}
