use annals::prelude::*;

/// The one that is locked.
#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Order")]
pub enum Event {
    Created { user_id: String },
}
