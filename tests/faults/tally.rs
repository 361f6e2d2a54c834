//! What the clients count, and the rows that it adds up to, folded once by the library and once by hand.

use annals::{
    journal::{NewEvent, StoredEvent},
    prelude::*,
};
use std::collections::BTreeMap;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum TallyEvent {
    Counted { number: u64, padding: String },
}

#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "tallies", events(TallyEvent))]
pub(crate) struct Tally {
    #[key]
    pub(crate) id: String,
    #[on(Counted { .. } => += 1)]
    pub(crate) events: u64,
    #[on(Counted { number, .. } => += *number)]
    pub(crate) sum: u64,
}

/// An event of a number, and so long as it is to be.
pub(crate) fn counted(number: u64, padding: usize) -> NewEvent {
    NewEvent::new("TallyCounted", format!(r#"{{"number":{number},"padding":"{}"}}"#, "x".repeat(padding)))
}

/// Takes an event into the rows, without the library.
pub(crate) fn fold(rows: &mut BTreeMap<String, String>, event: &StoredEvent) {
    let id = event.stream().id().into_owned();
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("the journal holds JSON");
    let row = rows.get(&id).map_or_else(|| serde_json::json!({ "events": 0, "sum": 0 }), |row| json(row));
    let field = |name: &str| row[name].as_u64().expect("the rows hold numbers");
    let number = json(event.payload())["number"].as_u64().expect("the events hold numbers");
    let row = serde_json::json!({ "id": id, "events": field("events") + 1, "sum": field("sum") + number });
    rows.insert(id, row.to_string());
}
