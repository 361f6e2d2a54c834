use annals::prelude::*;

/// Another one of its name.
#[derive(Event, Serialize, Deserialize)]
#[event(prefix = "Payment")]
pub enum Event {
    Received { cents: u64 },
}
