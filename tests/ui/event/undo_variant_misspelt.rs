use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo(Confirmd)]
    Created { cents: u64 },
    Confirmed,
}

fn main() {}
