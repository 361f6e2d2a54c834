//! Standing between clients and their journals, and writing down what was asked and what was told.

use super::call::{Call, History, Moment, StreamRead};
use annals::{
    StreamName, Version,
    journal::{Append, Journal, JournalError, LogBatch, LogRead, StoredEvent, Verdict},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Writes down what many clients ask of one journal, over however many connections.
///
/// A clone writes into the same history.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    record: Arc<Mutex<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    /// It ticks under the lock of the record, so that no two calls begin or end at the same moment.
    clock: Moment,
    history: History,
}

impl Record {
    fn tick(&mut self) -> Moment {
        self.clock += 1;
        self.clock
    }
}

/// One client. It asks in the same words as [`Journal`].
#[derive(Clone, Debug)]
pub struct Client {
    recorder: Recorder,
    number: u32,
}

impl Recorder {
    /// A recorder that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A client of this number.
    #[must_use]
    pub fn client(&self, number: u32) -> Client {
        Client { recorder: self.clone(), number }
    }

    /// All that was asked so far. What is under way counts as cut off.
    #[must_use]
    pub fn history(&self) -> History {
        self.record().history.clone()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// [`Journal::append`].
    ///
    /// # Errors
    ///
    /// The journal's.
    pub async fn append(&self, journal: &dyn Journal, append: Append) -> Result<Verdict, JournalError> {
        let index = self.begin(|history| &mut history.appends, append.clone());
        let answer = journal.append(append).await;
        self.end(|history| &mut history.appends, index, &answer);
        answer
    }

    /// [`Journal::stream_version`].
    ///
    /// # Errors
    ///
    /// The journal's.
    pub async fn stream_version(&self, journal: &dyn Journal, stream: &StreamName) -> Result<Version, JournalError> {
        let index = self.begin(|history| &mut history.versions, stream.clone());
        let answer = journal.stream_version(stream).await;
        self.end(|history| &mut history.versions, index, &answer);
        answer
    }

    /// [`Journal::read_stream`].
    ///
    /// # Errors
    ///
    /// The journal's.
    pub async fn read_stream(
        &self,
        journal: &dyn Journal,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        let index = self.begin(|history| &mut history.streams, StreamRead { stream: stream.clone(), after, limit });
        let answer = journal.read_stream(stream, after, limit).await;
        self.end(|history| &mut history.streams, index, &answer);
        answer
    }

    /// [`Journal::read_log`].
    ///
    /// # Errors
    ///
    /// The journal's.
    pub async fn read_log(&self, journal: &dyn Journal, read: LogRead) -> Result<LogBatch, JournalError> {
        let index = self.begin(|history| &mut history.logs, read.clone());
        let answer = journal.read_log(read).await;
        self.end(|history| &mut history.logs, index, &answer);
        answer
    }

    fn begin<A, R>(&self, calls: impl Fn(&mut History) -> &mut Vec<Call<A, R>>, asked: A) -> usize {
        let mut record = self.recorder.record();
        let begun = record.tick();
        let calls = calls(&mut record.history);
        calls.push(Call { client: self.number, asked, begun, answer: None });
        calls.len() - 1
    }

    fn end<A, R: Clone>(
        &self,
        calls: impl Fn(&mut History) -> &mut Vec<Call<A, R>>,
        index: usize,
        answer: &Result<R, JournalError>,
    ) {
        let answer = answer.clone();
        let mut record = self.recorder.record();
        let at = record.tick();
        calls(&mut record.history)[index].answer = Some((at, answer));
    }
}
