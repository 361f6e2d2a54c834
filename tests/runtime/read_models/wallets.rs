//! Wallets: rows across aggregates, two of them from one event, under indexes.

use annals::{Store, prelude::*};
use std::collections::BTreeMap;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum TransferEvent {
    Sent { from: String, to: String, cents: i64 },
}

#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(event = TransferEvent)]
pub(crate) struct Transfer {
    #[on(Sent { cents, .. })]
    pub(crate) cents: i64,
}

#[derive(Command, Clone, Debug)]
#[command(transfer: Transfer)]
#[command(creates)]
#[emit(Sent { from, to, cents })]
pub(crate) struct Send {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) cents: i64,
}

/// One row a person, changed by the transfers of all partitions.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "wallets", events(TransferEvent))]
#[row(Sent { from, to, .. } => [from, to])]
pub(crate) struct Wallet {
    #[key]
    pub(crate) owner: String,
    #[index(range)]
    #[index(range, per = moves)]
    #[on(Sent { from, to, cents } => self.cents + change(&self.owner, from, to, *cents))]
    pub(crate) cents: i64,
    #[index]
    #[on(Sent { .. } => += 1)]
    pub(crate) moves: u32,
}

/// What a transfer changes for somebody.
fn change(owner: &str, from: &str, to: &str, cents: i64) -> i64 {
    let part = |side: &str| if side == owner { cents } else { 0 };
    part(to) - part(from)
}

const PEOPLE: [&str; 5] = ["ann", "bob", "cem", "dee", "eva"];

/// Transfers of these numbers, each an aggregate of its own.
pub(crate) async fn send(store: &Store, numbers: std::ops::Range<usize>) {
    let transfers = store.repository::<Transfer>();
    for number in numbers {
        let (from, to) = (PEOPLE[number % 5].to_owned(), PEOPLE[(number * 2 + 1) % 5].to_owned());
        let cents = i64::try_from(number).unwrap() * 7 % 50;
        transfers.execute(format!("t{number}"), Send { from, to, cents }).await.unwrap();
    }
}

/// The rows that the events lead to, by a fold of its own.
pub(crate) async fn expected(store: &Store) -> Vec<Wallet> {
    let mut wallets: BTreeMap<String, Wallet> = BTreeMap::new();
    for recorded in store.events::<TransferEvent>().to_vec().await.unwrap() {
        let TransferEvent::Sent { from, to, cents } = recorded.event;
        let mut wallet = |owner: &String, change: i64, moves: u32| {
            let wallet = wallets.entry(owner.clone()).or_default();
            wallet.owner.clone_from(owner);
            (wallet.cents, wallet.moves) = (wallet.cents + change, wallet.moves + moves);
        };
        wallet(&from, -cents, 1);
        wallet(&to, cents, u32::from(from != to));
    }
    wallets.into_values().collect()
}

/// Checks that rows and indexes are as an independent fold says.
pub(crate) async fn assert_wallets_are_as_expected(store: &Store) {
    let wallets = store.projection::<Wallet>();
    let mut expected = expected(store).await;
    assert_eq!(wallets.all().await.unwrap().rows, expected);
    for moves in 0..=expected.iter().map(|wallet| wallet.moves).max().unwrap_or_default() {
        let of = wallets.find(Wallet::by_moves(moves)).await.unwrap().rows;
        assert_eq!(of, expected.iter().filter(|wallet| wallet.moves == moves).cloned().collect::<Vec<_>>());
    }
    expected.sort_by(|one, other| (one.cents, &one.owner).cmp(&(other.cents, &other.owner)));
    assert_eq!(wallets.find(Wallet::by_cents(..)).await.unwrap().rows, expected);
}
