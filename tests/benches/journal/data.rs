//! What is written: events whose payload is 200 bytes long, in streams of their own.

use super::ground::Ground;
use annals::{
    StreamName, Version,
    journal::{Append, Expected, Journal, NewEvent, Verdict},
    prelude::*,
};
use futures_util::future::join_all;

pub(crate) const AGGREGATE: &str = "account";
pub(crate) const TYPE: &str = "AccountDeposited";
/// How many bytes the payload of an event has.
pub(crate) const PAYLOAD: usize = 200;
/// How many events a stream has, where nothing else is said.
pub(crate) const PER_STREAM: usize = 5;
/// How many appends are under way while streams are filled.
const AT_ONCE: usize = 256;

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
pub(crate) enum AccountEvent {
    Deposited { amount: u64, by: String, note: String },
}

/// A row an aggregate.
#[derive(Projection, Default, Debug, Serialize, Deserialize)]
#[projection(name = "balances", events(AccountEvent))]
pub(crate) struct Balance {
    #[key]
    account: String,
    #[on(Deposited { amount, .. } => += *amount)]
    pub(crate) sum: u64,
    #[on(Deposited { by, .. })]
    last: String,
    #[on(Deposited { .. } => += 1)]
    pub(crate) movements: u64,
}

/// The payload of every event.
pub(crate) fn payload() -> String {
    let (start, end) = (r#"{"amount":7,"by":"clerk-7","note":""#, r#""}"#);
    let note = PAYLOAD - start.len() - end.len();
    format!("{start}{:x<note$}{end}", "paid in at the counter ")
}

pub(crate) fn event() -> NewEvent {
    NewEvent::new(TYPE, payload())
}

pub(crate) fn stream(id: &str) -> StreamName {
    StreamName::new(AGGREGATE, id)
}

/// One event more for a stream that has `version` of them.
pub(crate) fn append(id: &str, version: usize) -> Append {
    Append::new(stream(id), expected(version), vec![event()])
}

fn expected(version: usize) -> Expected {
    Expected::Version(Version::new(version as u64))
}

/// How the events of several streams lie in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// Those of 256 streams in turn, an append each.
    Interleaved,
    /// Those of a stream one after another, in one append.
    Runs,
}

impl Layout {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Interleaved => "interleaved",
            Self::Runs => "in runs",
        }
    }
}

/// Appends to so many new streams, so many events each.
pub(crate) async fn fill(ground: &Ground, layout: Layout, prefix: &str, streams: usize, events: usize) {
    let ids: Vec<_> = (0..streams).map(|number| format!("{prefix}{number}")).collect();
    for ids in ids.chunks(AT_ONCE) {
        match layout {
            Layout::Interleaved => {
                for version in 0..events {
                    send(ground, ids.iter().map(|id| append(id, version)).collect()).await;
                }
            }
            Layout::Runs => {
                let whole = |id: &String| Append::new(stream(id), expected(0), vec![event(); events]);
                send(ground, ids.iter().map(whole).collect()).await;
            }
        }
    }
}

async fn send(ground: &Ground, appends: Vec<Append>) {
    for verdict in join_all(appends.into_iter().map(|append| ground.journal.append(append))).await {
        assert!(matches!(verdict.unwrap(), Verdict::Appended(_)), "the streams are new");
    }
}
