use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(nmae = "shop.order")]
enum OrderEvent {
    Confirmed,
}

fn main() {}
