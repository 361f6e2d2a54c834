use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    Created,
}
