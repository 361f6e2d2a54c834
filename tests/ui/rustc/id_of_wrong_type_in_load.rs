use annals::prelude::*;
use std::{fmt, num::ParseIntError, str::FromStr};

#[derive(Clone, Debug, PartialEq)]
struct OrderId(u64);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for OrderId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Confirmed,
}

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent, id = OrderId)]
struct Order {
    #[on(Confirmed => true)]
    confirmed: bool,
}

fn load(store: &Store) {
    drop(store.repository::<Order>().load("1"));
}

fn main() {}
