use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    Created { user_id: String },
    LineAdded { sku: String, count: u32 },
    Moved { street: String, town: String },
    Cancelled,
}
