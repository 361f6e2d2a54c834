use annals::prelude::*;

pub mod millis {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value * 1000)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        u64::deserialize(deserializer).map(|value| value / 1000)
    }
}

#[derive(Serialize, Deserialize)]
pub struct Address {
    town: String,
}

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    Created {
        user_id: String,
        note: String,
    },
    Confirmed {
        at: u64,
    },
    Cancelled {
        #[serde(with = "millis")]
        at: u64,
    },
    Moved {
        to: Address,
    },
}

#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum StockEvent {
    Counted { item_id: u64, in_stock: u32 },
}
