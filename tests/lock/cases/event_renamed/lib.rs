use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    Placed { user_id: String, amount: f64 },
    Confirmed,
}

/// Another prefix is another name for each of its events.
#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Warehouse")]
pub enum StockEvent {
    Counted,
    Spoilt,
}
