//! Following logs as they grow, on connections that may wait.

use super::{
    After, JournalError, LogBatch, LogId, LogRead, RedisJournal, checks,
    connection::{Connection, Failure, Patience},
    failed,
    reply::Unexpected,
    wire::{Lines, Part, Parts, Refused, Request},
};
use futures_util::future::try_join_all;
use std::time::Duration;
use tokio::time::Instant;

/// For how long the server is asked to wait at once: a connection that is dead without a word is found out after that.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Lines to wait on. A server that waits for one read answers nothing else on its connection, so there are as many as there
/// are readers.
pub(super) fn lines(connection: &Connection) -> Lines {
    Lines::new(connection, usize::MAX).patient(LONGEST_WAIT)
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
        let grown = self.wait_for_entries(&reads, &places, wait, operation).await?;
        let batches = reads.into_iter().enumerate().map(async |(index, read)| {
            if grown.contains(&index) {
                // Read from its place itself on: the history may be another one since, also on a connection that was never
                // lost, as where a server has become a replica of another one.
                self.log_batch(read).await
            } else {
                Ok(LogBatch::new(Vec::new(), None, true))
            }
        });
        try_join_all(batches).await
    }

    /// Waits on a line of its own until there is an entry; answers with the logs that have some. A line that is lost
    /// is no error: the answer is that nothing has come, and whoever asks reads again, from the place itself on.
    async fn wait_for_entries(
        &self,
        reads: &[LogRead],
        places: &[LogId],
        wait: Duration,
        operation: &str,
    ) -> Result<Vec<usize>, JournalError> {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut request = Request::with_capacity(1);
        request.begin(6 + 2 * reads.len());
        for word in ["XREAD", "COUNT"] {
            request.word(word.as_bytes());
        }
        request.number(1);
        request.word(b"BLOCK");
        request.number(millis);
        request.word(b"STREAMS");
        for read in reads {
            request.word(self.keys.log(read.partition).as_bytes());
        }
        for place in places {
            request.word(place.to_string().as_bytes());
        }
        let mut patience = Patience::new();
        loop {
            let mut logs = Ok(Vec::new());
            let deadline = Instant::now() + wait + (patience.deadline() - Instant::now());
            let asked = self.followers.ask(&request, deadline, |_, parts| logs = self.logs(reads, operation, parts));
            match asked.await {
                Ok(None) => return logs,
                // Whoever asks reads again, which tells what is there.
                Ok(Some(Refused { refusal, .. })) if refusal.code == "WRONGTYPE" => return Ok(Vec::new()),
                Ok(Some(Refused { refusal, .. })) => return Err(failed(operation, Failure::Refused(refusal))),
                Err(Failure::Lost(_)) => return Ok(Vec::new()),
                Err(failure @ Failure::Refused(_)) => return Err(failed(operation, failure)),
                Err(failure) => {
                    if !patience.wait().await {
                        return Err(failed(operation, failure));
                    }
                }
            }
        }
    }

    /// The logs that `XREAD` answers with, by their numbers among those that were asked for.
    fn logs(&self, reads: &[LogRead], operation: &str, mut parts: Parts<'_>) -> Result<Vec<usize>, JournalError> {
        let odd = |expected, found: &Parts<'_>| Unexpected::new(expected, &found.value()).during(operation);
        let whole = parts.clone();
        let count = match parts.next() {
            Some(Part::Nil) => 0,
            Some(Part::List(count)) => count,
            _ => return Err(odd("logs", &whole)),
        };
        let mut logs = Vec::new();
        for _ in 0..count {
            let found = parts.clone();
            let (Some(Part::List(2)), Some(Part::Text(log))) = (parts.next(), parts.next()) else {
                return Err(odd("a log and its entries", &found));
            };
            let known = reads.iter().position(|read| self.keys.log(read.partition).as_bytes() == log);
            let index = known.ok_or_else(|| odd("a log that was asked for", &found))?;
            self.entries(reads[index].partition, operation, &mut parts)?;
            logs.push(index);
        }
        Ok(logs)
    }
}
