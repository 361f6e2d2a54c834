use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(version = 2, upcast(1 => CreatedV1))]
    Created { cents: u64 },
    Confirmed,
}

#[derive(Deserialize)]
struct CreatedV1 {
    euros: u64,
}

struct TooMuch;

impl TryFrom<CreatedV1> for OrderEvent {
    type Error = TooMuch;

    fn try_from(old: CreatedV1) -> Result<Self, TooMuch> {
        Ok(Self::Created { cents: old.euros.checked_mul(100).ok_or(TooMuch)? })
    }
}

fn main() {}
