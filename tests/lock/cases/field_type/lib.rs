use annals::prelude::*;

#[derive(Serialize, Deserialize)]
pub struct Cents(u64);

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    /// The customer has ordered.
    Created { user_id: String, amount: Cents },
    /// A number that some of what is stored does not fit into.
    LineAdded { sku: String, quantity: u8 },
    /// There are orders without one.
    Noted { note: String },
    Confirmed,
}

#[derive(Serialize, Deserialize)]
pub struct CardPayment {
    card: String,
}

#[derive(Event, Serialize, Deserialize)]
pub enum PaymentEvent {
    Received(CardPayment),
    Refunded { payment: u64 },
    Failed(u64),
}
