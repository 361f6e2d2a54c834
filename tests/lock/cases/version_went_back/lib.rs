use annals::prelude::*;

#[derive(Deserialize)]
pub struct CreatedV1 {
    user: String,
}

impl From<CreatedV1> for OrderEvent {
    fn from(old: CreatedV1) -> Self {
        Self::Created { user_id: old.user }
    }
}

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    #[event(version = 2, upcast(1 => CreatedV1))]
    Created { user_id: String },
    Confirmed,
}
