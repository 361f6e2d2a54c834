//! Rows that an event could not be taken into: noted, listed, tried again, given up.

use super::{
    ProjectError, Projector,
    fold::{self, Changed, Routed},
    keeper::{InJournal, Keeper, Loaded, Standing, Step},
    worker::Reader,
};
use crate::{
    journal::{After, Checkpoint, Committed, JournalError, LogRead, RowChange, StoredEvent},
    model::{Cursor, IntoIdentifier, Position, Projection, StreamName, Version},
    reading::BATCH,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// A row that an event could not be taken into: its fold panicked, or the event or the row does not read. The row stays as it
/// was before that event, and takes no further ones; all other rows go on.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum NoteEvent { Written { text: String } }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = NoteEvent)]
/// # struct Note { #[on(Written { text })] text: String }
/// # #[derive(Command, Clone)]
/// # #[command(note: Note)]
/// # #[command(any)]
/// # #[emit(Written { text })]
/// # struct Write { text: String }
/// #[derive(Projection, Default, Serialize, Deserialize)]
/// #[projection(name = "numbers", events(NoteEvent))]
/// struct Number {
///     #[key]
///     id: String,
///     #[on(Written { text } => text.parse().expect("a number"))]
///     number: u64,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::memory();
/// let notes = store.repository::<Note>();
/// notes.execute("a", Write { text: "seven".to_owned() }).await?;
/// notes.execute("b", Write { text: "8".to_owned() }).await?;
///
/// let numbers = store.projection::<Number>();
/// assert_eq!(numbers.catch_up().await?.parked, 1);
/// assert_eq!(numbers.get("b").await?.unwrap().number, 8);
///
/// let parked = numbers.parked().await?;
/// assert_eq!((parked[0].key.as_str(), parked[0].event_type.as_str()), ("a", "NoteWritten"));
/// assert!(parked[0].reason.starts_with("its fold panicked: a number"));
///
/// // After a new program was deployed that can take the event: numbers.retry_parked().await?
/// numbers.drop_parked("a").await?;
/// assert!(numbers.parked().await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParkedRow {
    /// The row's key.
    #[serde(skip)]
    pub key: String,
    /// The stream of the event that it could not take.
    pub stream: StreamName,
    /// That event's place in the stream.
    pub version: Version,
    /// That event's place in the log.
    #[serde(with = "place")]
    pub position: Position,
    /// That event's type, as stored.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Why it could not be taken in.
    pub reason: String,
    /// Up to where the log is in the row.
    after: Cursor,
}

/// A position as its two numbers.
mod place {
    use crate::model::Position;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(position: &Position, serializer: S) -> Result<S::Ok, S::Error> {
        (position.partition(), position.number()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Position, D::Error> {
        <(u16, u64)>::deserialize(deserializer).map(|(partition, number)| Position::new(partition, number))
    }
}

impl ParkedRow {
    /// A row that cannot take this event of this partition, where the rows contain what the checkpoints say.
    pub(super) fn new(
        key: &str,
        stored: &StoredEvent,
        reason: String,
        partition: u16,
        checkpoints: &BTreeMap<u16, Checkpoint>,
    ) -> Self {
        let mut after = Cursor::start();
        for (&other, &checkpoint) in checkpoints.iter().filter(|(other, _)| **other != partition) {
            after.advance_to(other, checkpoint);
        }
        after.advance(Position::new(partition, stored.position().number().saturating_sub(1)));
        Self {
            key: key.to_owned(),
            stream: stored.stream().clone(),
            version: stored.version(),
            position: stored.position(),
            event_type: stored.event_type().to_owned(),
            reason,
            after,
        }
    }

    /// As it is noted.
    pub(super) fn write(&self) -> String {
        // All of it is text and numbers, which JSON can hold.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn read(key: &str, note: &str) -> Result<Self, ProjectError> {
        let row = serde_json::from_str(note).map_err(|error| JournalError::Foreign {
            place: format!("what is noted of the parked row `{}`", crate::codec::shortened(key)),
            reason: format!("{error}; found `{}`", crate::codec::shortened(note)),
        })?;
        Ok(Self { key: key.to_owned(), ..row })
    }
}

/// What [`Projector::retry_parked`] did.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum NoteEvent { Written { text: String } }
/// # #[derive(Projection, Default, Debug, Serialize, Deserialize)]
/// # #[projection(name = "notes", events(NoteEvent))]
/// # struct NoteRow { #[key] id: String, #[on(Written { text })] text: String }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let retried = Store::memory().projection::<NoteRow>().retry_parked().await?;
/// println!("{} rows go on, {} are parked still", retried.mended, retried.parked);
/// # assert_eq!((retried.mended, retried.parked), (0, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retried {
    /// How many rows have taken all their events, and go on with the others.
    pub mended: u64,
    /// How many stay parked: at the same event, or at a later one.
    pub parked: u64,
}

/// A parked row that is being tried again.
struct Trial<P> {
    /// What is noted of it.
    note: String,
    parked: ParkedRow,
    /// The row so far, as JSON, and where it stands in the indexes as it is kept.
    json: Option<String>,
    kept: Option<String>,
    entries: Vec<(&'static str, String)>,
    now: Option<fold::Now<P>>,
    /// Whether it has met an event again that it cannot take.
    stuck: bool,
}

impl<P: Projection> Projector<P> {
    /// The rows that are parked, in the order of their keys.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub async fn parked(&self) -> Result<Vec<ParkedRow>, ProjectError> {
        let model = self.writing().await?.model;
        let notes = self.journal.parked(&model).await?;
        notes.iter().map(|(key, note)| ParkedRow::read(key, note)).collect()
    }

    /// Tries the parked rows again, once a program runs that can take the events: each takes its event, and those that came
    /// for it since, from the log. A row that has taken them all goes on with the others; one that cannot stays parked,
    /// as far as it has come.
    ///
    /// The log is read once, from the first of the events on. The other rows go on meanwhile.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written. Rows that were not finished stay parked.
    pub async fn retry_parked(&self) -> Result<Retried, ProjectError> {
        let opened = self.writing().await?;
        let keeper = InJournal { journal: Arc::clone(&self.journal), model: opened.model };
        let reader = Reader::new::<P>(Arc::clone(&self.journal));
        let mut trials: BTreeMap<String, Trial<P>> = BTreeMap::new();
        loop {
            let standing = Keeper::<P>::standing(&keeper).await?;
            // What somebody else has retried or dropped meanwhile is not ours any more.
            trials.retain(|key, trial| standing.parked.get(key) == Some(&trial.note));
            self.begin(&keeper, &standing, &mut trials).await?;
            if trials.is_empty() {
                return Ok(Retried::default());
            }
            for (&partition, &until) in &standing.checkpoints {
                read_on(&reader, partition, until, &mut trials).await?;
            }
            if let Some(retried) = self.settle(&keeper, &standing, &trials).await? {
                return Ok(retried);
            }
        }
    }

    /// Takes the rows in hand that are not yet.
    async fn begin(
        &self,
        keeper: &InJournal,
        standing: &Standing,
        trials: &mut BTreeMap<String, Trial<P>>,
    ) -> Result<(), ProjectError> {
        let new: Vec<_> = standing.parked.keys().filter(|key| !trials.contains_key(*key)).cloned().collect();
        let loaded = Keeper::<P>::load(keeper, new.clone()).await?;
        for (key, loaded) in new.into_iter().zip(loaded) {
            let Some(note) = standing.parked.get(&key) else { continue };
            let (json, entries, stuck) = match loaded {
                Loaded::Absent => (None, Vec::new(), false),
                Loaded::Row { json, row } => match fold::entries_of(&key, &row) {
                    Ok(entries) => (Some(json), entries, false),
                    Err(_) => (Some(json), Vec::new(), true),
                },
                // It did not read when it was parked, and does not now.
                Loaded::Unreadable(_) => (None, Vec::new(), true),
            };
            let parked = ParkedRow::read(&key, note)?;
            let (note, kept) = (note.clone(), json.clone());
            trials.insert(key, Trial { note, parked, json, kept, entries, now: None, stuck });
        }
        Ok(())
    }

    /// Commits what the rows have become, if nobody has changed anything since it was looked at.
    async fn settle(
        &self,
        keeper: &InJournal,
        standing: &Standing,
        trials: &BTreeMap<String, Trial<P>>,
    ) -> Result<Option<Retried>, ProjectError> {
        let Some((&partition, &reached)) = standing.checkpoints.first_key_value() else {
            return Ok(Some(Retried::default()));
        };
        let mut retried = Retried::default();
        let (mut changes, mut notes) = (Vec::new(), Vec::new());
        for (key, trial) in trials {
            if trial.json != trial.kept {
                let now = trial.now.as_ref().map(|now| {
                    Ok::<_, ProjectError>(fold::Now {
                        row: super::read_row(key, &now.json)?,
                        json: now.json.clone(),
                        entries: now.entries.clone(),
                    })
                });
                changes.push(Changed { key: key.clone(), entries: trial.entries.clone(), now: now.transpose()? });
            }
            if trial.stuck {
                retried.parked += 1;
                notes.push(RowChange::write(key, trial.parked.write()));
            } else {
                retried.mended += 1;
                notes.push(RowChange::delete(key));
            }
        }
        let step = Step {
            partition,
            expected: Some(reached),
            reached,
            revision: standing.revision,
            lease: None,
            changes,
            parked: notes,
        };
        Ok((Keeper::<P>::commit(keeper, step).await? == Committed::Done).then_some(retried))
    }

    /// Gives a parked row up: deletes it. A later event of its key opens a new one.
    ///
    /// Answers whether it was parked.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written, or the row does not read, so that it is not known where it stands in the
    /// indexes: then only a [`rebuild`](Projector::rebuild) helps.
    pub async fn drop_parked(&self, key: impl IntoIdentifier<P::Key>) -> Result<bool, ProjectError> {
        let key = key.into_identifier().to_string();
        let opened = self.writing().await?;
        let keeper = InJournal { journal: Arc::clone(&self.journal), model: opened.model };
        loop {
            let standing = Keeper::<P>::standing(&keeper).await?;
            let Some((&partition, &reached)) = standing.checkpoints.first_key_value() else { return Ok(false) };
            if !standing.parked.contains_key(&key) {
                return Ok(false);
            }
            let mut changes = Vec::new();
            match Keeper::<P>::load(&keeper, vec![key.clone()]).await?.pop() {
                None | Some(Loaded::Absent) => {}
                Some(Loaded::Unreadable(error)) => return Err(error),
                Some(Loaded::Row { row, .. }) => {
                    let entries = fold::entries_of(&key, &row).map_err(|why| ProjectError::Row {
                        projection: P::NAME,
                        key: key.clone(),
                        reason: why.reason(),
                    })?;
                    changes.push(Changed::<P> { key: key.clone(), entries, now: None });
                }
            }
            let step = Step {
                partition,
                expected: Some(reached),
                reached,
                revision: standing.revision,
                lease: None,
                changes,
                parked: vec![RowChange::delete(&key)],
            };
            if keeper.commit(step).await? == Committed::Done {
                return Ok(true);
            }
        }
    }
}

/// Takes what a partition has into the rows that are tried again, from where each has come to up to the checkpoint.
async fn read_on<P: Projection>(
    reader: &Reader,
    partition: u16,
    until: Checkpoint,
    trials: &mut BTreeMap<String, Trial<P>>,
) -> Result<(), ProjectError> {
    let number = |trial: &Trial<P>| trial.parked.after.position(partition).map_or(0, Position::number);
    let open = |trials: &BTreeMap<String, Trial<P>>| trials.values().filter(|trial| !trial.stuck).map(number).min();
    let Some(first) = open(trials) else { return Ok(()) };
    let mut after = (first > 0).then_some(first);
    let mut place = None;
    while place.map_or(after.unwrap_or(0), |place: Checkpoint| place.log_id.number) < until.log_id.number {
        let batch = match (place, after.take()) {
            (None, Some(number)) => {
                let read = LogRead::new(partition, After::Position(number), BATCH);
                reader.wanted.read(&*reader.journal, read).await.map_err(|error| reader.told(error))?
            }
            (place, _) => reader.read(partition, place, BATCH).await?,
        };
        let Some(last) = batch.checkpoint() else { break };
        place = Some(last);
        let within = |stored: &&StoredEvent| stored.position().number() <= until.log_id.number;
        for stored in batch.events.iter().filter(within) {
            let mut routed = Vec::new();
            Routed::<P>::of(&reader.wanted, 0, stored, &mut routed)?;
            for event in &routed {
                let Some(trial) = trials.get_mut(&event.name) else { continue };
                if !trial.stuck && number(trial) < stored.position().number() {
                    trial.take(event, stored);
                }
            }
        }
    }
    for trial in trials.values_mut().filter(|trial| !trial.stuck) {
        trial.parked.after.advance_to(partition, until);
    }
    Ok(())
}

impl<P: Projection> Trial<P> {
    fn take(&mut self, event: &Routed<P>, stored: &StoredEvent) {
        let loaded = match self.json.as_deref().map(|json| super::read_row(&event.name, json)) {
            None => Loaded::Absent,
            Some(Ok(row)) => Loaded::Row { json: self.json.clone().unwrap_or_default(), row },
            Some(Err(error)) => Loaded::Unreadable(error),
        };
        let folded = fold::fold(&event.name, loaded, &[event]);
        match folded.poison {
            None => {
                if let Some(changed) = folded.changed {
                    self.json = changed.now.as_ref().map(|now| now.json.clone());
                    self.now = changed.now;
                }
                self.parked.after.advance(stored.position());
            }
            Some(poison) => {
                self.stuck = true;
                let (mut parked, key) = (self.parked.clone(), self.parked.key.clone());
                parked.stream = stored.stream().clone();
                parked.version = stored.version();
                parked.position = stored.position();
                stored.event_type().clone_into(&mut parked.event_type);
                parked.reason = poison.why.reason();
                self.parked = ParkedRow { key, ..parked };
            }
        }
    }
}
