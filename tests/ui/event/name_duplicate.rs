use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(name = "order.changed")]
    LineAdded { sku: String },
    #[event(name = "order.changed")]
    LineRemoved { sku: String },
}

fn main() {}
