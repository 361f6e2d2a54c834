//! Accounts: what the tests of this folder are about.

use annals::prelude::*;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum AccountEvent {
    Opened { owner: String },
    Deposited { amount: i64 },
    Withdrawn { amount: i64 },
    Closed,
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize)]
#[aggregate(event = AccountEvent)]
pub(crate) struct Account {
    #[on(Opened { owner })]
    pub(crate) owner: String,
    #[on(Deposited { amount } => += *amount)]
    #[on(Withdrawn { amount } => -= *amount)]
    pub(crate) balance: i64,
    #[on(Opened { .. } => true)]
    #[on(Closed => false)]
    pub(crate) open: bool,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum AccountError {
    #[error("{asked} is more than the balance, {balance}")]
    NotEnough { asked: i64, balance: i64 },
    #[error("the account is closed")]
    Closed,
}

#[derive(Command, Clone, Debug)]
#[command(account: Account, error = AccountError)]
pub(crate) enum AccountCommand {
    #[command(creates)]
    #[emit(Opened { owner })]
    Open { owner: String },

    #[require(account.open, AccountError::Closed)]
    #[skip_if(amount == 0)]
    #[emit(Deposited { amount })]
    Deposit { amount: i64 },

    #[require(account.open, AccountError::Closed)]
    #[require(account.balance >= amount, AccountError::NotEnough { asked: amount, balance: account.balance })]
    #[emit(Withdrawn { amount })]
    Withdraw { amount: i64 },

    /// Two events from one decision.
    #[require(account.open, AccountError::Closed)]
    #[emit(Withdrawn { amount: account.balance } if account.balance > 0)]
    #[emit(Closed)]
    Close,
}

/// Another kind of aggregate in the same journal.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum NoteEvent {
    Written { text: String },
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
#[aggregate(event = NoteEvent, id = NoteId)]
pub(crate) struct Note {
    #[on(Written { text })]
    pub(crate) text: String,
}

/// A typed id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NoteId(pub(crate) u32);

impl std::fmt::Display for NoteId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "n{}", self.0)
    }
}

impl std::str::FromStr for NoteId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix('n').and_then(|number| number.parse().ok());
        number.map(Self).ok_or_else(|| format!("expected `n` and a number, found `{text}`"))
    }
}

#[derive(Command, Clone, Debug)]
#[command(note: Note)]
#[command(any)]
#[emit(Written { text })]
pub(crate) struct Write {
    #[command(id)]
    pub(crate) note_id: NoteId,
    pub(crate) text: String,
}

/// One row an account.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "balances", events(AccountEvent))]
#[remove(Closed)]
pub(crate) struct Balance {
    #[key]
    pub(crate) account: String,
    #[on(Opened { owner })]
    pub(crate) owner: String,
    #[on(Deposited { amount } => += *amount)]
    #[on(Withdrawn { amount } => -= *amount)]
    pub(crate) money: i64,
    #[on(Deposited { .. } | Withdrawn { .. } => += 1)]
    pub(crate) movements: u64,
}

/// One row an owner, over all their accounts.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "owners", events(AccountEvent), ignore(_))]
#[row(Opened { owner } => owner)]
pub(crate) struct Owner {
    #[key]
    pub(crate) owner: String,
    #[on(Opened { .. } => += 1)]
    pub(crate) accounts: u64,
}

/// One row for everything, over two kinds of aggregate.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(
    name = "totals",
    events(AccountEvent, NoteEvent),
    single,
    ignore(AccountEvent::Opened, AccountEvent::Closed)
)]
pub(crate) struct Totals {
    #[on(AccountEvent::Deposited { amount } => += *amount)]
    #[on(AccountEvent::Withdrawn { amount } => -= *amount)]
    pub(crate) money: i64,
    #[on(NoteEvent::Written { text } => += text.len())]
    pub(crate) letters: usize,
}

/// Opens an account.
pub(crate) fn open(owner: &str) -> AccountCommand {
    AccountCommand::Open { owner: owner.to_owned() }
}

/// Deposits an amount.
pub(crate) fn deposit(amount: i64) -> AccountCommand {
    AccountCommand::Deposit { amount }
}
