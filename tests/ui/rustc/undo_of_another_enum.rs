use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo(Option::None::<u8>)]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
