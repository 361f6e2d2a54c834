use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo(Cancelled { cents: euros })]
    Created { cents: u64 },
    Cancelled { cents: u64 },
}

fn main() {}
