use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    Created {
        user_id: String,
        currency: String,
        #[serde(default)]
        note: String,
        coupon: Option<String>,
    },
    Confirmed { by: String },
}
