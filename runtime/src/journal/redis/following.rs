//! Following logs as they grow, on connections that may wait.

use super::{
    After, JournalError, LogBatch, LogId, LogRead, RedisJournal, Value, checks,
    connection::{Connection, Failure, Patience},
    failed,
    reply::Unexpected,
};
use futures_util::future::try_join_all;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// For how long the server is asked to wait at once: a connection that is dead without a word is found out after that.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How many connections that nobody waits on are kept.
const MOST_IDLE: usize = 4;

/// Connections to wait on. A server that waits for one read answers nothing else on its connection.
#[derive(Debug)]
pub(super) struct Followers {
    like: Connection,
    idle: Mutex<Vec<Connection>>,
}

impl Followers {
    pub(super) fn new(connection: &Connection) -> Self {
        Self { like: connection.another(), idle: Mutex::default() }
    }

    fn take(&self) -> Connection {
        let idle = self.idle().pop();
        idle.unwrap_or_else(|| self.like.another().patient(LONGEST_WAIT))
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle();
        if idle.len() < MOST_IDLE {
            idle.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RedisJournal {
    pub(super) async fn follow_logs(
        &self,
        reads: Vec<LogRead>,
        patience: Duration,
    ) -> Result<Vec<LogBatch>, JournalError> {
        let operation = "follow the log";
        let mut places = Vec::with_capacity(reads.len());
        for read in &reads {
            checks::partition(read.partition, self.keys.partitions())?;
            checks::limit(read.limit)?;
            places.push(match read.after {
                After::LogId(log_id) => log_id,
                After::Checkpoint(checkpoint) => checkpoint.log_id,
                After::Start | After::Position(0) => LogId::new(0, 0),
                After::Position(_) => {
                    let reason = "expected the place of an entry that was read, found a position alone".to_owned();
                    return Err(JournalError::Invalid { reason });
                }
            });
        }
        let wait = patience.min(LONGEST_WAIT);
        let answer = self.wait_for_entries(&reads, &places, wait, operation).await?;
        let grown = logs(answer).map_err(|found| found.during(operation))?;
        let batches = reads.into_iter().map(async |read| {
            if grown.contains(&self.keys.log(read.partition).into_bytes()) {
                // Read from its place itself on: the history may be another one since, also on a connection that was never
                // lost, as where a server has become a replica of another one.
                self.log_batch(read).await
            } else {
                Ok(LogBatch::new(Vec::new(), None, true))
            }
        });
        try_join_all(batches).await
    }

    /// Waits on a connection of its own until there is an entry. A connection that is lost is no error: the answer is that
    /// nothing has come, and whoever asks reads again, from the place itself on.
    async fn wait_for_entries(
        &self,
        reads: &[LogRead],
        places: &[LogId],
        wait: Duration,
        operation: &str,
    ) -> Result<Value, JournalError> {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(1).arg("BLOCK").arg(millis).arg("STREAMS");
        for read in reads {
            command.arg(self.keys.log(read.partition));
        }
        for place in places {
            command.arg(place.to_string());
        }
        let mut patience = Patience::new();
        loop {
            let connection = self.followers.take();
            let deadline = Instant::now() + wait + (patience.deadline() - Instant::now());
            match connection.command(&command, deadline).await {
                Ok(answer) => {
                    self.followers.give_back(connection);
                    return Ok(answer);
                }
                Err(Failure::Lost(_)) => return Ok(Value::Nil),
                // Whoever asks reads again, which tells what is there.
                Err(Failure::Refused(refusal)) if refusal.code == "WRONGTYPE" => return Ok(Value::Nil),
                Err(failure @ Failure::Refused(_)) => return Err(failed(operation, failure)),
                Err(failure) => {
                    if !patience.wait().await {
                        return Err(failed(operation, failure));
                    }
                }
            }
        }
    }
}

/// The logs of which `XREAD` answers with entries.
fn logs(answer: Value) -> Result<Vec<Vec<u8>>, Unexpected> {
    let pairs = match answer {
        Value::Nil => return Ok(Vec::new()),
        Value::Array(logs) => logs,
        other => return Err(Unexpected::new("logs", &other)),
    };
    let read = |pair| match pair {
        Value::Array(parts) => match <[Value; 2]>::try_from(parts) {
            Ok([Value::BulkString(log), _]) => Ok(log),
            Ok(parts) => Err(Unexpected::new("a log and its entries", &parts)),
            Err(parts) => Err(Unexpected::new("a log and its entries", &parts)),
        },
        other => Err(Unexpected::new("a log and its entries", &other)),
    };
    pairs.into_iter().map(read).collect()
}
