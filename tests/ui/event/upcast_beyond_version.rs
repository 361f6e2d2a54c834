use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(version = 2, upcast(1 => CreatedV1, 2 => CreatedV2))]
    Created { cents: u64 },
    Confirmed,
}

#[derive(Deserialize)]
struct CreatedV1 {
    euros: u64,
}

impl From<CreatedV1> for OrderEvent {
    fn from(old: CreatedV1) -> Self {
        Self::Created { cents: old.euros * 100 }
    }
}

fn main() {}
