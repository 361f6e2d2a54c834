use annals::prelude::*;

/// Once this was `OrderEvent`: what is locked of it holds on.
#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Order", lock = "OrderEvent")]
pub enum PurchaseEvent {
    Created { user_id: u64 },
}
