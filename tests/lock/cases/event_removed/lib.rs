use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(retired("OrderPromised"))]
pub enum OrderEvent {
    Created { user_id: String },
}

#[derive(Event, Serialize, Deserialize)]
pub enum StockEvent {
    Counted { item: u64 },
}
