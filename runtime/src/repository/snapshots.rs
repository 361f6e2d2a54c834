//! Snapshots: taken behind the commands, read at the begin of a load.

use super::{ReadError, Repository, SnapshotError, folded::Folded};
use crate::{
    journal::Snapshot,
    model::{Aggregate, Snapshots, StreamName, Version},
    trace::tell,
};
use futures_util::FutureExt;
use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError},
};

/// At which versions this program has tried to take snapshots: where that fails it is tried again as many events later,
/// and not after each of them.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    versions: Mutex<HashMap<StreamName, Version>>,
}

impl Attempts {
    /// How many streams are remembered; beyond that all are forgotten, at the cost of a second attempt.
    const MOST: usize = 10_000;

    /// Whether a stream that has come to this version is due, which then counts as tried.
    fn is_due(&self, stream: &StreamName, every: u32, snapshot: Version, version: Version) -> bool {
        let distance = |since: Version| version.number().saturating_sub(since.number());
        if distance(snapshot) < u64::from(every) {
            return false;
        }
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        // A stream that is behind the last attempt was rewound.
        if versions.get(stream).is_some_and(|&tried| tried <= version && distance(tried) < u64::from(every)) {
            return false;
        }
        if versions.len() >= Self::MOST {
            versions.clear();
        }
        versions.insert(stream.clone(), version);
        true
    }
}

impl<A: Aggregate> Repository<A> {
    /// Takes a snapshot now, and answers at which version: the next load folds it, and the events after it.
    ///
    /// Snapshots are taken by themselves as a stream grows; this is for what grew before it had any, or for a state that is
    /// wanted at once after a deployment.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), and where the aggregate has no snapshots, has no events, or has a state that would not
    /// read back.
    ///
    /// ```
    /// use annals::prelude::*;
    ///
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// #[derive(Aggregate, Default, Serialize, Deserialize)]
    /// #[aggregate(event = CounterEvent, snapshot(every = 100))]
    /// struct Counter {
    ///     #[on(Added { amount } => += *amount)]
    ///     total: u64,
    /// }
    /// # #[derive(Command, Clone)]
    /// # #[command(counter: Counter)]
    /// # #[command(any)]
    /// # #[emit(Added { amount })]
    /// # struct Add { amount: u64 }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counters = Store::memory().repository::<Counter>();
    /// counters.execute("visits", Add { amount: 2 }).await?;
    /// assert_eq!(counters.snapshot("visits").await?, Version::new(1));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn snapshot(&self, id: impl crate::IntoIdentifier<A::Id>) -> Result<Version, SnapshotError> {
        let stream = self.stream(id);
        let Some(snapshots) = A::SNAPSHOTS else { return Err(SnapshotError::Disabled { stream }) };
        let folded = self.load_folded(&stream).await?;
        self.write_snapshot(&snapshots, stream, &folded).await
    }

    async fn write_snapshot(
        &self,
        snapshots: &Snapshots<A>,
        stream: StreamName,
        folded: &Folded<A>,
    ) -> Result<Version, SnapshotError> {
        let version = folded.loaded.version;
        let Some(log_id) = folded.log_id else { return Err(SnapshotError::NoEvents { stream }) };
        let state = match snapshots.write(&folded.loaded.state) {
            Ok(state) => state,
            Err(reason) => return Err(SnapshotError::State { stream, version, reason }),
        };
        let snapshot = Snapshot::new(stream, version, log_id, snapshots.fingerprint(), state);
        self.journal.write_snapshot(snapshot).await.map_err(ReadError::Journal)?;
        Ok(version)
    }

    /// Takes a snapshot if one is due, off the path of the command that brought the stream to this version.
    pub(super) async fn after_command(&self, stream: &StreamName, snapshot: Version, version: Version) {
        let Some(snapshots) = A::SNAPSHOTS else { return };
        if !self.attempts.is_due(stream, snapshots.every(), snapshot, version) {
            return;
        }
        let (repository, stream) = (self.clone(), stream.clone());
        let take = async move {
            let taken = repository.take_snapshot(&snapshots, &stream);
            // It runs the user's `Serialize`, and the command has happened already.
            match AssertUnwindSafe(taken).catch_unwind().await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tell!(warn, stream = stream.as_str(), error = error.to_string(), "no snapshot was taken");
                }
                Err(_) => tell!(error, stream = stream.as_str(), "the state panics when it is written"),
            }
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(take)),
            Err(_) => take.await,
        }
    }

    /// Takes a snapshot of what is stored, if it is far enough from the last one: the state that a command was decided on
    /// may have seen events as they were before they were stored.
    async fn take_snapshot(&self, snapshots: &Snapshots<A>, stream: &StreamName) -> Result<(), SnapshotError> {
        let folded = self.load_folded(stream).await?;
        if folded.loaded.version.number() - folded.snapshot.number() >= u64::from(snapshots.every()) {
            self.write_snapshot(snapshots, stream.clone(), &folded).await?;
        }
        Ok(())
    }
}
