use annals::prelude::*;

pub mod fields {
    use super::*;

    #[derive(Event, Serialize, Deserialize)]
    pub enum OrderEvent {
        /// The customer has ordered: docs are not stored.
        Created {
            /// In another order than it was, and with docs.
            amount: f64,
            #[serde(rename = "user_id")]
            customer: std::string::String,
            #[serde(default)]
            currency: String,
            coupon: Option<String>,
            #[serde(skip)]
            seen: bool,
        },
        LineAdded {
            sku: Option<String>,
            quantity: u64,
            #[serde(default, alias = "remark")]
            note: String,
        },
        /// It had no fields.
        Confirmed {},
        /// It is new.
        Viewed { by: String },
    }
}

pub mod names {
    use super::*;

    #[derive(Event, Serialize, Deserialize)]
    #[event(retired("StockLost"))]
    pub enum StockEvent {
        #[event(name = "StockCounted")]
        Taken { item: u64 },
        #[event(alias = "StockSpoilt")]
        Rotten { item: u64 },
    }

    /// It was `ReturnEvent` once.
    #[derive(Event, Serialize, Deserialize)]
    #[event(prefix = "Return", lock = "ReturnEvent")]
    pub enum RefundEvent {
        Asked { item: u64 },
    }
}

pub mod versions {
    use super::*;

    #[derive(Deserialize)]
    struct ReceivedV1 {
        cents: u64,
    }

    impl From<ReceivedV1> for PaymentEvent {
        fn from(old: ReceivedV1) -> Self {
            Self::Received { amount: old.cents.to_string() }
        }
    }

    #[derive(Event, Serialize, Deserialize)]
    pub enum PaymentEvent {
        #[event(version = 2, upcast(1 => ReceivedV1))]
        Received { amount: String },
        #[event(unknown)]
        Unknown(annals::UnknownEvent),
    }
}

pub mod outside {
    use super::*;

    /// Called like one that is locked, and no part of the lock.
    #[derive(Event, Serialize, Deserialize)]
    #[event(unlocked)]
    pub enum OrderEvent {
        Created,
    }

    /// Nothing is locked of it yet.
    #[derive(Event, Serialize, Deserialize)]
    pub enum NewEvent {
        Created,
    }

    #[derive(Event, Serialize, Deserialize)]
    #[serde(bound = "T: Serialize + serde::de::DeserializeOwned")]
    pub enum SlotEvent<T> {
        Filled { value: T },
    }
}
