use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    LineAdded { sku: String, quantity: u32 = 1 },
    Confirmed,
}

fn main() {}
