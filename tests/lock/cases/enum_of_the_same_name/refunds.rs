use annals::prelude::*;

/// Another one of its name, which says so.
#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Refund", lock = "refunds.Event")]
pub enum Event {
    Paid { cents: u64 },
}

/// One that stood among the orders once: it is compared as before.
#[derive(Event, Serialize, Deserialize)]
pub enum MovedEvent {
    Happened { at: u32 },
}

pub mod toys {
    use annals::prelude::*;

    /// One that stores nothing.
    #[derive(Event, Serialize, Deserialize)]
    #[event(unlocked)]
    pub enum Event {
        Played,
    }
}
