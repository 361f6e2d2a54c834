use annals::prelude::*;

/// Each variant has another mistake, and one has three.
#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    Created { user_id: u64, amount: String, currency: String },
    Confirmed { by: String },
    Cancelled,
    Shipped,
}
