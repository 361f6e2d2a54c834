//! The journal on Redis: an event's payload lies once, in its own stream; the log orders everything with small
//! pointers; every write is one atomic server-side call. `FORMAT.md` says how it lies there.

mod append;
mod barrier;
mod builds;
#[cfg(feature = "tls")]
mod certificates;
mod commit;
mod connection;
mod entries;
mod following;
mod functions;
mod greeting;
mod health;
mod introduction;
mod keys;
mod lanes;
mod leases;
mod once;
mod open;
mod parked;
mod preflight;
mod reading;
mod reply;
mod rows;
mod snapshots;
mod types;
mod url;
mod wire;

#[cfg(feature = "tls")]
pub(crate) use certificates::Certificates;
pub use open::RedisOptions;

use super::{
    After, Append, AppendId, Appended, BuildStep, Builds, Checkpoint, Commit, Committed, ConnectError, Demand,
    Durability, Find, Fingerprint, Found, Health, Journal, JournalError, LeaseRequest, Leases, LogBatch, LogId,
    LogRead, Once, ReadModel, Remembered, Restored, RowsPage, Snapshot, StoredEvent, Verdict, checks,
};
use crate::model::{StreamName, Version};
use append::Unsettled;
use connection::{Connection, Failure, Patience, Refusal};
use functions::Functions;
use futures_util::{FutureExt, future::BoxFuture};
use keys::Keys;
use lanes::Lanes;
use preflight::Preflight;
use redis::{Pipeline, Value};
use reply::Reply;
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};
use wire::{Lines, Parts, Request};

/// A journal on Redis.
///
/// It survives a restart of the server: what can be asked again is asked again for ten seconds, an append under its own
/// id only.
///
/// ```no_run
/// use annals::{Store, journal::{RedisJournal, RedisOptions}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), annals::journal::ConnectError> {
/// let options = RedisOptions::new().namespace("shop");
/// let journal = RedisJournal::connect("redis://127.0.0.1:6379/", &options).await?;
/// let store = Store::on(journal, "the shop");
/// # drop(store);
/// # Ok(())
/// # }
/// ```
pub struct RedisJournal {
    connection: Connection,
    functions: Arc<Functions>,
    keys: Keys,
    lanes: Lanes,
    /// To read much on.
    readers: Lines,
    /// To wait on.
    followers: Lines,
    demand: Demand,
    preflight: Preflight,
    unsettled: Unsettled,
}

impl RedisJournal {
    /// Opens the journal on the server at this URL, or makes it where there is none.
    ///
    /// `redis://[user:password@]host[:port][/database]`, `rediss://…` for TLS (with the feature `tls`), or
    /// `redis+unix:///path/of/socket[?db=1&user=…&pass=…]`.
    ///
    /// # Errors
    ///
    /// When the URL or an option cannot be used, nothing answers there within some seconds, what answers is no Redis of
    /// version 7.0 or later or refuses, or the journal was made with other settings.
    pub async fn connect(url: &str, options: &RedisOptions) -> Result<Self, ConnectError> {
        open::open(url, options).await
    }

    fn new(connection: Connection, functions: Arc<Functions>, keys: Keys, lanes: Lanes, preflight: Preflight) -> Self {
        let (readers, followers) = (reading::lines(&connection), following::lines(&connection));
        let (demand, unsettled) = (preflight.demand(), Unsettled::default());
        Self { connection, functions, keys, lanes, readers, followers, demand, preflight, unsettled }
    }

    /// Sends commands that only read, until they are answered. The answers are free of errors.
    async fn read(&self, operation: &str, commands: &Pipeline) -> Result<Vec<Value>, JournalError> {
        let mut patience = Patience::new();
        let answers = loop {
            match self.connection.pipeline(commands, patience.deadline()).await {
                Ok(answers) => break answers,
                Err(failure) => endure(operation, failure, &mut patience).await?,
            }
        };
        for (command, answer) in commands.cmd_iter().zip(&answers) {
            if let Value::ServerError(error) = answer {
                return Err(match self.connection.failure(error) {
                    Failure::Refused(refusal) => {
                        let words = command.args_iter().filter_map(|word| match word {
                            redis::Arg::Simple(word) => Some(word),
                            _ => None,
                        });
                        self.refused(operation, refusal, words).await
                    }
                    failure => failed(operation, failure),
                });
            }
        }
        Ok(answers)
    }

    /// Asks on a line of its own what is only read, until all of it is answered. `take` is given each answer and its number,
    /// and adds it to what `begin` makes: that begins anew each time it is asked again.
    async fn ask<T>(
        &self,
        operation: &str,
        request: &Request,
        begin: impl Fn() -> T,
        mut take: impl FnMut(&mut T, usize, Parts<'_>) -> Result<(), JournalError>,
    ) -> Result<T, JournalError> {
        let mut patience = Patience::new();
        loop {
            let (mut taken, mut odd) = (begin(), Ok(()));
            let asked = self.readers.ask(request, patience.deadline(), |index, parts| {
                if odd.is_ok() {
                    odd = take(&mut taken, index, parts);
                }
            });
            match asked.await {
                Ok(None) => return odd.map(|()| taken),
                Ok(Some(refused)) => {
                    return Err(self.refused(operation, refused.refusal, request.words(refused.index)).await);
                }
                Err(failure) => endure(operation, failure, &mut patience).await?,
            }
        }
    }

    /// The error that a command of these words was refused.
    async fn refused<'a>(
        &self,
        operation: &str,
        refusal: Refusal,
        words: impl Iterator<Item = &'a [u8]>,
    ) -> JournalError {
        if refusal.code != "WRONGTYPE" {
            return failed(operation, Failure::Refused(refusal));
        }
        let mut words = words.map(|word| String::from_utf8_lossy(word).into_owned());
        let (name, key) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        self.wrong_type(&name, &key).await
    }

    /// Calls a function that may be called again when its answer is lost, until it is answered.
    async fn call<A: AsRef<[u8]>>(
        &self,
        operation: &str,
        function: &str,
        keys: &[&str],
        arguments: &[A],
    ) -> Result<Reply, JournalError> {
        let mut patience = Patience::new();
        loop {
            match self.functions.call(&self.connection, patience.deadline(), function, keys, arguments).await {
                Ok(answer) => return Reply::new(answer).map_err(|found| found.during(operation)),
                Err(failure) => endure(operation, failure, &mut patience).await?,
            }
        }
    }

    async fn wrong_type(&self, name: &str, key: &str) -> JournalError {
        let expected = match name {
            "LRANGE" => "a list",
            "XRANGE" | "XREVRANGE" => "a stream",
            "HMGET" | "HGETALL" => "a hash",
            _ => "a string",
        };
        let found = self.connection.command(redis::cmd("TYPE").arg(key), Patience::new().deadline()).await;
        let found = match found {
            Ok(Value::SimpleString(found)) => format!("a {found}"),
            _ => "another type".to_owned(),
        };
        JournalError::Foreign { place: format!("key `{key}`"), reason: format!("expected {expected}, found {found}") }
    }
}

/// The URL, without its password.
impl fmt::Display for RedisJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.connection.url().fmt(f)
    }
}

impl fmt::Debug for RedisJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisJournal")
            .field("url", self.connection.url())
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl Journal for RedisJournal {
    fn partitions(&self) -> u16 {
        self.keys.partitions()
    }

    fn append(&self, append: Append) -> BoxFuture<'_, Result<Verdict, JournalError>> {
        self.append_events(append).boxed()
    }

    fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, JournalError>> {
        self.stream_events(stream.clone(), after, limit).boxed()
    }

    fn restore(
        &self,
        stream: &StreamName,
        fingerprint: Fingerprint,
        limit: usize,
    ) -> BoxFuture<'_, Result<Restored, JournalError>> {
        self.restore_stream(stream.clone(), fingerprint, limit).boxed()
    }

    fn write_snapshot(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<bool, JournalError>> {
        self.keep_snapshot(snapshot).boxed()
    }

    fn stream_version(&self, stream: &StreamName) -> BoxFuture<'_, Result<Version, JournalError>> {
        self.version_of(stream.clone()).boxed()
    }

    fn read_log(&self, read: LogRead) -> BoxFuture<'_, Result<LogBatch, JournalError>> {
        self.log_batch(read).boxed()
    }

    fn follow(&self, reads: Vec<LogRead>, patience: Duration) -> BoxFuture<'_, Result<Vec<LogBatch>, JournalError>> {
        self.follow_logs(reads, patience).boxed()
    }

    fn wait_for_durability(
        &self,
        stream: &StreamName,
        id: AppendId,
        appended: Appended,
        durability: Durability,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        self.confirm_appended(stream.clone(), id, appended, durability).boxed()
    }

    fn recall(&self, stream: &StreamName, once: &Once) -> BoxFuture<'_, Result<Option<Remembered>, JournalError>> {
        self.recall_once(stream.clone(), once.clone()).boxed()
    }

    fn remember(
        &self,
        stream: &StreamName,
        once: Once,
        version: Version,
    ) -> BoxFuture<'_, Result<Remembered, JournalError>> {
        self.remember_once(stream.clone(), once, version).boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<Health, JournalError>> {
        self.look_at_health().boxed()
    }

    fn head(&self, partition: u16) -> BoxFuture<'_, Result<Option<LogId>, JournalError>> {
        self.head_of(partition).boxed()
    }

    fn claim(&self, aggregate: &str, types: Vec<String>) -> BoxFuture<'_, Result<(), JournalError>> {
        self.claim_types(aggregate.to_owned(), types).boxed()
    }

    fn owners(&self, types: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        self.owners_of(types).boxed()
    }

    fn checkpoints(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<u16, Checkpoint>, JournalError>> {
        self.checkpoints_of(model.clone()).boxed()
    }

    fn revision(&self, model: &ReadModel) -> BoxFuture<'_, Result<u64, JournalError>> {
        self.revision_of(model.clone()).boxed()
    }

    fn rows(&self, model: &ReadModel, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<String>>, JournalError>> {
        self.rows_of(model.clone(), keys).boxed()
    }

    fn rows_page(
        &self,
        model: &ReadModel,
        after: Option<String>,
        limit: usize,
    ) -> BoxFuture<'_, Result<RowsPage, JournalError>> {
        self.page_of(model.clone(), after, limit).boxed()
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, JournalError>> {
        self.commit_rows(commit).boxed()
    }

    fn clear(&self, model: &ReadModel) -> BoxFuture<'_, Result<(), JournalError>> {
        self.clear_rows(model.clone()).boxed()
    }

    fn find(&self, model: &ReadModel, find: Find) -> BoxFuture<'_, Result<Found, JournalError>> {
        self.found_rows(model.clone(), find).boxed()
    }

    fn parked(&self, model: &ReadModel) -> BoxFuture<'_, Result<BTreeMap<String, String>, JournalError>> {
        self.parked_of(model.clone()).boxed()
    }

    fn builds(&self, name: &str) -> BoxFuture<'_, Result<Builds, JournalError>> {
        self.builds_of(name.to_owned()).boxed()
    }

    fn build(&self, model: &ReadModel, step: BuildStep) -> BoxFuture<'_, Result<Builds, JournalError>> {
        self.take_step(model.clone(), step).boxed()
    }

    fn sweep(&self, model: &ReadModel, rows: usize) -> BoxFuture<'_, Result<bool, JournalError>> {
        self.sweep_rows(model.clone(), rows).boxed()
    }

    fn lease(&self, request: LeaseRequest) -> BoxFuture<'_, Result<Leases, JournalError>> {
        self.share_partitions(request).boxed()
    }

    fn release(&self, model: &ReadModel, holder: &str) -> BoxFuture<'_, Result<(), JournalError>> {
        self.release_partitions(model.clone(), holder.to_owned()).boxed()
    }
}

/// Waits after a failure that may pass, or gives up with it.
async fn endure(operation: &str, failure: Failure, patience: &mut Patience) -> Result<(), JournalError> {
    if matches!(failure, Failure::Refused(_)) || !patience.wait().await {
        return Err(failed(operation, failure));
    }
    Ok(())
}

/// The error that a failure ends in, where what was asked did not happen.
fn failed(operation: &str, failure: Failure) -> JournalError {
    let operation = operation.to_owned();
    match failure {
        Failure::Refused(Refusal { text: reason, .. }) => JournalError::Refused { operation, reason },
        failure => JournalError::Unavailable { operation, reason: failure.text() },
    }
}

/// The error that an answer of the word `foreign` stands for, or the one for a word that nobody expected.
fn foreign(operation: &str, word: &str, mut reply: Reply) -> JournalError {
    if word != "foreign" {
        return reply::Unexpected::new("another word", &word).during(operation);
    }
    match (reply.told(), reply.told()) {
        (Ok(key), Ok(reason)) => JournalError::Foreign { place: format!("key `{key}`"), reason },
        (Err(found), _) | (_, Err(found)) => found.during(operation),
    }
}
