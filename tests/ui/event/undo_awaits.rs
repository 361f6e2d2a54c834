use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[undo(Noted(now().await))]
    Created { cents: u64 },
    Noted(u64),
}

fn main() {}
