//! Journals that fail, stall or watch, in front of real ones.

use annals::{
    StreamName, Version,
    journal::{
        Append, Commit, Committed, Journal, JournalError, LogBatch, LogId, LogRead, ReadModel, RowsPage, StoredEvent,
        Verdict,
    },
};
use futures_util::future::BoxFuture;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

/// Runs before and after every call to a journal.
pub(crate) trait Around: fmt::Debug + Send + Sync + 'static {
    /// An error here means that the call is not made.
    fn before(&self, call: &'static str) -> BoxFuture<'_, Result<(), JournalError>>;
    /// An error here means that the call was made and its answer is lost.
    fn after(&self, call: &'static str) -> BoxFuture<'_, Result<(), JournalError>>;
}

/// A journal with something around it.
#[derive(Debug)]
pub(crate) struct With<A, J> {
    around: A,
    inner: J,
}

impl<A: Around, J: Journal> With<A, J> {
    pub(crate) fn around(around: A, inner: J) -> Self {
        Self { around, inner }
    }

    async fn call<T>(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<T, JournalError>>,
    ) -> Result<T, JournalError> {
        self.around.before(name).await?;
        let answer = call.await;
        self.around.after(name).await?;
        answer
    }
}

impl<A: Around, J: Journal> Journal for With<A, J> {
    fn partitions(&self) -> u16 {
        self.inner.partitions()
    }

    fn append(&self, append: Append) -> BoxFuture<'_, Result<Verdict, JournalError>> {
        Box::pin(self.call("append", self.inner.append(append)))
    }

    fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, JournalError>> {
        let stream = stream.clone();
        Box::pin(async move { self.call("read_stream", self.inner.read_stream(&stream, after, limit)).await })
    }

    fn stream_version(&self, stream: &StreamName) -> BoxFuture<'_, Result<Version, JournalError>> {
        let stream = stream.clone();
        Box::pin(async move { self.call("stream_version", self.inner.stream_version(&stream)).await })
    }

    fn read_log(&self, read: LogRead) -> BoxFuture<'_, Result<LogBatch, JournalError>> {
        Box::pin(self.call("read_log", self.inner.read_log(read)))
    }

    fn claim(&self, aggregate: &str, types: Vec<String>) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(self.call("claim", self.inner.claim(aggregate, types)))
    }

    fn owners(&self, types: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        Box::pin(self.call("owners", self.inner.owners(types)))
    }

    fn head(&self, partition: u16) -> BoxFuture<'_, Result<Option<LogId>, JournalError>> {
        Box::pin(self.call("head", self.inner.head(partition)))
    }

    fn checkpoints(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<u16, LogId>, JournalError>> {
        let model = model.clone();
        Box::pin(async move { self.call("checkpoints", self.inner.checkpoints(&model)).await })
    }

    fn revision(&self, model: &ReadModel) -> BoxFuture<'_, Result<u64, JournalError>> {
        let model = model.clone();
        Box::pin(async move { self.call("revision", self.inner.revision(&model)).await })
    }

    fn rows(&self, model: &ReadModel, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        let model = model.clone();
        Box::pin(async move { self.call("rows", self.inner.rows(&model, keys)).await })
    }

    fn rows_page(
        &self,
        model: &ReadModel,
        after: Option<String>,
        limit: usize,
    ) -> BoxFuture<'_, Result<RowsPage, JournalError>> {
        let model = model.clone();
        Box::pin(async move { self.call("rows_page", self.inner.rows_page(&model, after, limit)).await })
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, JournalError>> {
        Box::pin(self.call("commit", self.inner.commit(commit)))
    }

    fn clear(&self, model: &ReadModel) -> BoxFuture<'_, Result<(), JournalError>> {
        let model = model.clone();
        Box::pin(async move { self.call("clear", self.inner.clear(&model)).await })
    }
}

/// Whether a call fails before it is made, or after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    Before,
    After,
}

/// Fails at one call, counted from 0.
#[derive(Debug)]
pub(crate) struct FailAt {
    call: u32,
    when: When,
    calls: AtomicU32,
    failures: Arc<AtomicU32>,
}

impl FailAt {
    fn check(&self, call: u32, when: When) -> Result<(), JournalError> {
        if (call, when) == (self.call, self.when) {
            self.failures.fetch_add(1, Ordering::Relaxed);
            let operation = "do what the test asked".to_owned();
            return Err(JournalError::Unavailable { operation, reason: format!("it fails at call {call}") });
        }
        Ok(())
    }
}

impl Around for FailAt {
    fn before(&self, _: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(self.check(call, When::Before)))
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        let call = self.calls.load(Ordering::Relaxed).saturating_sub(1);
        Box::pin(std::future::ready(self.check(call, When::After)))
    }
}

/// A journal that fails at one call.
pub(crate) type Faulty<J> = With<FailAt, J>;

impl<J: Journal> Faulty<J> {
    pub(crate) fn new(inner: J, call: u32, when: When) -> Self {
        let around = FailAt { call, when, calls: AtomicU32::default(), failures: Arc::default() };
        Self { around, inner }
    }

    /// How often it has failed.
    pub(crate) fn failures(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.around.failures)
    }
}

/// Stalls for a moment before and after every call, so that whoever waits can be stopped there.
#[derive(Debug)]
pub(crate) struct Stall;

impl Around for Stall {
    fn before(&self, _: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async {
            tokio::task::yield_now().await;
            Ok(())
        })
    }

    fn after(&self, call: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        self.before(call)
    }
}

/// A journal that stalls around every call.
pub(crate) type Stalling<J> = With<Stall, J>;

impl<J: Journal> Stalling<J> {
    pub(crate) fn new(inner: J) -> Self {
        Self { around: Stall, inner }
    }
}

/// Counts the reads of the log.
#[derive(Debug)]
pub(crate) struct Count {
    log_reads: Arc<AtomicU32>,
}

impl Around for Count {
    fn before(&self, call: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        if call == "read_log" {
            self.log_reads.fetch_add(1, Ordering::Relaxed);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A journal whose log reads are counted.
pub(crate) type Watched<J> = With<Count, J>;

impl<J: Journal> Watched<J> {
    pub(crate) fn new(inner: J) -> Self {
        Self { around: Count { log_reads: Arc::default() }, inner }
    }

    pub(crate) fn log_reads(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.around.log_reads)
    }
}
