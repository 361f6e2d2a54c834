//! What the derive writes beside a lock stands under every lint, and in every place.
// Those that serde's own derives allow cannot be forbidden.
#![forbid(missing_docs, unsafe_code, unreachable_pub, unnameable_test_items, unused_results, trivial_casts)]
#![deny(warnings, unused, unused_qualifications, single_use_lifetimes, elided_lifetimes_in_paths)]

/// Where nothing has its usual name.
pub mod shadowed {
    #![no_implicit_prelude]

    use ::annals::{Event, UnknownEvent};
    use ::serde::{Deserialize, Serialize};

    /// No test.
    #[macro_export]
    macro_rules! test {
        () => {};
    }
    pub use test;

    /// No option.
    #[derive(Serialize, Deserialize, Debug)]
    pub struct Option;

    /// What happens to an order.
    #[derive(Event, Serialize, Deserialize, Debug)]
    #[event(retired("OrderPromised"))]
    pub enum OrderEvent {
        /// It was made.
        #[event(version = 2, upcast(1 => CreatedV1))]
        Created {
            /// By whom.
            r#type: ::std::string::String,
        },
        /// Something else.
        #[event(unknown)]
        Unknown(UnknownEvent),
    }

    /// As it was.
    #[derive(Deserialize, Debug)]
    pub struct CreatedV1 {
        /// By whom.
        pub user: ::std::string::String,
    }

    impl ::std::convert::From<CreatedV1> for OrderEvent {
        fn from(old: CreatedV1) -> Self {
            Self::Created { r#type: old.user }
        }
    }
}

/// Where no test can stand.
#[must_use]
pub fn body() -> &'static str {
    use annals::prelude::*;

    /// What happens to stock.
    #[derive(Event, Serialize, Deserialize, Debug)]
    enum StockEvent {
        /// Somebody has counted.
        Counted,
    }

    StockEvent::Counted.event_type()
}
