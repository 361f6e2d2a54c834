//! Entries in a ledger, and the accounts that they add up to.

use annals::prelude::*;

/// What happens to an entry.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum EntryEvent {
    Booked { debit: String, credit: String, cents: i64 },
}

/// An entry: booked once.
#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(event = EntryEvent, id = u64)]
pub(crate) struct Entry {
    #[on(Booked { cents, .. })]
    cents: i64,
}

/// Books an entry.
#[derive(Command, Clone, Debug)]
#[command(entry: Entry)]
#[command(creates)]
#[emit(Booked { debit, credit, cents })]
pub(crate) struct Book {
    pub(crate) debit: String,
    pub(crate) credit: String,
    pub(crate) cents: i64,
}

/// An account: a row of the table `accounts`. Each entry belongs to two.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "accounts", events(EntryEvent))]
#[row(Booked { debit, credit, .. } => [debit, credit])]
pub(crate) struct Account {
    #[key]
    pub(crate) name: String,
    #[on(Booked { debit, credit, cents } => self.cents + change(&self.name, debit, credit, *cents))]
    pub(crate) cents: i64,
    #[on(Booked { .. } => += 1)]
    pub(crate) entries: i64,
}

/// What an entry changes in an account.
fn change(account: &str, debit: &str, credit: &str, cents: i64) -> i64 {
    let part = |side: &str| if side == account { cents } else { 0 };
    part(debit) - part(credit)
}
