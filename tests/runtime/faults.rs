//! Journals that fail, stall or watch, in front of real ones.

use annals::{
    StreamName, Version,
    journal::{
        Append, AppendId, Appended, BuildStep, Builds, Checkpoint, Commit, Committed, Durability, Find, Fingerprint,
        Found, Health, Journal, JournalError, LeaseRequest, Leases, LogBatch, LogId, LogRead, Once, ReadModel,
        Remembered, Restored, RowsPage, Snapshot, StoredEvent, Verdict,
    },
};
use futures_util::future::BoxFuture;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
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

    fn restore(
        &self,
        stream: &StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> BoxFuture<'_, Result<Restored, JournalError>> {
        let stream = stream.clone();
        Box::pin(async move { self.call("restore", self.inner.restore(&stream, fingerprint, limit)).await })
    }

    fn write_snapshot(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<bool, JournalError>> {
        Box::pin(self.call("write_snapshot", self.inner.write_snapshot(snapshot)))
    }

    fn stream_version(&self, stream: &StreamName) -> BoxFuture<'_, Result<Version, JournalError>> {
        let stream = stream.clone();
        Box::pin(async move { self.call("stream_version", self.inner.stream_version(&stream)).await })
    }

    fn read_log(&self, read: LogRead) -> BoxFuture<'_, Result<LogBatch, JournalError>> {
        Box::pin(self.call("read_log", self.inner.read_log(read)))
    }

    fn follow(&self, reads: Vec<LogRead>, patience: Duration) -> BoxFuture<'_, Result<Vec<LogBatch>, JournalError>> {
        Box::pin(self.call("follow", self.inner.follow(reads, patience)))
    }

    fn wait_for_durability(
        &self,
        stream: &StreamName,
        id: AppendId,
        appended: Appended,
        durability: Durability,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(self.call("wait_for_durability", self.inner.wait_for_durability(stream, id, appended, durability)))
    }

    fn recall(&self, stream: &StreamName, once: &Once) -> BoxFuture<'_, Result<Option<Remembered>, JournalError>> {
        Box::pin(self.call("recall", self.inner.recall(stream, once)))
    }

    fn remember(
        &self,
        stream: &StreamName,
        once: Once,
        version: Version,
    ) -> BoxFuture<'_, Result<Remembered, JournalError>> {
        Box::pin(self.call("remember", self.inner.remember(stream, once, version)))
    }

    fn health(&self) -> BoxFuture<'_, Result<Health, JournalError>> {
        Box::pin(self.call("health", self.inner.health()))
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

    fn checkpoints(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<u16, Checkpoint>, JournalError>> {
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

    fn find(&self, model: &ReadModel, find: Find) -> BoxFuture<'_, Result<Found, JournalError>> {
        let model = model.clone();
        Box::pin(async move { self.call("find", self.inner.find(&model, find)).await })
    }

    fn parked(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<String, String>, JournalError>> {
        let model = model.clone();
        Box::pin(async move { self.call("parked", self.inner.parked(&model)).await })
    }

    fn builds(&self, name: &str) -> BoxFuture<'_, Result<Builds, JournalError>> {
        let name = name.to_owned();
        Box::pin(async move { self.call("builds", self.inner.builds(&name)).await })
    }

    fn build(&self, model: &ReadModel, step: BuildStep) -> BoxFuture<'_, Result<Builds, JournalError>> {
        let model = model.clone();
        Box::pin(async move { self.call("build", self.inner.build(&model, step)).await })
    }

    fn sweep(&self, model: &ReadModel, rows: usize) -> BoxFuture<'_, Result<bool, JournalError>> {
        let model = model.clone();
        Box::pin(async move { self.call("sweep", self.inner.sweep(&model, rows)).await })
    }

    fn lease(&self, request: LeaseRequest) -> BoxFuture<'_, Result<Leases, JournalError>> {
        Box::pin(self.call("lease", self.inner.lease(request)))
    }

    fn release(&self, model: &ReadModel, holder: &str) -> BoxFuture<'_, Result<(), JournalError>> {
        let (model, holder) = (model.clone(), holder.to_owned());
        Box::pin(async move { self.call("release", self.inner.release(&model, &holder)).await })
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

/// The names of the calls, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    names: Arc<Mutex<Vec<&'static str>>>,
}

impl Calls {
    /// The calls since the last time.
    pub(crate) fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.names.lock().unwrap())
    }
}

impl Around for Calls {
    fn before(&self, call: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        self.names.lock().unwrap().push(call);
        Box::pin(std::future::ready(Ok(())))
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A journal whose calls are written down.
pub(crate) type Noted<J> = With<Calls, J>;

impl<J: Journal> Noted<J> {
    pub(crate) fn new(inner: J) -> (Self, Calls) {
        let calls = Calls::default();
        (Self { around: calls.clone(), inner }, calls)
    }
}

/// What becomes of one kind of call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    Fails(When),
    Hangs,
}

/// Lets one kind of call fail or hang, every time.
#[derive(Debug)]
pub(crate) struct Doom {
    call: &'static str,
    fate: Fate,
    times: Arc<AtomicU32>,
}

impl Doom {
    async fn come(&self, call: &'static str, when: When) -> Result<(), JournalError> {
        if call != self.call {
            return Ok(());
        }
        if when == When::Before {
            self.times.fetch_add(1, Ordering::Relaxed);
        }
        match self.fate {
            Fate::Fails(time) if time == when => Err(JournalError::Refused {
                operation: call.to_owned(),
                reason: "the test does not want it".to_owned(),
            }),
            Fate::Fails(_) => Ok(()),
            Fate::Hangs => std::future::pending().await,
        }
    }
}

impl Around for Doom {
    fn before(&self, call: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(self.come(call, When::Before))
    }

    fn after(&self, call: &'static str) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(self.come(call, When::After))
    }
}

/// A journal one of whose calls never succeeds.
pub(crate) type Doomed<J> = With<Doom, J>;

impl<J: Journal> Doomed<J> {
    pub(crate) fn new(inner: J, call: &'static str, fate: Fate) -> (Self, Arc<AtomicU32>) {
        let times = Arc::<AtomicU32>::default();
        (Self { around: Doom { call, fate, times: Arc::clone(&times) }, inner }, times)
    }
}

/// A journal in whose place another one comes, as after a failover that lost events.
#[derive(Clone, Debug)]
pub(crate) struct Failover {
    first: Arc<dyn Journal>,
    second: Arc<dyn Journal>,
    failed: Arc<AtomicBool>,
}

impl Failover {
    pub(crate) fn new(first: Arc<dyn Journal>, second: Arc<dyn Journal>) -> Self {
        Self { first, second, failed: Arc::default() }
    }

    /// From now on the second journal answers.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    fn now(&self) -> &dyn Journal {
        if self.failed.load(Ordering::Relaxed) { &*self.second } else { &*self.first }
    }
}

impl Journal for Failover {
    fn partitions(&self) -> u16 {
        self.now().partitions()
    }

    fn append(&self, append: Append) -> BoxFuture<'_, Result<Verdict, JournalError>> {
        self.now().append(append)
    }

    fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, JournalError>> {
        self.now().read_stream(stream, after, limit)
    }

    fn restore(
        &self,
        stream: &StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> BoxFuture<'_, Result<Restored, JournalError>> {
        self.now().restore(stream, fingerprint, limit)
    }

    fn write_snapshot(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<bool, JournalError>> {
        self.now().write_snapshot(snapshot)
    }

    fn stream_version(&self, stream: &StreamName) -> BoxFuture<'_, Result<Version, JournalError>> {
        self.now().stream_version(stream)
    }

    fn read_log(&self, read: LogRead) -> BoxFuture<'_, Result<LogBatch, JournalError>> {
        self.now().read_log(read)
    }

    fn follow(&self, reads: Vec<LogRead>, patience: Duration) -> BoxFuture<'_, Result<Vec<LogBatch>, JournalError>> {
        self.now().follow(reads, patience)
    }

    fn wait_for_durability(
        &self,
        stream: &StreamName,
        id: AppendId,
        appended: Appended,
        durability: Durability,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        self.now().wait_for_durability(stream, id, appended, durability)
    }

    fn recall(&self, stream: &StreamName, once: &Once) -> BoxFuture<'_, Result<Option<Remembered>, JournalError>> {
        self.now().recall(stream, once)
    }

    fn remember(
        &self,
        stream: &StreamName,
        once: Once,
        version: Version,
    ) -> BoxFuture<'_, Result<Remembered, JournalError>> {
        self.now().remember(stream, once, version)
    }

    fn health(&self) -> BoxFuture<'_, Result<Health, JournalError>> {
        self.now().health()
    }

    fn claim(&self, aggregate: &str, types: Vec<String>) -> BoxFuture<'_, Result<(), JournalError>> {
        self.now().claim(aggregate, types)
    }

    fn owners(&self, types: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        self.now().owners(types)
    }

    fn head(&self, partition: u16) -> BoxFuture<'_, Result<Option<LogId>, JournalError>> {
        self.now().head(partition)
    }

    fn checkpoints(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<u16, Checkpoint>, JournalError>> {
        self.now().checkpoints(model)
    }

    fn revision(&self, model: &ReadModel) -> BoxFuture<'_, Result<u64, JournalError>> {
        self.now().revision(model)
    }

    fn rows(&self, model: &ReadModel, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        self.now().rows(model, keys)
    }

    fn rows_page(
        &self,
        model: &ReadModel,
        after: Option<String>,
        limit: usize,
    ) -> BoxFuture<'_, Result<RowsPage, JournalError>> {
        self.now().rows_page(model, after, limit)
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, JournalError>> {
        self.now().commit(commit)
    }

    fn clear(&self, model: &ReadModel) -> BoxFuture<'_, Result<(), JournalError>> {
        self.now().clear(model)
    }

    fn find(&self, model: &ReadModel, find: Find) -> BoxFuture<'_, Result<Found, JournalError>> {
        self.now().find(model, find)
    }

    fn parked(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<String, String>, JournalError>> {
        self.now().parked(model)
    }

    fn builds(&self, name: &str) -> BoxFuture<'_, Result<Builds, JournalError>> {
        self.now().builds(name)
    }

    fn build(&self, model: &ReadModel, step: BuildStep) -> BoxFuture<'_, Result<Builds, JournalError>> {
        self.now().build(model, step)
    }

    fn sweep(&self, model: &ReadModel, rows: usize) -> BoxFuture<'_, Result<bool, JournalError>> {
        self.now().sweep(model, rows)
    }

    fn lease(&self, request: LeaseRequest) -> BoxFuture<'_, Result<Leases, JournalError>> {
        self.now().lease(request)
    }

    fn release(&self, model: &ReadModel, holder: &str) -> BoxFuture<'_, Result<(), JournalError>> {
        self.now().release(model, holder)
    }
}
