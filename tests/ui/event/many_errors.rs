use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "shop order.", version = 2)]
#[serde(rename_all = "snake_case")]
enum OrderEvent {
    #[event(name = 7, alias = "")]
    Created { user_id: String },
    LineAdded(String, u32),
    #[event(name = "shop.confirmed", name = "confirmed")]
    Confirmed,
    #[event(name = "shop.confirmed")]
    Accepted {
        #[event(name = "user")]
        by: String,
    },
}

fn main() {}
