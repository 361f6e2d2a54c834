use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(name = "BestellungGeschlossenÄ")]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
