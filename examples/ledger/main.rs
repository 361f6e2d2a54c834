//! A read model in another database: entries are events in the journal, accounts are rows of a table of `SQLite`.
//!
//! `cargo run --example ledger` keeps the events in memory, `REDIS_URL=redis://127.0.0.1/ cargo run --example ledger` in Redis;
//! the accounts are in a file of the folder for temporary files, or where a path is given as argument.

mod entry;
mod sqlite;
#[cfg(test)]
mod tests;

use annals::{Store, repository::ExecuteError};
use entry::{Book, Entry};
use sqlite::Accounts;
use std::{
    error::Error,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use tokio::sync::oneshot;

#[tokio::main]
async fn main() -> ExitCode {
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory:".to_owned());
    let store = Store::connect(&url).await?;
    let given = std::env::args().nth(1).map(PathBuf::from);
    let path =
        given.unwrap_or_else(|| std::env::temp_dir().join(format!("annals-ledger-{}.sqlite", std::process::id())));
    let mut out = io::stdout();
    writeln!(out, "Store: {store}, accounts: {}", path.display())?;
    keep_books(&store, &path, &mut out).await
}

/// Books entries while the accounts follow, and reads them in SQL.
async fn keep_books(store: &Store, path: &Path, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let accounts = store.projection_in(Accounts::open(path)?);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = accounts.run(async { drop(stopped.await) });
    let running = tokio::spawn(async { running.await });

    let entries = store.repository::<Entry>();
    for (number, (debit, credit, cents)) in (1_u64..).zip([
        ("cash", "sales", 12_000),
        ("rent", "cash", 4_500),
        ("cash", "sales", 800),
        ("stock", "cash", 2_300),
    ]) {
        let book = Book { debit: debit.to_owned(), credit: credit.to_owned(), cents };
        match entries.execute(number, book).await {
            Ok(_) => writeln!(out, "entry {number}: {debit} from {credit}: {cents}")?,
            Err(ExecuteError::AlreadyExists { .. }) => writeln!(out, "entry {number} is there already")?,
            Err(error) => return Err(error.into()),
        }
    }

    // What was written is there to be read as soon as the rows have come so far.
    accounts.wait_until(store.head().await?, Duration::from_secs(10)).await?;
    writeln!(out, "\nSELECT name, cents, entries FROM accounts ORDER BY cents DESC")?;
    for account in accounts.rows().richest(10).await? {
        writeln!(out, "{:<8} {:>8} {:>4}", account.name, account.cents, account.entries)?;
    }
    drop(stop);
    let done = running.await??;
    writeln!(out, "\n{} events came to the accounts in this run", done.events)?;
    Ok(())
}
