//! Tallies: aggregates with snapshots, and one of the same events without.

use annals::{
    Existence,
    journal::{Journal, Snapshot},
    prelude::*,
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum TallyEvent {
    Added { amount: i64, word: String },
    Halved,
    Sealed,
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(event = TallyEvent, snapshot(every = 5))]
pub(crate) struct Tally {
    #[on(Added { amount, .. } => += *amount)]
    #[on(Halved => /= 2)]
    pub(crate) total: i64,
    #[on(Added { word, .. } => .insert(word.clone()))]
    pub(crate) words: HashSet<String>,
    #[on(Added { amount, word } => .insert(word.clone(), (*amount, self.total)))]
    #[on(Halved => .clear())]
    pub(crate) seen: BTreeMap<String, (i64, i64)>,
    #[on(Added { .. } | Halved | Sealed, meta => Some(meta.recorded_at))]
    pub(crate) changed: Option<Timestamp>,
    #[on(Sealed => true)]
    pub(crate) sealed: bool,
}

/// The same without snapshots.
#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize)]
#[aggregate(event = TallyEvent, name = "tally")]
pub(crate) struct Plain {
    #[on(Added { amount, .. } => += *amount)]
    #[on(Halved => /= 2)]
    pub(crate) total: i64,
    #[on(Added { word, .. } => .insert(word.clone()))]
    pub(crate) words: HashSet<String>,
    #[on(Added { amount, word } => .insert(word.clone(), (*amount, self.total)))]
    #[on(Halved => .clear())]
    pub(crate) seen: BTreeMap<String, (i64, i64)>,
    #[on(Added { .. } | Halved | Sealed, meta => Some(meta.recorded_at))]
    pub(crate) changed: Option<Timestamp>,
    #[on(Sealed => true)]
    pub(crate) sealed: bool,
}

impl From<Plain> for Tally {
    fn from(Plain { total, words, seen, changed, sealed }: Plain) -> Self {
        Self { total, words, seen, changed, sealed }
    }
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum TallyError {
    #[error("it is sealed")]
    Sealed,
    #[error("{0} is less than nothing")]
    Negative(i64),
}

#[derive(Command, Clone, Debug)]
#[command(tally: Tally, error = TallyError)]
pub(crate) enum TallyCommand {
    #[command(any)]
    #[require(!tally.sealed, TallyError::Sealed)]
    #[skip_if(amount == 0)]
    #[require(tally.total + amount >= 0, TallyError::Negative(tally.total + amount))]
    #[emit(Added { amount, word })]
    Add { amount: i64, word: String },

    #[require(!tally.sealed, TallyError::Sealed)]
    #[emit(Halved)]
    #[emit(Halved if tally.total > 10)]
    Halve,

    #[skip_if(tally.sealed)]
    #[emit(Sealed)]
    Seal,

    #[command(creates)]
    #[emit(Added { amount: 1, word: String::new() })]
    Begin,
}

pub(crate) fn add(amount: i64) -> TallyCommand {
    TallyCommand::Add { amount, word: format!("word {amount}") }
}

/// As many events at once, whatever is there.
#[derive(Clone, Debug)]
pub(crate) struct AddOften(pub(crate) usize);

impl Command for AddOften {
    type Aggregate = Tally;
    type Error = std::convert::Infallible;

    fn existence(&self) -> Existence {
        Existence::Any
    }

    fn decide(self, _: &Tally, _: &Context) -> Result<Vec<TallyEvent>, Self::Error> {
        Ok(vec![TallyEvent::Added { amount: 1, word: "often".to_owned() }; self.0])
    }
}

pub(crate) fn store(journal: impl Journal) -> Store {
    Store::on(journal, "a journal of the test")
}

/// The snapshot that a load of `A` would begin with.
pub(crate) async fn newest<A: Aggregate<Id = String>>(journal: &Arc<dyn Journal>, id: &str) -> Option<Snapshot> {
    let stream = annals::StreamName::new(A::NAME, id);
    let fingerprint = A::SNAPSHOTS.expect("it has snapshots").fingerprint();
    journal.restore(&stream, fingerprint, 1).await.unwrap().snapshot
}

/// Waits until there is a snapshot at this version.
pub(crate) async fn snapshot_at<A: Aggregate<Id = String>>(
    journal: &Arc<dyn Journal>,
    id: &str,
    version: u64,
) -> Snapshot {
    let snapshot = snapshot_since::<A>(journal, id, version).await;
    assert_eq!(snapshot.version, Version::new(version));
    snapshot
}

/// Waits until there is a snapshot at this version or later: it is taken of what is stored by then.
pub(crate) async fn snapshot_since<A: Aggregate<Id = String>>(
    journal: &Arc<dyn Journal>,
    id: &str,
    version: u64,
) -> Snapshot {
    for _ in 0..500 {
        if let Some(snapshot) = newest::<A>(journal, id).await
            && snapshot.version >= Version::new(version)
        {
            return snapshot;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no snapshot at version {version}; there is {:?}", newest::<A>(journal, id).await);
}
