use annals::{Aggregate, Event};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String, note: String },
}

#[derive(Aggregate, Default, Serialize, Deserialize)]
#[aggregate(event = OrderEvent, snapshot(every = 100))]
#[on(Created { note, .. } => self.notes.push(note.clone()))]
struct Order {
    #[serde(skip)]
    #[on(Created { user_id, .. })]
    user_id: String,
    #[on(Created { note, .. })]
    #[serde(default, skip_deserializing)]
    note: String,
    #[on(Created { .. } => += 1)]
    #[serde(rename = "n", skip_serializing)]
    count: u32,
    #[on(Created { .. } => true)]
    #[serde(skip_serializing_if = "is_false", default)]
    created: bool,
    #[serde(skip)]
    notes: Vec<String>,
    #[serde(skip)]
    untouched: u32,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn main() {}
