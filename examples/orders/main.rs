//! Orders: created, kept as events, read from a projection, and looked back on.
//!
//! `cargo run --example orders` keeps them in memory; with `REDIS_URL=redis://127.0.0.1/` in Redis, where a second run
//! finds what the first one left.

#[expect(unreachable_pub, reason = "these types stand as they would in a library")]
mod order;
#[cfg(test)]
mod tests;

use annals::{
    Store, Version,
    repository::{ExecuteError, Repository},
};
use order::{Order, OrderCommand, OrderError, OrderSummary};
use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

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
    let mut out = io::stdout();
    if url == "memory:" {
        writeln!(out, "Store: {store} (ends with this program; set REDIS_URL to keep the orders in Redis)")?;
    } else {
        writeln!(out, "Store: connected to {store}")?;
    }
    tell_the_story(&store, &mut out).await
}

/// Creates two orders, reads them from the projection, and shows what else can be asked.
async fn tell_the_story(store: &Store, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let orders = store.repository::<Order>();

    writeln!(out, "\nCommands:")?;
    for (id, user_id, amount) in [("1", "user1", 99.99), ("2", "user2", 49.99)] {
        ask(&orders, id, OrderCommand::Create { user_id: user_id.to_owned(), amount }, out).await?;
    }
    ask(&orders, "1", OrderCommand::Confirm, out).await?;
    let line = OrderCommand::AddLine { sku: "tea".to_owned(), price: 4.5, quantity: 2 };
    ask(&orders, "1", line.clone(), out).await?;
    let create = OrderCommand::Create { user_id: "user1".to_owned(), amount: 5.0 };
    let cancel = OrderCommand::Cancel { reason: "changed my mind".to_owned() };
    for command in [create, line, cancel] {
        ask(&orders, "3", command, out).await?;
    }

    writeln!(out, "\nThe read model, made from the events:")?;
    let summaries = store.projection::<OrderSummary>();
    summaries.catch_up().await?;
    for id in ["1", "2"] {
        let row = summaries.get(id).await?.ok_or("an order that was created has no row")?;
        writeln!(out, "Order ID: {}, User ID: {}, Amount: {}", row.order_id, row.user_id, row.amount)?;
    }

    writeln!(out, "\nThe history of order 1:")?;
    for event in orders.history("1").await?.events {
        let metadata = &event.metadata;
        writeln!(out, "{}  {}  {:?}", metadata.version, metadata.recorded_at, event.event)?;
    }

    writeln!(out, "\nOrder 1 as it was at version 1, and as it is:")?;
    writeln!(out, "{:?}", orders.at("1", Version::new(1)).await?.state)?;
    writeln!(out, "{:?}", orders.load("1").await?.state)?;
    Ok(())
}

/// Asks an order, and tells how it answered. A refusal is an answer too.
async fn ask(
    orders: &Repository<Order>,
    id: &str,
    command: OrderCommand,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let asked = format!("{command:?}");
    match orders.execute(id, command).actor("the orders example").await {
        Ok(outcome) if outcome.events.is_empty() => writeln!(out, "order {id}: {asked}: nothing to do")?,
        Ok(outcome) => writeln!(out, "order {id}: {asked}: recorded, now at version {}", outcome.version)?,
        Err(ExecuteError::AlreadyExists { version, .. }) => {
            writeln!(out, "order {id}: {asked}: it is there already, at version {version}")?;
        }
        Err(ExecuteError::Rejected(reason @ (OrderError::NothingToPay | OrderError::NotOpen))) => {
            writeln!(out, "order {id}: {asked}: rejected: {reason}")?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
