use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo(Noted(return))]
    Created { cents: u64 },
    Noted(u64),
}

fn main() {}
