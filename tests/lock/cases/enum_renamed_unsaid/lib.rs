use annals::prelude::*;

/// Once this was `OrderEvent`, and nobody says so.
#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Order")]
pub enum PurchaseEvent {
    Created { user_id: u64 },
}

/// There are two enums for the same events, and the lock is told.
#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Order", lock = "PeekEvent")]
pub enum PeekEvent {
    Created { user_id: Option<String> },
}
