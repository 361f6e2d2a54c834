//! What the messages say is pasted as it stands, and compiles.
#![allow(dead_code, unreachable_code, reason = "what stands in place of the user's thoughts is `todo!()`")]

use annals::prelude::*;

mod millis {
    use serde::{Deserialize, Deserializer};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        u64::deserialize(deserializer).map(|value| value / 1000)
    }
}

#[derive(Deserialize)]
struct CreatedV1 {
    user: String,
}

// The one that is there is changed, as `version_second` says.
impl From<CreatedV1> for CreatedV2 {
    fn from(old: CreatedV1) -> Self {
        let (total, created_at) = (0, 0);
        Self { user_id: old.user, r#type: String::new(), total, note: String::new(), created_at, r#match: false }
    }
}

/// `OrderCreated` as version 2 stored it.
#[derive(serde::Deserialize)]
struct CreatedV2 {
    #[serde(rename = "userId")]
    user_id: String,
    r#type: String,
    total: u32,
    note: String,
    #[serde(rename = "created-at", with = "millis")]
    created_at: u64,
    #[serde(default)]
    r#match: bool,
}

impl From<CreatedV2> for OrderEvent {
    fn from(old: CreatedV2) -> Self {
        Self::Created {
            user_id: old.user_id,
            r#type: old.r#type,
            total: old.total.into(),
            currency: todo!(),
            note: Some(old.note),
        }
    }
}

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    #[event(version = 3, upcast(1 => CreatedV1, 2 => CreatedV2))]
    #[serde(rename_all = "camelCase")]
    Created { user_id: String, r#type: String, total: u64, currency: String, note: Option<String> },
}

#[derive(Serialize, Deserialize)]
pub struct Payment {
    cents: u64,
}

#[derive(Serialize, Deserialize)]
pub struct CardPayment {
    card: String,
}

/// `PaymentReceived` as version 1 stored it.
#[derive(serde::Deserialize)]
struct ReceivedV1(Payment);

impl From<ReceivedV1> for PaymentEvent {
    fn from(_: ReceivedV1) -> Self {
        Self::Received(todo!())
    }
}

/// `PaymentConfirmed` as version 1 stored it.
#[derive(serde::Deserialize)]
struct ConfirmedV1 {}

impl From<ConfirmedV1> for PaymentEvent {
    fn from(_: ConfirmedV1) -> Self {
        Self::Confirmed { by: todo!() }
    }
}

#[derive(Event, Serialize, Deserialize)]
pub enum PaymentEvent {
    #[event(version = 2, upcast(1 => ReceivedV1))]
    Received(CardPayment),
    #[event(version = 2, upcast(1 => ConfirmedV1))]
    Confirmed { by: String },
}
