use annals::prelude::*;

#[derive(Deserialize)]
pub struct CreatedV1 {
    user: String,
}

impl From<CreatedV1> for OrderEvent {
    fn from(old: CreatedV1) -> Self {
        Self::Created { user_id: old.user, r#type: String::new(), total: 0, currency: String::new(), note: None }
    }
}

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    #[event(version = 2, upcast(1 => CreatedV1))]
    #[serde(rename_all = "camelCase")]
    Created { user_id: String, r#type: String, total: u64, currency: String, note: Option<String> },
}
