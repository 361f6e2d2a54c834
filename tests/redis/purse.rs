//! Purses: an aggregate and its read model, for tests of what a program sees.

use annals::prelude::*;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum PurseEvent {
    #[undo(Taken { amount })]
    Put { amount: i64 },
    #[undo(Put { amount })]
    Taken { amount: i64 },
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
#[aggregate(event = PurseEvent)]
pub(crate) struct Purse {
    #[on(Put { amount } => += *amount)]
    #[on(Taken { amount } => -= *amount)]
    pub(crate) total: i64,
}

#[derive(Command, Clone, Debug, Serialize)]
#[command(purse: Purse)]
#[command(any)]
#[emit(Put { amount })]
pub(crate) struct Put {
    pub(crate) amount: i64,
}

#[derive(Command, Clone, Debug, Serialize)]
#[command(purse: Purse)]
#[command(any)]
#[emit(Taken { amount })]
pub(crate) struct Take {
    pub(crate) amount: i64,
}

/// One row a purse.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "contents", events(PurseEvent))]
pub(crate) struct Contents {
    #[key]
    pub(crate) purse: String,
    #[on(Put { amount } => += *amount)]
    #[on(Taken { amount } => -= *amount)]
    pub(crate) total: i64,
}

/// What an older program knows of purses: nothing can be taken yet.
pub(crate) mod older {
    use annals::prelude::*;

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub(crate) enum PurseEvent {
        Put { amount: i64 },
    }
}

pub(crate) async fn put(store: &Store, purse: &str, amount: i64) -> annals::repository::Outcome<PurseEvent> {
    store.repository::<Purse>().execute(purse, Put { amount }).await.unwrap()
}
