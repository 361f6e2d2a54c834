//! The accounts in `SQLite`: rows, checkpoints and revision, changed in one transaction.

use super::entry::Account;
use annals::projector::{RowStore, RowStoreError, RowsCommit, RowsStanding};
use futures_util::future::BoxFuture;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, cents INTEGER NOT NULL, entries INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS checkpoints (partition INTEGER PRIMARY KEY, checkpoint TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS standing (only INTEGER PRIMARY KEY CHECK (only = 0), revision INTEGER NOT NULL, fingerprint TEXT);
    INSERT OR IGNORE INTO standing (only, revision) VALUES (0, 0);
";

/// A file with the accounts in it.
#[derive(Clone, Debug)]
pub(crate) struct Accounts(Arc<Mutex<Connection>>);

impl Accounts {
    pub(crate) fn open(path: &Path) -> Result<Self, RowStoreError> {
        let connection = Connection::open(path).map_err(RowStoreError::new)?;
        connection.execute_batch(TABLES).map_err(told)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// What a reader asks, in SQL: the accounts with the most in them.
    pub(crate) async fn richest(&self, most: u32) -> Result<Vec<Account>, RowStoreError> {
        self.transaction(move |transaction| {
            let sql = "SELECT name, cents, entries FROM accounts ORDER BY cents DESC, name LIMIT ?1";
            let mut statement = transaction.prepare(sql).map_err(told)?;
            let rows = statement.query_map([most], account).map_err(told)?;
            rows.collect::<Result<_, _>>().map_err(told)
        })
        .await
    }

    /// Runs a transaction. The calls of `SQLite` block, so they have a thread of their own.
    async fn transaction<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Transaction<'_>) -> Result<T, RowStoreError> + Send + 'static,
    ) -> Result<T, RowStoreError> {
        let connection = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            // Immediate: whoever reads the revision here is the only one who may change it until the end.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
            let answer = run(&transaction)?;
            transaction.commit().map_err(told)?;
            Ok(answer)
        });
        done.await.map_err(RowStoreError::new)?
    }
}

/// An error that says whether it may pass: another program has locked the file.
fn told(error: rusqlite::Error) -> RowStoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => RowStoreError::passing(error),
        _ => RowStoreError::new(error),
    }
}

fn account(row: &rusqlite::Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account { name: row.get(0)?, cents: row.get(1)?, entries: row.get(2)? })
}

fn revision(transaction: &Transaction<'_>) -> Result<u64, RowStoreError> {
    let revision: i64 = transaction.query_row("SELECT revision FROM standing", [], |row| row.get(0)).map_err(told)?;
    u64::try_from(revision).map_err(RowStoreError::new)
}

impl RowStore<Account> for Accounts {
    fn standing(&self) -> BoxFuture<'_, Result<RowsStanding, RowStoreError>> {
        Box::pin(self.transaction(|transaction| {
            let mut standing = RowsStanding::new(revision(transaction)?);
            let text = |row: &rusqlite::Row<'_>| row.get::<_, Option<String>>(0);
            let fingerprint = transaction.query_row("SELECT fingerprint FROM standing", [], text).map_err(told)?;
            standing.fingerprint = fingerprint.map(|text| text.parse()).transpose().map_err(RowStoreError::new)?;
            let mut statement = transaction.prepare("SELECT partition, checkpoint FROM checkpoints").map_err(told)?;
            let kept = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).map_err(told)?;
            for kept in kept {
                let (partition, checkpoint) = kept.map_err(told)?;
                standing.checkpoints.insert(partition, checkpoint.parse().map_err(RowStoreError::new)?);
            }
            Ok(standing)
        }))
    }

    fn load(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<Account>>, RowStoreError>> {
        Box::pin(self.transaction(move |transaction| {
            let sql = "SELECT name, cents, entries FROM accounts WHERE name = ?1";
            let mut statement = transaction.prepare_cached(sql).map_err(told)?;
            keys.iter().map(|key| statement.query_row([key], account).optional().map_err(told)).collect()
        }))
    }

    fn commit(&self, commit: RowsCommit<Account>) -> BoxFuture<'_, Result<bool, RowStoreError>> {
        Box::pin(self.transaction(move |transaction| {
            if revision(transaction)? != commit.revision {
                return Ok(false);
            }
            let write = "INSERT OR REPLACE INTO accounts (name, cents, entries) VALUES (?1, ?2, ?3)";
            let mut write = transaction.prepare_cached(write).map_err(told)?;
            let mut delete = transaction.prepare_cached("DELETE FROM accounts WHERE name = ?1").map_err(told)?;
            let changes: BTreeMap<_, _> = commit.changes.into_iter().collect();
            for (key, row) in changes {
                match row {
                    Some(row) => write.execute(params![key, row.cents, row.entries]).map_err(told)?,
                    None => delete.execute([key]).map_err(told)?,
                };
            }
            let checkpoint = "INSERT OR REPLACE INTO checkpoints (partition, checkpoint) VALUES (?1, ?2)";
            transaction.execute(checkpoint, params![commit.partition, commit.checkpoint.to_string()]).map_err(told)?;
            let standing = "UPDATE standing SET revision = revision + 1, fingerprint = ?1";
            transaction.execute(standing, [commit.fingerprint.to_string()]).map_err(told)?;
            Ok(true)
        }))
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), RowStoreError>> {
        Box::pin(self.transaction(|transaction| {
            let clear = "
                DELETE FROM accounts;
                DELETE FROM checkpoints;
                UPDATE standing SET revision = revision + 1, fingerprint = NULL;
            ";
            transaction.execute_batch(clear).map_err(told)
        }))
    }
}
