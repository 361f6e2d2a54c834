use annals::prelude::*;

/// The one that is locked.
#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Order")]
pub enum Event {
    Created { user_id: String },
}

#[derive(Event, Serialize, Deserialize)]
pub enum PackingEvent {
    Packed { by: String },
}

pub mod trial {
    use annals::prelude::*;

    /// What a test might try things on.
    #[derive(Event, Serialize, Deserialize)]
    pub enum PackingEvent {
        Packed { by: u64 },
    }
}
